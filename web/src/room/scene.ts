import type { LinkSignal, RoomHome, RoomLesson, StageView } from '$kit/protocol/schema';
import type { LessonState } from '$kit/store/state';
import type { Vitals } from '$rtc/liveness';

/** What fills the classroom's screen. */
export type Scene = 'starting' | 'home' | 'waiting' | 'connecting' | 'lesson' | 'ended';

/** Places on the lesson screen; only the teacher and the helper move between them. */
export type Layout = 'live' | 'onstage' | 'watching';

export interface SceneFacts {
  home: RoomHome | null;
  /** The next lesson, entered by hand before it opens. */
  enteredId: string | null;
  /** The lesson we are in; null when in none. */
  lesson: { isEnded: boolean; isLive: boolean } | null;
  /** Voice or picture arrived since this page joined, or nobody sends yet. */
  hasArrived: boolean;
}

export function sceneOf({ home, enteredId, lesson, hasArrived }: SceneFacts): Scene {
  if (home === null) return 'starting';
  if (lesson?.isEnded) return 'ended';
  if (lesson?.isLive) return hasArrived ? 'lesson' : 'connecting';
  if (lesson !== null) return 'waiting';
  return nextLesson(home)?.lesson_id === enteredId && enteredId !== null ? 'waiting' : 'home';
}

export function layoutOf(stage: StageView | null, roomId: string): Layout {
  if (stage === null || stage.state === 'calling') return 'live';
  if (stage.room_id === roomId) return 'onstage';
  return stage.state === 'on_stage' ? 'watching' : 'live';
}

/**
 * How many of voice, slides and picture are here, in this order: one that came before its turn is
 * not ticked, as nobody sees or hears it yet.
 */
export function partsHere(vitals: Vitals | null, link: LinkSignal | null): number {
  const parts = [
    vitals?.hadVoice,
    link !== null && link.slides !== 'none',
    vitals?.hadPicture,
    false,
  ];
  return parts.findIndex((isHere) => !isHere);
}

/** The lesson that is on, or else the next one today. */
export function nextLesson(home: RoomHome): RoomLesson | null {
  const ahead = home.lessons.filter((lesson) => lesson.state !== 'ended');
  const first = ahead.sort((a, b) => a.scheduled_start_ms - b.scheduled_start_ms)[0];
  return home.open ?? first ?? null;
}

/** Rooms whose light is on, ours among them, by the lesson's own word where we have it. */
export function lightsOf(
  home: RoomLesson,
  lesson: LessonState | null,
): { on: number; all: number } {
  if (lesson === null) return { on: Math.max(1, home.rooms_online), all: home.rooms_total };
  return { on: lesson.totals.online, all: lesson.totals.total };
}
