/** What a card of the library shows. Pure. */

import type { RecordingInfo } from '$kit/protocol/schema';
import type { RecordingFilter } from '../resources';

/** Subject hues of the design, by how the subject is written here; never for status. */
const HUES: [RegExp, string][] = [
  [/数学|math/i, '--subj-math'],
  [/语文|chinese/i, '--subj-chinese'],
  [/英语|english/i, '--subj-english'],
  [/科学|物理|化学|生物|science/i, '--subj-science'],
  [/音乐|music/i, '--subj-music'],
  [/美术|art/i, '--subj-art'],
];

/** The custom property that colors a subject's edge. */
export function subjectHue(subject: string): string {
  return HUES.find(([pattern]) => pattern.test(subject))?.[1] ?? '--subj-morals';
}

export type CardState = 'live' | 'preparing' | 'ready';

/** A recording without playable time is still being prepared. */
export function cardState({ is_live, duration_ms }: RecordingInfo): CardState {
  if (is_live) return 'live';
  return duration_ms > 0 ? 'ready' : 'preparing';
}

/** Query of the two date fields (`2026-04-15`, local days, both included) and the words. */
export function filterOf(q: string, from: string, to: string): RecordingFilter {
  return { q: q.trim(), from_ms: midnightMs(from, 0), to_ms: midnightMs(to, 1) };
}

function midnightMs(day: string, daysLater: number): number | null {
  const [year, month, date] = day.split('-').map(Number);
  if (!year || !month || !date) return null;
  return new Date(year, month - 1, date + daysLater).getTime();
}

const MEGA = 1_000_000;

/** `18 MB`: how much the recording weighs. */
export function sizeText(bytes: number): string {
  if (bytes >= 1000 * MEGA) return `${(bytes / (1000 * MEGA)).toFixed(1)} GB`;
  return `${Math.max(1, Math.round(bytes / MEGA))} MB`;
}
