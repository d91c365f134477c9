import { describe, expect, it } from 'vitest';
import { hasArrived, speedOf } from '../../../src/room/behind/plan';
import { RecordingEnd } from '../../../src/room/behind/recording_end';
import { VoicePace } from '../../../src/room/behind/voice_pace';

const LOOK_MS = 200;
const HOUR_MS = 3_600_000;

/**
 * A room that catches up with a recording in pieces of `pieceMs`, each of which comes `lateMs` after
 * its end: how long until it goes live, and how far behind it is then.
 */
function catchUp(
  gapMs: number,
  lateMs: number,
  pieceMs = 2_000,
): { tookMs: number; behindMs: number } {
  const end = new RecordingEnd(0);
  let positionMs = 0;
  for (let tookMs = 0; tookMs < HOUR_MS; tookMs += LOOK_MS) {
    const nowMs = gapMs + tookMs;
    const hereMs = pieceMs * Math.floor((nowMs - lateMs) / pieceMs);
    const isWaiting = positionMs >= hereMs;
    const behindMs = nowMs - positionMs;
    const sight = { nowMs, positionMs, isWaiting, isAtEnd: isWaiting };
    const isOver = end.see({ ...sight, isClose: false, isLinked: true });
    if (hasArrived({ state: 'catching', behindMs, liveLagMs: 3_800 }) || isOver)
      return { tookMs, behindMs };
    if (isWaiting) continue;
    const speed = speedOf('catching', behindMs, false);
    positionMs = Math.min(hereMs, positionMs + LOOK_MS * speed);
  }
  throw new Error('it never went live');
}

describe("the recording's end", () => {
  it.each([4_000, 5_500, 9_000])('ends a catch-up, though segments come %i ms late', (lateMs) => {
    const { tookMs, behindMs } = catchUp(20_000, lateMs);
    expect(tookMs).toBeLessThanOrEqual(5 * 20_000);
    expect(behindMs).toBeLessThanOrEqual(lateMs + 2_000 + LOOK_MS);
  });

  it.each([500, 1_500, 2_600])('is not met where parts of it come %i ms late', (lateMs) => {
    const { behindMs } = catchUp(20_000, lateMs, 1_000);
    expect(behindMs, 'nothing is skipped').toBeLessThanOrEqual(3_800 + 80);
  });

  const dry = {
    nowMs: 0,
    positionMs: 0,
    isWaiting: true,
    isAtEnd: true,
    isClose: false,
    isLinked: true,
  };

  it('is there for good where nothing new came for a while', () => {
    const end = new RecordingEnd(0);
    expect(end.see(dry)).toBe(false);
    expect(end.see({ ...dry, nowMs: 7_800 })).toBe(false);
    expect(end.see({ ...dry, nowMs: 8_000 })).toBe(true);
  });
  it('is not known while the server is not reached, or something is on its way', () => {
    const end = new RecordingEnd(0);
    end.see(dry);
    expect(end.see({ ...dry, nowMs: 9_000, isLinked: false })).toBe(false);
    expect(end.see({ ...dry, nowMs: 10_000 })).toBe(false);
    expect(end.see({ ...dry, nowMs: 19_000, isAtEnd: false })).toBe(false);
  });
  it('is not met twice in one stall that flickers', () => {
    const end = new RecordingEnd(0);
    for (let nowMs = 0; nowMs < 7_000; nowMs += LOOK_MS) {
      const isWaiting = nowMs % 400 === 0;
      expect(end.see({ ...dry, nowMs, positionMs: 1_000 + nowMs / 10, isWaiting })).toBe(false);
    }
  });
  it('is met close to the lesson, too, where its last seconds come slowly', () => {
    const end = new RecordingEnd(0);
    const slow = { ...dry, isAtEnd: false, isClose: true };
    expect(end.see({ ...slow, positionMs: 2_000 })).toBe(false);
    expect(end.see({ ...slow, nowMs: 3_000, positionMs: 2_000 })).toBe(false);
    expect(end.see({ ...slow, nowMs: 4_000, positionMs: 2_500, isWaiting: false })).toBe(false);
    expect(end.see({ ...slow, nowMs: 6_000, positionMs: 4_500 })).toBe(true);
  });
  it('stalls before a slow link are forgotten', () => {
    const end = new RecordingEnd(0);
    end.see({ ...dry, positionMs: 2_000 });
    end.see({ ...dry, nowMs: 2_000, positionMs: 4_000, isAtEnd: false });
    end.see({ ...dry, nowMs: 4_000, positionMs: 4_000, isAtEnd: false });
    expect(end.see({ ...dry, nowMs: 6_000, positionMs: 6_000 })).toBe(false);
    expect(end.see({ ...dry, nowMs: 8_000, positionMs: 8_000 })).toBe(true);
  });
});

