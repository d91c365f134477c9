import { expect, it } from 'vitest';
import { isHeard, NOTES_HZ, type Spectrum } from '../../../src/room/check/hearing';

const HERTZ_PER_BIN = 12;
const QUIET_DB = -90;

function spectrum(loud: Record<number, number> = {}): Spectrum {
  const found = new Float32Array(2_048).fill(QUIET_DB);
  for (const [hertz, db] of Object.entries(loud)) found[Math.round(+hertz / HERTZ_PER_BIN)] = db;
  return found;
}

const BEFORE = Array.from({ length: 10 }, () => spectrum());
const SONG = [...NOTES_HZ, ...NOTES_HZ, ...NOTES_HZ].map((hertz) => spectrum({ [hertz]: -50 }));

it('hears both notes over a quiet room', () => {
  expect(isHeard(BEFORE, SONG, HERTZ_PER_BIN)).toBe(true);
});

it('hears nothing where nothing came', () => {
  expect(isHeard(BEFORE, BEFORE, HERTZ_PER_BIN)).toBe(false);
  expect(isHeard(BEFORE, [], HERTZ_PER_BIN)).toBe(false);
});

it('is not fooled by a hum at one of the notes', () => {
  const hum = Array.from({ length: 20 }, () => spectrum({ [NOTES_HZ[0]]: -50 }));
  expect(isHeard(BEFORE, hum, HERTZ_PER_BIN)).toBe(false);
  expect(isHeard(hum, hum, HERTZ_PER_BIN)).toBe(false);
});

it('is not fooled by noise that is loud everywhere', () => {
  const noise = Array.from({ length: 20 }, () => new Float32Array(2_048).fill(-50));
  expect(isHeard(BEFORE, noise, HERTZ_PER_BIN)).toBe(false);
});

it('does not believe a single moment', () => {
  expect(isHeard(BEFORE, SONG.slice(0, 2), HERTZ_PER_BIN)).toBe(false);
});
