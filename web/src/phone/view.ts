import type { RoomView } from '$kit/protocol/schema';
import type { LessonState } from '$kit/store/state';

/** What the remote is for right now; each has its own colour. */
export type PhoneView =
  | 'waiting'
  | 'remote'
  /** The teacher calls us and waits. */
  | 'called'
  | 'onstage'
  /** The big screen lost its link, or never came. */
  | 'lost'
  | 'absent'
  | 'over';

export function viewOf(lesson: LessonState, room: RoomView | null): PhoneView {
  if (lesson.lesson.state === 'ended') return 'over';
  const { stage } = lesson;
  if (stage !== null && stage.room_id === lesson.me.room_id)
    return stage.state === 'calling' ? 'called' : 'onstage';
  if (lesson.lesson.state === 'scheduled') return 'waiting';
  if (room?.presence === 'lost') return 'lost';
  return room?.presence === 'online' ? 'remote' : 'absent';
}

/** Who hears and sees our room on stage, as it is. */
export function stageWords({
  stage,
}: LessonState): 'stage.muted' | 'stage.soon' | 'stage.heard' | 'stage.seen' {
  if (stage?.is_muted) return 'stage.muted';
  if (stage?.state !== 'on_stage') return 'stage.soon';
  return stage.is_picture_paused ? 'stage.heard' : 'stage.seen';
}

/** Minutes to the planned end; 0 once it has passed. */
export function minutesLeft(lesson: LessonState['lesson'], nowMs: number): number {
  const endMs =
    (lesson.started_at_ms ?? lesson.scheduled_start_ms) + lesson.duration_minutes * 60_000;
  return Math.max(0, Math.ceil((endMs - nowMs) / 60_000));
}

/** The pairing secret in `/p/{secret}`; null on `/p`. */
export function secretOf(path: string): string | null {
  return /^\/p\/([\w-]+)$/.exec(path)?.[1] ?? null;
}
