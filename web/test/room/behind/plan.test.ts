import { describe, expect, it } from 'vitest';
import {
  beside,
  BY_ITSELF_MS,
  canBeRead,
  CATCH_UP_SPEED,
  FOLLOWED_MS,
  hasArrived,
  INTERACTIVE_ROOMS,
  isNear,
  isPlayedOut,
  keepsUp,
  leftMs,
  mayHavePictures,
  OFFERED_MS,
  shareDone,
  speedOf,
  startAfter,
  stateOf,
  WORTH_MS,
  type Gap,
} from '../../../src/room/behind/plan';

const GAP: Gap = { lostForMs: 42_000, rooms: 12, isMusic: false, isRecorded: true };

describe('what follows a gap', () => {
  it('a broadcast plays what was missed by itself, up to a cut of three minutes', () => {
    expect(startAfter(GAP)).toBe('play');
    expect(startAfter({ ...GAP, lostForMs: 185_000 })).toBe('play');
    expect(startAfter({ ...GAP, lostForMs: BY_ITSELF_MS + 1 })).toBe('offer');
  });
  it('where few rooms talk with the teacher a person decides', () => {
    expect(startAfter({ ...GAP, rooms: INTERACTIVE_ROOMS })).toBe('offer');
    expect(startAfter({ ...GAP, rooms: INTERACTIVE_ROOMS + 1 })).toBe('play');
  });
  it('a moment is not worth it, and what takes an hour is for the library', () => {
    expect(startAfter({ ...GAP, lostForMs: WORTH_MS - 1 })).toBe('no');
    expect(startAfter({ ...GAP, lostForMs: OFFERED_MS + 1 })).toBe('no');
  });
  it('music is never played faster, and what is not recorded can not be played', () => {
    expect(startAfter({ ...GAP, isMusic: true })).toBe('no');
    expect(startAfter({ ...GAP, isRecorded: false })).toBe('no');
  });
});

