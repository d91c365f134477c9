import { describe, expect, test } from 'vitest';
import {
  adjusted,
  clamped,
  covers,
  isNear,
  mustHold,
  orderFor,
  positionOf,
  SEEK_BEYOND_MS,
  SPEEDS,
  TARGET_MS,
  type MasterClock,
} from '../../src/staff/player/sync';

const clock: MasterClock = { positionMs: 5_000, setAtMs: 100, speed: 1, isRunning: true };

describe('the master clock', () => {
  test('runs at its speed and stands while paused', () => {
    expect(positionOf({ ...clock, speed: 1.5 }, 1_100)).toBe(6_500);
    expect(positionOf({ ...clock, isRunning: false }, 1_100)).toBe(5_000);
  });

  test('does not jump when speed or running changes', () => {
    const faster = adjusted(clock, 1_100, { speed: 2 });
    expect(positionOf(faster, 1_100)).toBe(6_000);
    const paused = adjusted(faster, 2_100, { isRunning: false });
    expect(positionOf(paused, 9_999)).toBe(8_000);
  });

  test('a seek is where it says', () => {
    expect(positionOf(adjusted(clock, 1_100, { positionMs: 42 }), 1_200)).toBe(142);
  });
});

describe('orderFor', () => {
  test('leaves a follower alone that is together with the clock', () => {
    expect(orderFor(1_010, 1_000, 1.25, 'picture')).toEqual({ action: 'play', rate: 1.25 });
  });

  test('runs faster behind, slower ahead, and never beyond what the ear forgives', () => {
    expect(orderFor(930, 1_000, 1, 'voice')).toMatchObject({ rate: 1.04 });
    expect(orderFor(1_070, 1_000, 1, 'voice')).toMatchObject({ rate: 0.96 });
    expect(orderFor(700, 1_000, 1, 'voice')).toMatchObject({ rate: 1.25 });
    const gentle = orderFor(1_030, 1_000, 1, 'picture');
    expect(gentle.rate).toBeGreaterThan(0.96);
    expect(gentle.rate).toBeLessThan(1);
  });

  test('seeks when far off', () => {
    const order = orderFor(10_000, 10_000 + SEEK_BEYOND_MS + 1, 1, 'picture');
    expect(order).toEqual({ action: 'seek', toMs: 10_000 + SEEK_BEYOND_MS + 1, rate: 1 });
  });

  test.each(SPEEDS)(
    'brings a drifting follower within the target and keeps it there at %f x',
    (speed) => {
      const hardwareDrift = 1.0005;
      let atMs = 300;
      let clockMs = 0;
      const late: number[] = [];
      for (let tick = 0; tick < 600; tick += 1) {
        const order = orderFor(atMs, clockMs, speed, 'voice');
        atMs = order.action === 'seek' ? order.toMs : atMs + 100 * order.rate * hardwareDrift;
        clockMs += 100 * speed;
        if (tick > 150) late.push(Math.abs(atMs - clockMs));
      }
      expect(Math.max(...late)).toBeLessThan(TARGET_MS);
    },
  );
});

describe('which tracks take part', () => {
  const visit = { start_ms: 60_000, duration_ms: 30_000 };

  test('a visit to the stage is there while it lasts', () => {
    expect(covers(visit, 59_999)).toBe(false);
    expect(covers(visit, 60_000)).toBe(true);
    expect(covers(visit, 90_000)).toBe(false);
    expect(covers(visit, 90_000, true)).toBe(true);
  });

  test('and is loaded a little before', () => {
    expect(isNear(visit, 45_000, 10_000)).toBe(false);
    expect(isNear(visit, 50_000, 10_000)).toBe(true);
    expect(isNear(visit, 90_001, 10_000)).toBe(false);
  });

  test('one needed track without data holds all; a failed one holds nobody', () => {
    const good = { isNeeded: true, hasData: true, isFailed: false };
    expect(mustHold([good, { ...good, hasData: false }])).toBe(true);
    expect(mustHold([good, { ...good, hasData: false, isFailed: true }])).toBe(false);
    expect(mustHold([good, { isNeeded: false, hasData: false, isFailed: false }])).toBe(false);
  });
});

test('positions stay within the recording', () => {
  expect(clamped(-5, 1_000)).toBe(0);
  expect(clamped(5_000, 1_000)).toBe(960);
  expect(clamped(5, 0)).toBe(0);
});
