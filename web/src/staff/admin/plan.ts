/** A lesson's plan as a form holds it, and what of it changed. Pure. */

import type { LessonChange, LessonInfo } from '$kit/protocol/schema';
import { isLengthSound } from '../today/plan';

export type PictureProfile = LessonInfo['picture_profile'];
export const PROFILES: readonly PictureProfile[] = ['slides_first', 'movement_first'];

export type SoundProfile = LessonInfo['sound_profile'];
export const SOUNDS: readonly SoundProfile[] = ['speech', 'music'];

export interface LessonPlan {
  title: string;
  startMs: number | null;
  minutes: number | null;
  roomIds: readonly string[];
  profile: PictureProfile;
  sound: SoundProfile;
}

/** The limits of the API, so that a form says so before it is sent. */
export function isPlanSound({
  title,
  startMs,
  minutes,
}: Pick<LessonPlan, 'title' | 'startMs' | 'minutes'>): boolean {
  return title.trim() !== '' && startMs !== null && isLengthSound(minutes);
}

/** Only what differs: a live lesson takes nothing but rooms and profile. */
export function changeOf(lesson: LessonInfo, plan: LessonPlan): LessonChange {
  const change: LessonChange = {};
  if (plan.title.trim() !== lesson.title) change.title = plan.title.trim();
  if (plan.startMs !== lesson.scheduled_start_ms) change.scheduled_start_ms = plan.startMs;
  if (plan.minutes !== lesson.duration_minutes) change.duration_minutes = plan.minutes;
  const [before, after] = [lesson.room_ids, plan.roomIds].map((ids) => [...ids].sort().join());
  if (before !== after) change.room_ids = [...plan.roomIds];
  if (plan.profile !== lesson.picture_profile) change.picture_profile = plan.profile;
  if (plan.sound !== lesson.sound_profile) change.sound_profile = plan.sound;
  return change;
}
