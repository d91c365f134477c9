/** Which of today's lessons comes first, and what is said about them. Pure. */

import type { LessonInfo } from '$kit/protocol/schema';

const DAY_MS = 86_400_000;
/** A lesson that never started stays on offer this long after its planned end. */
const LATE_MS = 60 * 60_000;

/** From midnight to midnight here, of the day `nowMs` is in. */
export function dayOf(nowMs: number): { from_ms: number; to_ms: number } {
  const start = new Date(nowMs);
  start.setHours(0, 0, 0, 0);
  return { from_ms: start.getTime(), to_ms: start.getTime() + DAY_MS };
}

/** Live first, then what is to come, then what is over; each by time. */
export function inOrder(lessons: readonly LessonInfo[]): LessonInfo[] {
  const rank = { live: 0, scheduled: 1, ended: 2 } as const;
  return [...lessons].sort(
    (one, other) =>
      rank[one.state] - rank[other.state] || one.scheduled_start_ms - other.scheduled_start_ms,
  );
}

/** The lesson the one primary button enters: the live one, else the next one not long overdue. */
export function lessonToEnter(
  lessons: readonly LessonInfo[],
  teacherId: string,
  nowMs: number,
): LessonInfo | null {
  const hers = inOrder(lessons).filter(({ lead_teacher_id }) => lead_teacher_id === teacherId);
  const open = hers.find((lesson) => {
    const endMs = lesson.scheduled_start_ms + lesson.duration_minutes * 60_000;
    return lesson.state === 'live' || (lesson.state === 'scheduled' && endMs + LATE_MS > nowMs);
  });
  return open ?? null;
}

/** One line above a title: subject and grade, as far as they are known. */
export function subjectLine(lesson: { grade: string; subject: string }): string {
  return [lesson.grade, lesson.subject].filter(Boolean).join(' ');
}

/** The API's limits of a lesson's length. */
export function isLengthSound(minutes: number | null): minutes is number {
  return minutes !== null && Number.isInteger(minutes) && minutes >= 5 && minutes <= 240;
}
