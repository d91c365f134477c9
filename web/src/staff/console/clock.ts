/** The lesson's clock: what it shows and what it says about the plan. Pure. */

import type { LessonView } from '$kit/protocol/schema';

const MINUTE_MS = 60_000;
/** Ending with more of the plan left than this asks once. */
export const ASK_BEFORE_END_MS = 3 * MINUTE_MS;

type Planned = Pick<
  LessonView,
  'state' | 'scheduled_start_ms' | 'duration_minutes' | 'started_at_ms' | 'ended_at_ms'
>;

/** Milliseconds the lesson has run; 0 before it starts, frozen when it ended. */
export function elapsedMs(lesson: Planned, nowMs: number): number {
  if (lesson.started_at_ms === null) return 0;
  return Math.max(0, (lesson.ended_at_ms ?? nowMs) - lesson.started_at_ms);
}

/** Milliseconds left of the plan, never below 0. */
export function remainingMs(lesson: Planned, nowMs: number): number {
  return Math.max(0, lesson.duration_minutes * MINUTE_MS - elapsedMs(lesson, nowMs));
}

/** Part of the plan that is over, 0 to 1. */
export function planProgress(lesson: Planned, nowMs: number): number {
  return Math.min(1, elapsedMs(lesson, nowMs) / (lesson.duration_minutes * MINUTE_MS));
}

/** Whether ending now cuts off so much of the plan that the teacher is asked. */
export function asksBeforeEnd(lesson: Planned, nowMs: number): boolean {
  return remainingMs(lesson, nowMs) > ASK_BEFORE_END_MS;
}
