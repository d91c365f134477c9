import { dayText } from '$kit/i18n/time';
import type { Locale } from '$kit/i18n';
import type { WatchLesson } from '$kit/protocol/schema';
import { t } from './messages';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MB = 1_000_000;
/** Of the clearest rendition, sound included: what a good link takes. */
const CLEAR_BPS = 900_000;
const BITS = 8;

/** `三年级数学 长方形的面积`. */
export function titleOf(lesson: WatchLesson): string {
  return [lesson.grade + lesson.subject, lesson.title].filter(Boolean).join(' ');
}

export function dayWords(ms: number, nowMs: number, locale: Locale): string {
  const days = Math.round((midnight(ms) - midnight(nowMs)) / DAY_MS);
  if (days === 0) return t('today');
  return days === 1 ? t('tomorrow') : dayText(ms, locale);
}

export function endMs(lesson: WatchLesson): number {
  const beginMs = lesson.started_at_ms ?? lesson.scheduled_start_ms;
  return lesson.ended_at_ms ?? beginMs + lesson.duration_minutes * MINUTE_MS;
}

export function megabytes(bytes: number): number {
  return Math.max(1, Math.round(bytes / MB));
}

/** What the clear picture takes in a lesson of this length. */
export function clearMegabytes(lesson: WatchLesson): number {
  return megabytes((lesson.duration_minutes * 60 * CLEAR_BPS) / BITS);
}

function midnight(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}
