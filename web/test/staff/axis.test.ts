import { describe, expect, test } from 'vitest';
import { axisAt, isHole, mediaAt, type Piece } from '../../src/staff/player/axis';

const WALL_MS = 1_700_000_000_000;
/** Two pieces, then the publisher was gone for 30 s: the element's time runs on without a hole. */
const pieces: Piece[] = [
  { startS: 0, durationS: 2, wallMs: WALL_MS },
  { startS: 2, durationS: 2, wallMs: WALL_MS + 2_000 },
  { startS: 4, durationS: 2, wallMs: WALL_MS + 34_000 },
];
const START_MS = 10_000;

describe('the axis', () => {
  test('counts from where the track starts', () => {
    expect(axisAt(0, pieces, START_MS)).toBe(10_000);
    expect(axisAt(3.5, pieces, START_MS)).toBe(13_500);
  });

  test('a hole in the track does not shift what comes after it', () => {
    expect(axisAt(5, pieces, START_MS)).toBe(45_000);
    expect(mediaAt(45_000, pieces, START_MS)).toBe(5);
  });

  test('within a hole the track stands at its last picture', () => {
    expect(mediaAt(30_000, pieces, START_MS)).toBe(4);
  });

  test('knows a hole from a seam and from the end', () => {
    expect(isHole(30_000, pieces, START_MS)).toBe(true);
    expect(isHole(12_050, pieces, START_MS)).toBe(false);
    expect(isHole(44_500, pieces, START_MS)).toBe(false);
    expect(isHole(90_000, pieces, START_MS)).toBe(false);
    expect(isHole(30_000, [], START_MS)).toBe(false);
  });

  test('there and back is the same place', () => {
    for (const mediaS of [0, 0.04, 1.96, 2.5, 4.2, 9]) {
      expect(mediaAt(axisAt(mediaS, pieces, START_MS), pieces, START_MS)).toBeCloseTo(mediaS, 6);
    }
  });

  test('a playlist without dates is taken as whole', () => {
    const bare = pieces.map((piece) => ({ ...piece, wallMs: null }));
    expect(axisAt(5, bare, START_MS)).toBe(15_000);
    expect(mediaAt(15_000, bare, START_MS)).toBe(5);
    expect(mediaAt(15_000, [], START_MS)).toBe(5);
  });

  test('before the track begins is its beginning', () => {
    expect(mediaAt(0, pieces, START_MS)).toBe(0);
  });
});
