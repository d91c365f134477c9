/** What a lesson's attendance adds up to. Pure. */

import type { AttendanceView } from '$kit/protocol/schema';

export interface Figures {
  /** Percent of the time with voice, of the time rooms were here; null when none was. */
  voicePercent: number | null;
  heardRooms: number;
  attendedRooms: number;
  cutOffMs: number;
}

export function figuresOf(attendance: readonly AttendanceView[]): Figures {
  const sum = (key: 'voice_ms' | 'cut_off_ms'): number =>
    attendance.reduce((total, row) => total + row[key], 0);
  const [voiceMs, cutOffMs] = [sum('voice_ms'), sum('cut_off_ms')];
  const dueMs = voiceMs + cutOffMs;
  return {
    voicePercent: dueMs > 0 ? Math.floor((voiceMs / dueMs) * 1000) / 10 : null,
    heardRooms: attendance.filter(({ stage_count }) => stage_count > 0).length,
    attendedRooms: attendance.filter(({ first_joined_ms }) => first_joined_ms !== null).length,
    cutOffMs,
  };
}

export const LEVELS = ['voice', 'slides', 'low_video', 'high_video', 'screen_video'] as const;

/** Time with voice by what else there was, best first; levels that never were are left out. */
export function levelTimes({ levels }: AttendanceView): { level: Level; ms: number }[] {
  return LEVELS.map((level) => ({ level, ms: levels[`${level}_ms`] }))
    .filter(({ ms }) => ms > 0)
    .reverse();
}
export type Level = (typeof LEVELS)[number];

/** Rooms that came and were not on stage: first in the next lesson. */
export function unheard(attendance: readonly AttendanceView[]): AttendanceView[] {
  return attendance.filter((row) => row.first_joined_ms !== null && row.stage_count === 0);
}
