/** Which of the teacher's pictures a room takes that follows her by HTTP. Pure. */

/** A part that took more of its own length than this to come: the link carries it only just. */
const HARD = 0.8;
/** And less than this: it may carry the next larger one. */
const EASY = 0.3;
const HARD_IN_A_ROW = 2;
/** So long all was easy before the next larger one is tried; after each try that failed twice so long. */
const FIRST_HOLD_MS = 4_000;
const MOST_HOLD_MS = 120_000;
/** A try that was held for so long is not counted as failed any more. */
const HELD_MS = 20_000;

export class Rungs {
  at: number;
  #hardInARow = 0;
  #easySinceMs: number | null = null;
  #holdMs = FIRST_HOLD_MS;
  #climbedAtMs = Number.NEGATIVE_INFINITY;

  /** `count`: how many pictures there are; the smallest first. */
  constructor(
    private readonly count: number,
    fromTop = false,
  ) {
    this.at = fromTop ? count - 1 : 0;
  }

  /** A part of `lengthMs` took so long to come. True: another picture is to be taken. */
  came(nowMs: number, lengthMs: number, tookMs: number): boolean {
    const share = tookMs / Math.max(1, lengthMs);
    this.#hardInARow = share > HARD ? this.#hardInARow + 1 : 0;
    if (share > EASY) this.#easySinceMs = null;
    else this.#easySinceMs ??= nowMs;
    if (this.#hardInARow >= HARD_IN_A_ROW) return this.#down(nowMs);
    if (this.#easySinceMs === null || nowMs - this.#easySinceMs < this.#holdMs) return false;
    return this.#up(nowMs);
  }

  /** It stood still for want of data. */
  stalled(nowMs: number): boolean {
    return this.#down(nowMs);
  }

  #down(nowMs: number): boolean {
    this.#hardInARow = 0;
    this.#easySinceMs = null;
    if (nowMs - this.#climbedAtMs < HELD_MS)
      this.#holdMs = Math.min(MOST_HOLD_MS, 2 * this.#holdMs);
    if (this.at === 0) return false;
    this.at -= 1;
    return true;
  }

  #up(nowMs: number): boolean {
    this.#easySinceMs = null;
    if (this.at + 1 >= this.count) return false;
    this.#climbedAtMs = nowMs;
    this.at += 1;
    return true;
  }
}
