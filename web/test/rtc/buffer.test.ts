import { expect, it } from 'vitest';
import { LISTENING, PlayoutBuffer, SETTLED_MS, TALKING, type BufferSigns } from '$rtc/buffer';

const WELL: BufferSigns = {
  atMs: 0,
  roundTripMs: 40,
  lost: 0,
  voicePackets: 0,
  concealed: 0,
  samples: 0,
  freezes: 0,
};

/** Looks once a second; `each` says what is special of second n. */
function look(
  buffer: PlayoutBuffer,
  seconds: number,
  from: BufferSigns,
  each: (n: number) => Partial<BufferSigns> = () => ({}),
): BufferSigns {
  let signs = from;
  for (let n = 1; n <= seconds; n++) {
    signs = {
      ...signs,
      atMs: signs.atMs + 1_000,
      samples: signs.samples + 48_000,
      voicePackets: signs.voicePackets + 50,
      ...each(n),
    };
    buffer.see(signs);
  }
  return signs;
}

it('begins large, and is small at once where the way turns out to be short', () => {
  const buffer = new PlayoutBuffer();
  expect(buffer.targetMs).toBe(1_500);
  expect(buffer.see(WELL)).toBe(LISTENING.calmMs);
});

it('settles slowly where a link that breaks down is not heard', () => {
  const buffer = new PlayoutBuffer();
  buffer.see(WELL);
  const signs = look(buffer, 10, WELL);
  expect(buffer.targetMs).toBeGreaterThan(LISTENING.calmMs);
  expect(buffer.targetMs).toBeLessThan(SETTLED_MS);
  look(buffer, 20, signs);
  expect(buffer.targetMs).toBe(SETTLED_MS);
  buffer.become(true);
  expect(buffer.targetMs).toBe(TALKING.calmMs);
  buffer.become(false);
  expect(buffer.targetMs).toBe(LISTENING.calmMs);
});

it('stays large where the browser knows no round trip', () => {
  const buffer = new PlayoutBuffer();
  look(buffer, 31, { ...WELL, roundTripMs: null });
  expect(buffer.targetMs).toBe(SETTLED_MS);
});

it('has time for two repairs over a satellite', () => {
  const buffer = new PlayoutBuffer();
  expect(buffer.see({ ...WELL, roundTripMs: 600 })).toBe(1_500);
  expect(buffer.see({ ...WELL, roundTripMs: 3_000 })).toBe(LISTENING.mostMs);
});

it('grows at the first loss and shrinks slowly after a minute without one', () => {
  const buffer = new PlayoutBuffer();
  buffer.see({ ...WELL, roundTripMs: 200 });
  let signs = look(buffer, 5, { ...WELL, roundTripMs: 200 });
  const calmMs = buffer.targetMs;
  expect(calmMs).toBeLessThan(700);
  signs = look(buffer, 1, signs, () => ({ lost: 1, roundTripMs: 800 }));
  expect(buffer.targetMs).toBe(1_900);
  signs = look(buffer, 59, signs, () => ({ roundTripMs: 800 }));
  expect(buffer.targetMs).toBe(1_900);
  signs = look(buffer, 4, signs, () => ({ roundTripMs: 200 }));
  expect(buffer.targetMs).toBeLessThan(1_900);
  expect(buffer.targetMs).toBeGreaterThan(SETTLED_MS);
  look(buffer, 10, signs);
  expect(buffer.targetMs).toBe(SETTLED_MS);
});

it('grows on while voice is still made up, to its limit', () => {
  const buffer = new PlayoutBuffer();
  buffer.see({ ...WELL, roundTripMs: 500 });
  look(buffer, 20, { ...WELL, roundTripMs: 500 }, (n) => ({ concealed: n * 1_000 }));
  expect(buffer.targetMs).toBe(LISTENING.mostMs);
});

it('a picture that stands still wants more, too', () => {
  const buffer = new PlayoutBuffer();
  buffer.see(WELL);
  look(buffer, 1, WELL, () => ({ freezes: 1 }));
  expect(buffer.targetMs).toBe(LISTENING.leastMs);
});

it('who talks is never far behind', () => {
  const buffer = new PlayoutBuffer();
  const signs = look(buffer, 3, { ...WELL, roundTripMs: 600 });
  buffer.become(true);
  expect(buffer.targetMs).toBe(TALKING.mostMs);
  look(buffer, 20, signs, (n) => ({ concealed: n * 1_000, lost: n }));
  expect(buffer.targetMs).toBe(TALKING.mostMs);
  buffer.become(false);
  expect(buffer.targetMs).toBe(1_500);
});

it('a talker on a good link has next to nothing', () => {
  const buffer = new PlayoutBuffer(true);
  expect(buffer.see(WELL)).toBe(TALKING.calmMs);
});

it('a muted voice is no reason to grow', () => {
  const buffer = new PlayoutBuffer();
  buffer.see(WELL);
  const signs = look(buffer, 5, WELL);
  const { voicePackets, concealed } = signs;
  const beforeMs = buffer.targetMs;
  look(buffer, 5, signs, (n) => ({ voicePackets, concealed: concealed + 6_000 * n }));
  expect(buffer.targetMs).toBe(beforeMs);
});

it('music is never played faster', () => {
  const buffer = new PlayoutBuffer(false, true);
  buffer.see({ ...WELL, roundTripMs: 600 });
  look(buffer, 120, WELL);
  expect(buffer.targetMs).toBe(1_500);
});

it('waits further behind while nobody hears it, and comes back slowly', () => {
  const buffer = new PlayoutBuffer();
  const signs = { roundTripMs: 20, lost: 0, voicePackets: 50, concealed: 0, freezes: 0 };
  buffer.see({ ...signs, atMs: 0, samples: 0 });
  buffer.hold(3_500);
  expect(buffer.targetMs).toBe(3_500);
  expect(buffer.see({ ...signs, atMs: 1_000, samples: 48_000 })).toBe(3_500);
  buffer.hold(0);
  expect(buffer.see({ ...signs, atMs: 2_000, samples: 96_000 })).toBe(3_450);
});

it('is not held for who talks, and lets go at once of who is called up', () => {
  const buffer = new PlayoutBuffer();
  buffer.see(WELL);
  buffer.hold(3_500);
  buffer.become(true);
  expect(buffer.targetMs).toBeLessThanOrEqual(TALKING.mostMs);
  const signs = look(buffer, 3, WELL);
  expect(buffer.targetMs).toBeLessThanOrEqual(TALKING.mostMs);
  buffer.hold(3_500);
  look(buffer, 3, signs);
  expect(buffer.targetMs).toBeLessThanOrEqual(TALKING.mostMs);
});

it('music is not held: it would stay so far behind', () => {
  const buffer = new PlayoutBuffer(false, true);
  const before = buffer.see({ ...WELL, roundTripMs: 600 });
  buffer.hold(3_500);
  look(buffer, 3, { ...WELL, roundTripMs: 600 });
  buffer.hold(0);
  expect(buffer.targetMs).toBe(before);
});
