import { describe, expect, test } from 'vitest';
import { asksBeforeEnd, elapsedMs, planProgress, remainingMs } from '../../src/staff/console/clock';

const START_MS = 1_000_000;
const lesson = {
  state: 'live',
  scheduled_start_ms: START_MS,
  duration_minutes: 40,
  started_at_ms: START_MS,
  ended_at_ms: null,
} as const;

describe('the clock of a lesson', () => {
  test('runs from the start, and stops at the end', () => {
    expect(elapsedMs(lesson, START_MS + 90_000)).toBe(90_000);
    expect(elapsedMs({ ...lesson, ended_at_ms: START_MS + 60_000 }, START_MS + 90_000)).toBe(
      60_000,
    );
    expect(elapsedMs({ ...lesson, started_at_ms: null }, START_MS + 90_000)).toBe(0);
  });

  test('never counts below zero when the clocks of two machines differ', () => {
    expect(elapsedMs(lesson, START_MS - 5_000)).toBe(0);
    expect(remainingMs(lesson, START_MS + 3_600_000)).toBe(0);
    expect(planProgress(lesson, START_MS + 3_600_000)).toBe(1);
  });

  test('asks before an end with more than three minutes of plan left', () => {
    expect(asksBeforeEnd(lesson, START_MS + 36 * 60_000)).toBe(true);
    expect(asksBeforeEnd(lesson, START_MS + 37 * 60_000)).toBe(false);
  });
});
