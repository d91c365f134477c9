import type { Subscriber } from '$rtc/subscriber';
import type { Quality } from '../quality';
import type { LessonSession } from '../session.svelte';
import { KEEPS_PITCH } from './followers';
import type { State } from './plan';

export interface BehindView {
  state: State;
  behindMs: number;
  speed: number;
  leftMs: number;
  share: number;
  /** Nearly live, though by HTTP. */
  isLive: boolean;
  /** It waits for data. */
  isWaiting: boolean;
  /** And more comes only when the teacher is back. */
  isTeacherAway: boolean;
}

/** What is looked at to tell it. */
export type Seen = Pick<BehindView, 'state' | 'behindMs' | 'speed' | 'isWaiting' | 'isLive'>;

export interface BehindNeed {
  session: LessonSession;
  subscriber: Subscriber;
  /** Of our pictures, before the link broke; null if nothing was told of them. */
  quality: Quality | null;
  /** Our clock. */
  heardUntilMs: number;
  gapMs: number;
}

/** For the teacher's picture, with her voice. */
export function pictureElement(onPlaying: () => void): HTMLVideoElement {
  const picture = document.createElement('video');
  picture.playsInline = true;
  picture.className = 'live cover';
  picture.dataset['slot'] = 'behind';
  picture.onplaying = onPlaying;
  return Object.assign(picture, KEEPS_PITCH);
}
