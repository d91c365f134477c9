/** Whether a thin link takes us back to the lesson at all. Pure. */

export interface PaceSight {
  nowMs: number;
  behindMs: number;
  /** For what is recorded already. */
  isWaiting: boolean;
  /** The live path and the server are there. */
  isLinked: boolean;
}

const LOOKED_AT_MS = 30_000;
/** At 1.2 it would be six seconds. */
const PROGRESS_MS = 1_000;
const LONG_STALL_MS = 4_000;
const LONG_STALLS = 2;

/** The voice alone, behind the lesson: it has to come nearer, or it only takes from the live one. */
export class VoicePace {
  #since: { atMs: number; behindMs: number } | null = null;
  #waitingSinceMs: number | null = null;
  #longStalls = 0;

  /** False: it does not keep up. */
  see({ nowMs, behindMs, isWaiting, isLinked }: PaceSight): boolean {
    this.#note(nowMs, isWaiting && isLinked);
    if (!isLinked) this.#since = null;
    else this.#since ??= { atMs: nowMs, behindMs };
    const since = this.#since;
    if (this.#longStalls > LONG_STALLS) return false;
    if (since === null || nowMs - since.atMs < LOOKED_AT_MS) return true;
    this.#since = { atMs: nowMs, behindMs };
    return since.behindMs - behindMs >= PROGRESS_MS;
  }

  #note(nowMs: number, isWaiting: boolean): void {
    if (!isWaiting) {
      this.#waitingSinceMs = null;
      return;
    }
    this.#waitingSinceMs ??= nowMs;
    if (nowMs - this.#waitingSinceMs < LONG_STALL_MS) return;
    this.#longStalls += 1;
    this.#waitingSinceMs = Number.POSITIVE_INFINITY; // once for each
  }
}
