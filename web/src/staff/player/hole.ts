/**
 * Where a seek lands before what can be shown. A segment may begin without a key frame, and a browser
 * keeps nothing of it before the next one; hls.js steps over that only in an element that plays, and
 * ours stand still until everybody has data. Pure.
 */

export type Ranges = Pick<TimeRanges, 'length' | 'start' | 'end'>;

/** Key frames are further apart only where the publisher was gone, which the playlist tells. */
const MOST_HOLE_S = 10;
/** What is being fetched may fill it. */
const STANDS_MS = 1_500;
/** So that rounding does not lead back into it. */
const BEYOND_MS = 20;

/** Where data begins after `at`, which has none; null when it has some, or none follows soon. */
export function dataAfter(ranges: Ranges, at: number): number | null {
  for (let n = 0; n < ranges.length; n += 1) {
    if (at < ranges.start(n)) return ranges.start(n) - at <= MOST_HOLE_S ? ranges.start(n) : null;
    if (at < ranges.end(n)) return null;
  }
  return null;
}

/** Fed with what a look found; says where to go on once a hole has stood for a while. */
export class StandingHole {
  #endMs: number | null = null;
  #sinceMs = 0;

  /** `endMs`: on the recording's axis; null: nobody stands in a hole. */
  see(endMs: number | null, nowMs: number): number | null {
    if (endMs === null || endMs !== this.#endMs) {
      this.#endMs = endMs;
      this.#sinceMs = nowMs;
    }
    if (this.#endMs === null || nowMs - this.#sinceMs < STANDS_MS) return null;
    const goOnMs = this.#endMs + BEYOND_MS;
    this.#endMs = null;
    return goOnMs;
  }
}
