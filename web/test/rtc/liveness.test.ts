import { describe, expect, it } from 'vitest';
import {
  isBroken,
  isStageDark,
  isStageStill,
  Liveness,
  SLOTS,
  type Sight,
  type SlotName,
} from '$rtc/liveness';
import { NO_FLOW, type FlowCounters } from '$rtc/stats';

const ALL = { lead: true, screen: true };

type Counts = Partial<Record<SlotName, Partial<FlowCounters>>>;

function sight(atMs: number, path: number, counts: Counts, connected = true): Sight {
  const flows = Object.fromEntries(SLOTS.map((slot) => [slot, { ...NO_FLOW, ...counts[slot] }]));
  return { atMs, connected, path, flows: flows as Sight['flows'] };
}

function well(second: number, voice: Partial<FlowCounters> = {}, height = 720): Sight {
  return sight(second * 1000, second, {
    voice: { packets: 50 * second, totalSamples: 48_000 * second, ...voice },
    picture: { packets: 90 * second, frames: 25 * second, frameHeight: height },
    screen: { packets: 1, frames: 1 },
  });
}

describe('the signal', () => {
  it.each([
    ['all well', well(2), { voice: 'full', slides: 'full', picture: 'full' }],
    ['a fifth of the voice concealed', well(2, { concealedSamples: 9_600 }), { voice: 'half' }],
    ['no voice', well(2, { packets: 50 }), { voice: 'none' }],
    ['a small picture', well(2, {}, 180), { picture: 'half' }],
    ['not connected', { ...well(2), connected: false }, { voice: 'none', slides: 'none' }],
  ])('%s', (_name, second, expected) => {
    const liveness = new Liveness(0);
    liveness.see(well(1), ALL);
    expect(liveness.see(second, ALL).link).toMatchObject(expected);
  });

  it('misses nothing that nobody sends', () => {
    const vitals = new Liveness(0).see(sight(9_000, 1, {}), { lead: false, screen: false });
    expect(vitals.link).toEqual({ voice: 'full', slides: 'full', picture: 'full' });
    expect(vitals.voiceSilentMs).toBe(0);
  });
});

it('a shared screen is silent since its last picture', () => {
  const liveness = new Liveness(0);
  expect(liveness.see(well(1), ALL).screenSilentMs).toBe(0);
  expect(liveness.see(well(7), ALL).screenSilentMs).toBe(6_000);
  const moved = { ...well(8), flows: { ...well(8).flows, screen: { ...NO_FLOW, frames: 2 } } };
  expect(liveness.see(moved, ALL).screenSilentMs).toBe(0);
});

it('a room on stage stands still when it is long there and no picture of it comes', () => {
  const liveness = new Liveness(0);
  const seen = (second: number, frames: number) =>
    liveness.see(sight(second * 1000, second, { stagePicture: { frames } }), ALL);
  expect(isStageStill(seen(20, 0), 1_000)).toBe(false);
  expect(isStageStill(seen(21, 1), 2_000)).toBe(false);
  expect(isStageStill(seen(25, 1), 6_000)).toBe(false);
  expect(isStageStill(seen(26, 1), 7_000)).toBe(true);
  expect(isStageStill(seen(27, 2), 8_000)).toBe(false);
  const dark = seen(40, 2);
  expect(isStageStill(dark, 6_000)).toBe(false);
  expect([4_000, 6_000, 20_000].map((ms) => isStageDark(dark, ms))).toEqual([false, true, false]);
  expect(isStageStill(null, 60_000)).toBe(false);
});

describe('a break', () => {
  function silentFor(seconds: number, pathLives: boolean) {
    const liveness = new Liveness(0);
    liveness.see(well(1), ALL);
    const still = well(1);
    for (let second = 2; second <= 1 + seconds; second += 1) {
      const path = pathLives ? second : 1;
      liveness.see({ ...still, atMs: second * 1000, path }, ALL);
    }
    return liveness.vitals;
  }

  it.each([
    ['one silent second is nothing', 1, false, false],
    ['two silent seconds on a dead path are', 2, false, true],
    ['a silent teacher on a living path is not', 5, true, false],
  ])('%s', (_name, seconds, pathLives, expected) => {
    expect(isBroken(silentFor(seconds, pathLives), true, ALL)).toBe(expected);
  });

  it('without voice due, a path is dead after ten seconds', () => {
    const liveness = new Liveness(0);
    const nobody = { lead: false, screen: false };
    liveness.see(sight(1_000, 5, {}), nobody);
    liveness.see(sight(10_000, 5, {}), nobody);
    expect(isBroken(liveness.vitals, true, nobody)).toBe(false);
    liveness.see(sight(11_000, 5, {}), nobody);
    expect(isBroken(liveness.vitals, true, nobody)).toBe(true);
  });

  it('is felt between the looks', () => {
    const liveness = new Liveness(0);
    liveness.see(well(1), ALL);
    expect(isBroken(liveness.feel(2_100, 1), true, ALL)).toBe(false);
    expect(isBroken(liveness.feel(2_300, 1), true, ALL)).toBe(true);
    expect(isBroken(liveness.feel(2_400, 2), true, ALL)).toBe(false);
  });
});

it.each([0.05, 0.2])(
  'a far, restless link that loses %d of its packets is never broken',
  (loss) => {
    const random = sequence(7);
    const arrivals: number[] = [];
    for (let sentMs = 0; sentMs < 600_000; sentMs += 60)
      if (random() >= loss) arrivals.push(sentMs + 300 + 300 * random());
    arrivals.sort((a, b) => a - b);
    const liveness = new Liveness(0);
    liveness.see(well(0), ALL);
    let came = 0;
    for (let atMs = 1_000; atMs < 600_000; atMs += 250) {
      while ((arrivals[came] ?? Infinity) <= atMs) came += 1;
      expect(isBroken(liveness.feel(atMs, came), true, ALL)).toBe(false);
    }
  },
);

/** Numbers from 0 to 1 that look like chance and are the same each time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
