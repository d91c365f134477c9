import { describe, expect, it } from 'vitest';
import { encodings, thinned } from '$rtc/layers';
import { firstLevel, SendLadder, SEND_LEVELS, VOICE_BPS, type SendSight } from '$rtc/send_ladder';

const WELL: Omit<SendSight, 'atMs'> = {
  availableBps: 1_000_000,
  fractionLost: 0,
  roundTripMs: 600,
};

/** The levels over some seconds of the same, without repeats. */
function follow(ladder: SendLadder, from: number, to: number, some: Partial<SendSight>) {
  const levels: string[] = [];
  for (let second = from; second <= to; second += 1) {
    const level = ladder.see({ ...WELL, ...some, atMs: second * 1000 });
    if (levels[levels.length - 1] !== level) levels.push(level);
  }
  return levels;
}

describe('an uplink of which little is known', () => {
  it('takes what a browser does not tell for no promise', () => {
    const ladder = new SendLadder('still');
    expect(follow(ladder, 0, 9, { availableBps: null })).toEqual(['still']);
    expect(follow(ladder, 10, 60, { availableBps: null })).toEqual(['few']);
    expect(follow(ladder, 61, 160, { availableBps: null })).toContain('all');
  });

  it('lets go of its still where much is lost and little believed', () => {
    const ladder = new SendLadder('still');
    expect(follow(ladder, 0, 5, { availableBps: 30_000, fractionLost: 0.2 }).pop()).toBe('voice');
  });
});

describe('an uplink', () => {
  it.each([
    [1_000_000, 'all'],
    [128_000, 'small'],
    [90_000, 'still'],
    [64_000, 'voice'],
    [20_000, 'voice'],
  ])('of %d bit/s carries %s', (availableBps, level) => {
    const ladder = new SendLadder();
    expect(follow(ladder, 0, 4, { availableBps }).pop()).toBe(level);
  });

  it('is left alone while nothing is known of it', () => {
    expect(follow(new SendLadder(), 0, 60, { availableBps: null })).toEqual(['all']);
  });

  it('forgives a moment', () => {
    const ladder = new SendLadder();
    follow(ladder, 0, 5, {});
    expect(follow(ladder, 6, 7, { availableBps: 50_000 })).toEqual(['all']);
    expect(follow(ladder, 8, 20, {})).toEqual(['all']);
  });

  it('climbs a level at a time, and later each time that was too early', () => {
    const ladder = new SendLadder();
    follow(ladder, 0, 5, { availableBps: 70_000 });
    const raises: number[] = [];
    for (let second = 6; second < 200; second += 1) {
      const before = ladder.level;
      // what is sent too much is seen at once
      const roundTripMs = before === 'voice' ? 600 : 1_000;
      const sight = { ...WELL, availableBps: VOICE_BPS, roundTripMs, atMs: second * 1000 };
      if (ladder.see(sight) !== before && ladder.level !== 'voice') raises.push(second);
    }
    const waits = raises.slice(1).map((at, place) => at - (raises[place] ?? 0));
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[0]).toBeGreaterThanOrEqual(20);
  });

  it('comes back to everything', () => {
    const ladder = new SendLadder();
    follow(ladder, 0, 5, { availableBps: 60_000 });
    expect(follow(ladder, 6, 60, {})).toEqual(['voice', 'still', 'few', 'small', 'all']);
  });

  it('keeps its still whatever a browser believes that loses some all the time', () => {
    const ladder = new SendLadder('still');
    // the least that Chromium may send, voice and still, is the least that it estimates
    const lossy = { availableBps: 66_400, fractionLost: 0.05 };
    expect(follow(ladder, 0, 8, lossy)).toEqual(['still']);
    const queued = { ...lossy, roundTripMs: 950 };
    expect(follow(ladder, 9, 13, queued)).toEqual(['still', 'voice']);
  });

  it('tries gently what nobody promised, and seldom what costs the voice', () => {
    const lossy = { availableBps: 90_000, fractionLost: 0.05 };
    const tried = follow(new SendLadder('still'), 0, 300, lossy);
    expect(new Set(tried)).toEqual(new Set(['still', 'few']));
    const ladder = new SendLadder('few');
    const little = { availableBps: 105_000 };
    expect(follow(ladder, 0, 59, little)).toEqual(['few']);
    expect(follow(ladder, 60, 61, little)).toEqual(['small']);
  });

  it('learns that the way became longer', () => {
    const ladder = new SendLadder('still');
    const longer = { availableBps: VOICE_BPS + 20_000, roundTripMs: 1_200 };
    follow(ladder, 0, 3, { availableBps: VOICE_BPS + 20_000 });
    expect(follow(ladder, 4, 10, longer)).toEqual(['still', 'voice']);
    expect(follow(ladder, 11, 400, longer)).toContain('still');
    expect(ladder.level).not.toBe('voice');
  });

  it('takes loss with a queue for a full link, and loss alone for a bad radio', () => {
    const queued = { fractionLost: 0.3, roundTripMs: 2_000 };
    const ladder = new SendLadder();
    follow(ladder, 0, 3, {});
    expect(follow(ladder, 4, 12, queued).pop()).not.toBe('all');
    expect(follow(new SendLadder(), 0, 30, { fractionLost: 0.3 })).toEqual(['all']);
  });
});

it('voice first: each level sends no more than the one above', () => {
  const all = encodings('stage', 640, 480, true);
  const sums = SEND_LEVELS.map((level) =>
    thinned(all, level)
      .filter(({ active }) => active)
      .reduce((sum, { maxBitrate }) => sum + (maxBitrate ?? 0), 0),
  );
  expect(sums).toEqual([...sums].sort((a, b) => a - b));
  expect(sums[0]).toBe(0);
  expect(thinned(all, 'still')[0]?.maxFramerate).toBe(1);
});

it('sends stills and few pictures small, and the others as they were', () => {
  const all = encodings('stage', 640, 480, true);
  const scales = SEND_LEVELS.map((level) => thinned(all, level)[0]?.scaleResolutionDownBy);
  expect(scales).toEqual([2, 4, 4, 2, 2]);
  expect(thinned(all, 'small')[0]).toEqual({ ...all[0], active: true });
});

it.each([
  ['all', null, 'all'],
  ['all', 60, 'all'],
  ['all', 600, 'still'],
  ['small', 60, 'all'],
  ['few', 60, 'still'],
  ['voice', null, 'still'],
] as const)('after %s and at %s ms a connection begins with %s', (before, trip, level) => {
  expect(firstLevel(before, trip)).toBe(level);
});
