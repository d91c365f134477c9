/** Where the recording has no more for us. */

import type { LessonSession } from '../session.svelte';
import { canBeRead } from './plan';
import type { Feed } from './source';

export interface EndSight {
  nowMs: number;
  /** Where we play. */
  positionMs: number;
  isWaiting: boolean;
  /** All that is recorded is here. */
  isAtEnd: boolean;
  /** So near the lesson that a wait is for its last seconds, on their way or not yet written. */
  isClose: boolean;
  /** The server can be reached: what it has would be known. */
  isLinked: boolean;
}

/** So often it ran dry at its end: it is never nearer than this. */
const STALLS = 2;
/** Played between two stalls, so that one is not counted twice. */
const PLAYED_BETWEEN_MS = 1_000;
/** A wait for what is recorded already: the link was slow, and nothing is known of the end. */
const SLOW_MS = 2_000;
/** Nothing new for so long: it does not grow any more. */
const QUIET_MS = 8_000;

/**
 * Whether waiting at the recording's end brings us no nearer to the lesson. A recording is behind
 * by a segment, its writing and its way to us; where that is more than the live voice can wait, the
 * two never meet. On a far link the way is most of it: close to the lesson slow is the end, too.
 */
export class RecordingEnd {
  #stalls = 0;
  #stalledAtMs: number;
  #quietSinceMs: number | null = null;
  #slowSinceMs: number | null = null;

  constructor(fromMs: number) {
    this.#stalledAtMs = fromMs;
  }

  see({ nowMs, positionMs, isWaiting, isAtEnd, isClose, isLinked }: EndSight): boolean {
    if (!isLinked) this.#stalls = 0;
    const isDry = isLinked && isWaiting && (isAtEnd || isClose);
    this.#quietSinceMs = isDry ? (this.#quietSinceMs ?? nowMs) : null;
    this.#slowSinceMs = isWaiting && !isAtEnd && !isClose ? (this.#slowSinceMs ?? nowMs) : null;
    if (this.#slowSinceMs !== null && nowMs - this.#slowSinceMs >= SLOW_MS) this.#stalls = 0;
    if (this.#quietSinceMs === null) return false;
    if (positionMs - this.#stalledAtMs >= PLAYED_BETWEEN_MS) {
      this.#stalledAtMs = positionMs;
      this.#stalls += 1;
    }
    return this.#stalls >= STALLS || nowMs - this.#quietSinceMs >= QUIET_MS;
  }

  /** It brings us no nearer: to the live lesson, or to nothing where it ended. */
  isReached(feed: Feed, isClose: boolean, { store, media }: LessonSession): boolean {
    const { positionMs, isWaiting, isAtEnd } = feed;
    const isLinked = store.link === 'open';
    const sight = { nowMs: Date.now(), positionMs, isWaiting, isAtEnd, isClose, isLinked };
    return this.see(sight) && (media.phase === 'live' || !canBeRead(store.state?.recording));
  }
}