describe('a voice on a thin link', () => {
  const sight = { nowMs: 0, behindMs: 60_000, isWaiting: false, isLinked: true };

  it('goes on while it comes nearer', () => {
    const pace = new VoicePace();
    for (let nowMs = 0; nowMs <= 120_000; nowMs += LOOK_MS)
      expect(pace.see({ ...sight, nowMs, behindMs: 60_000 - nowMs / 5 })).toBe(true);
  });
  it('is given up after a minute of no progress', () => {
    const pace = new VoicePace();
    expect(pace.see(sight)).toBe(true);
    expect(pace.see({ ...sight, nowMs: 30_000, behindMs: 62_000 })).toBe(true);
    expect(pace.see({ ...sight, nowMs: 59_800, behindMs: 63_000 })).toBe(true);
    expect(pace.see({ ...sight, nowMs: 60_000, behindMs: 63_000 })).toBe(false);
  });
  it('is forgiven one bad half minute', () => {
    const pace = new VoicePace();
    pace.see(sight);
    pace.see({ ...sight, nowMs: 30_000, behindMs: 66_000 });
    pace.see({ ...sight, nowMs: 60_000, behindMs: 60_000 });
    expect(pace.see({ ...sight, nowMs: 90_000, behindMs: 66_000 })).toBe(true);
  });
  it('is not judged for a time without a live path', () => {
    const pace = new VoicePace();
    pace.see(sight);
    pace.see({ ...sight, nowMs: 20_000, isLinked: false });
    expect(pace.see({ ...sight, nowMs: 31_000, behindMs: 90_000 })).toBe(true);
    expect(pace.see({ ...sight, nowMs: 61_000, behindMs: 84_000 })).toBe(true);
  });
  const stall = (pace: VoicePace, fromMs: number): boolean => {
    const behindMs = 60_000 - fromMs / 5;
    pace.see({ ...sight, nowMs: fromMs, behindMs });
    pace.see({ ...sight, nowMs: fromMs + 100, behindMs, isWaiting: true });
    pace.see({ ...sight, nowMs: fromMs + 4_100, behindMs, isWaiting: true });
    return pace.see({ ...sight, nowMs: fromMs + 5_000, behindMs, isWaiting: true });
  };
  it('is given up where it is near and never gets there', () => {
    const pace = new VoicePace();
    const goesOn = (nowMs: number): boolean => {
      return pace.see({ ...sight, nowMs, behindMs: 14_000 - nowMs / 20 });
    };
    for (let nowMs = 0; nowMs < 120_000; nowMs += LOOK_MS) expect(goesOn(nowMs)).toBe(true);
    expect(goesOn(120_000)).toBe(false);
  });
  it('is given up at the third long stall, each counted once', () => {
    const pace = new VoicePace();
    const goesOn = [0, 8_000, 16_000].map((fromMs) => stall(pace, fromMs));
    expect(goesOn).toEqual([true, true, false]);
  });
  it('may stall now and then in a quarter of an hour', () => {
    const pace = new VoicePace();
    const goesOn = [0, 40_000, 80_000, 120_000].map((fromMs) => stall(pace, fromMs));
    expect(goesOn).toEqual([true, true, true, true]);
  });
});
