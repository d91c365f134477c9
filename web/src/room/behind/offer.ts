/** What was missed and is offered: how long the offer stands, and what of it is played. Pure. */

import { OFFERED_MS, type Span } from './plan';

/** In the strip's place; then it is small, and the strip says how the link is. */
const LARGE_MS = 60_000;
/** How long it says where it went. */
const PAST_MS = 10_000;
/** Where less was heard live between two gaps, it is heard again: passing over it takes a moment. */
const WORTH_PASSING_MS = 10_000;
/** What was heard live lay so far behind. */
const LIVE_LAG_MS = 2_000;

export type Standing = 'large' | 'small' | 'past' | 'over';

/** All times are the server's wall clock. */
export class Offer {
  readonly #gaps: Span[];
  /** Heard live since the first gap. */
  #heard: Span[] = [];
  #passedToMs = 0;

  constructor(gap: Span) {
    this.#gaps = [gap];
  }

  /** Cut off once more before somebody chose. */
  missed(gap: Span): void {
    this.#gaps.push(gap);
  }

  /** As long as what was missed is worth hearing before the lesson is over, and a minute at least. */
  standing(nowMs: number): Standing {
    const sinceMs = nowMs - this.#last.endMs;
    if (sinceMs < LARGE_MS) return 'large';
    const standsMs = Math.max(LARGE_MS, OFFERED_MS - (this.#last.endMs - this.#first.startMs));
    if (sinceMs < standsMs) return 'small';
    return sinceMs < standsMs + PAST_MS ? 'past' : 'over';
  }

  /** What was heard live is not played: however late it is taken, being level takes the same time. */
  taken(nowMs: number): void {
    const starts = [...this.#gaps.slice(1).map(({ startMs }) => startMs), nowMs];
    this.#heard = this.#gaps
      .map(({ endMs }, n) => ({ startMs: endMs, endMs: (starts[n] ?? nowMs) - LIVE_LAG_MS }))
      .filter(({ startMs, endMs }) => endMs - startMs >= WORTH_PASSING_MS);
  }

  /** Where it goes on, once for each time it comes to what was heard live; else null. */
  passOver(positionMs: number): number | null {
    const heard = this.#heard.find(
      ({ startMs, endMs }) => startMs <= positionMs && positionMs < endMs,
    );
    if (heard === undefined || heard.endMs <= this.#passedToMs) return null;
    this.#passedToMs = heard.endMs;
    return heard.endMs;
  }

  /** How much of what lies ahead is not played. */
  unplayedMs(positionMs: number): number {
    let sum = 0;
    for (const { startMs, endMs } of this.#heard)
      sum += Math.max(0, endMs - Math.max(startMs, positionMs));
    return sum;
  }

  get #first(): Span {
    return this.#gaps[0] as Span;
  }

  get #last(): Span {
    return this.#gaps[this.#gaps.length - 1] as Span;
  }
}
