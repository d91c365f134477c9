import type { LessonEvent, ServerMessage } from '../protocol/schema';
import { isEvent } from './reduce';
import type { LessonState } from './state';

/**
 * What the first of two strands has brought, where a second may be ahead of it. Each strand goes on
 * without a hole from a number that we had, so what either brings next is known or the next to us.
 */
export class Strands {
  /** Said in the last hello of the first; null: it begins with a snapshot. */
  #since: number | null = null;
  /** Number of the last event that the first brought. */
  #toldSeq = 0;
  /** Of the last page turn. */
  #turnedSeq = 0;

  /** `since` of the first strand's next hello. */
  resume(state: LessonState | null): number | null {
    this.#since = state?.seq ?? null;
    this.#toldSeq = state?.seq ?? 0;
    return this.#since;
  }

  /**
   * A message of the first as it counts. A snapshot that was under way while the second was faster
   * is older than what we have: then it only resumes. A snapshot from before our hello is of a
   * server that has lost something, and counts.
   */
  first(state: LessonState | null, message: ServerMessage): ServerMessage {
    if (isEvent(message)) this.#toldSeq = Math.max(this.#toldSeq, message.seq);
    if (message.type !== 'snapshot') return message;
    const { seq, now_ms, me } = message;
    const wasAhead = state !== null && !state.hasGap && seq < state.seq;
    if (wasAhead && this.#since !== null && seq >= this.#since)
      return { type: 'resumed', seq, now_ms, me };
    this.#toldSeq = seq;
    this.#turnedSeq = 0;
    return message;
  }

  /** False: an event that we have. */
  isNews(state: LessonState | null, message: ServerMessage): boolean {
    return state === null || !isEvent(message) || message.seq > state.seq;
  }

  applied(event: LessonEvent): void {
    if (event.type === 'slide_turned') this.#turnedSeq = event.seq;
  }

  /** The pointer comes by the first alone; what it says before its page turn is of the old slide. */
  get isPointingNow(): boolean {
    return this.#toldSeq >= this.#turnedSeq;
  }
}
