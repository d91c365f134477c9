import type { Subscriber } from '$rtc/subscriber';
import type { Quality } from '../quality';
import type { LessonSession } from '../session.svelte';
import type { State } from './plan';

/** What is said of a room that is behind. */
export interface BehindView {
  state: State;
  behindMs: number;
  speed: number;
  leftMs: number;
  share: number;
  /** It waits for data. */
  isWaiting: boolean;
  /** And more comes only when the teacher is back. */
  isTeacherAway: boolean;
}

/** Why it is behind, and what it has. */
export interface BehindNeed {
  session: LessonSession;
  subscriber: Subscriber;
  /** Of our pictures, before the link broke; null if nothing was told of them. */
  quality: Quality | null;
  /** Our clock. */
  heardUntilMs: number;
  gapMs: number;
}