describe('how fast', () => {
  it('catches up where a live path is, and never faster than 1.2', () => {
    expect(speedOf('catching', 7_000, false)).toBe(CATCH_UP_SPEED);
    expect(CATCH_UP_SPEED).toBeLessThanOrEqual(1.2);
  });
  it('follows at the speed of the lesson, but works off what was missed', () => {
    expect(speedOf('following', FOLLOWED_MS, false)).toBe(1);
    expect(speedOf('following', 60_000, false)).toBe(CATCH_UP_SPEED);
  });
  it('leaves music as it is', () => {
    expect(speedOf('following', 60_000, true)).toBe(1);
    expect(speedOf('catching', 60_000, true)).toBe(1);
  });
  it('a cut of three minutes is worked off in fifteen', () => {
    expect(leftMs('catching', 180_000, CATCH_UP_SPEED) / 60_000).toBeCloseTo(15);
    expect(leftMs('following', 180_000, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('when it is live', () => {
  const place = { state: 'catching', behindMs: 9_000, liveLagMs: 3_200 } as const;
  it('when both are at the same word, and not before', () => {
    expect(hasArrived(place)).toBe(false);
    expect(hasArrived({ ...place, behindMs: 3_500 })).toBe(false);
    expect(hasArrived({ ...place, behindMs: 3_250 })).toBe(true);
    expect(hasArrived({ ...place, behindMs: 1_000 })).toBe(true);
  });
  it('never without a live path', () => {
    expect(hasArrived({ ...place, behindMs: 100, state: stateOf(false, false) })).toBe(false);
    expect(stateOf(true, false)).toBe('catching');
  });
  it.each([5_000, 42_000, 180_000])('a gap of %i ms ends by itself', (gapMs) => {
    let behindMs = gapMs + 4_000;
    let tookMs = 0;
    for (; !hasArrived({ ...place, behindMs }) && tookMs < 3_600_000; tookMs += 200)
      behindMs += 200 * (1 - speedOf('catching', behindMs, false));
    expect(tookMs).toBeLessThanOrEqual((gapMs + 4_000) * 5);
  });
});

describe('a lesson that ends while a room is behind', () => {
  it('is no live lesson to arrive at, with a live path or without', () => {
    expect(stateOf(true, true)).toBe('ending');
    expect(stateOf(false, true)).toBe('ending');
    const place = { state: 'ending', behindMs: 0, liveLagMs: 3_000 } as const;
    expect(hasArrived(place)).toBe(false);
  });
  it('is played to its end, at the same speed', () => {
    expect(speedOf('ending', 9_000, false)).toBe(CATCH_UP_SPEED);
    expect(leftMs('ending', 12_000, CATCH_UP_SPEED)).toBeCloseTo(10_000);
    const dry = { isWaiting: true, isComplete: false, waitedMs: 2_000 };
    expect(isPlayedOut(dry), 'the last piece is being written').toBe(false);
    expect(isPlayedOut({ ...dry, isComplete: true })).toBe(true);
    expect(isPlayedOut({ ...dry, isComplete: true, isWaiting: false })).toBe(false);
    expect(isPlayedOut({ ...dry, waitedMs: 60_000 }), 'it never comes').toBe(true);
  });
});

it('the live voice waits only for who is near it', () => {
  expect(isNear('catching', 9_000)).toBe(true);
  expect(isNear('catching', 60_000)).toBe(false);
  expect(isNear('following', 9_000)).toBe(false);
});

describe('what a link takes', () => {
  it('pictures only where the best ones came before', () => {
    expect(
      (['none', 'screen', 'lifeline', 'audio', 'voice'] as const).map(mayHavePictures),
    ).toEqual([true, true, false, false, false]);
    expect(mayHavePictures(null), 'a stall tells').toBe(true);
  });
  it('and only where they come clearly faster than they are played', () => {
    expect(keepsUp(8_000, 2_000, 1.2)).toBe(true);
    expect(keepsUp(8_000, 6_000, 1.2)).toBe(false);
  });
});

it('a recording that failed is not played, though its packets are kept', () => {
  const reason = { id: 'x', message: { 'zh-CN': '', en: '' }, details: {} };
  expect(canBeRead({ state: 'recording', reason: null })).toBe(true);
  expect(canBeRead({ state: 'recording', reason })).toBe(false);
  expect(canBeRead({ state: 'stopped', reason: null })).toBe(false);
  expect(canBeRead(undefined)).toBe(false);
});

it('the bar fills, and starts nowhere outside itself', () => {
  expect(shareDone(42_000, 42_000)).toBe(0);
  expect(shareDone(21_000, 42_000)).toBe(0.5);
  expect(shareDone(-5, 42_000)).toBe(1);
  expect(shareDone(50_000, 42_000)).toBe(0);
  expect(shareDone(0, 0)).toBe(1);
});

describe('a track beside the lead', () => {
  const span = { startMs: 60_000, endMs: 90_000 };
  it('is loaded in time, and gone when it is over', () => {
    expect(beside(span, 20_000, null)).toEqual({ does: 'nothing' });
    expect(beside(span, 55_000, 60_000)).toEqual({ does: 'wait' });
    expect(beside(span, 70_000, null)).toEqual({ does: 'wait' });
    expect(beside(span, 200_000, 90_000)).toEqual({ does: 'nothing' });
  });
  it('keeps to the lead: a little faster or slower, or at once where it is far off', () => {
    expect(beside(span, 70_000, 70_000)).toEqual({ does: 'play', seekByMs: 0, nudge: 1 });
    expect(beside(span, 70_000, 69_950)).toEqual({ does: 'play', seekByMs: 0, nudge: 1.025 });
    expect(beside(span, 70_000, 70_390)).toEqual({ does: 'play', seekByMs: 0, nudge: 0.95 });
    expect(beside(span, 70_000, 60_000)).toEqual({ does: 'play', seekByMs: 10_000, nudge: 1 });
  });
});
