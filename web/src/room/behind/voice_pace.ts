/** Whether a thin link takes us back to the lesson at all. Pure. */

import { NEAR_MS } from './plan';

export interface PaceSight {
  nowMs: number;
  behindMs: number;
  /** For what is recorded already. */
  isWaiting: boolean;
  /** What was missed is heard, and the live path and the server are there. */
  isLinked: boolean;
}

const LOOKED_AT_MS = 30_000;
/** At 1.2 it would be six seconds. */
const PROGRESS_MS = 1_000;
/** In a row: one bad spell of a link that carries it else is no reason to lose what was missed. */
const POOR_LOOKS = 2;
const LONG_STALL_MS = 4_000;
const LONG_STALLS = 2;
/** From there on it takes a minute; where it takes longer, what is left is not worth the live lesson. */
const NEAR_FOR_MS = 120_000;
/** Stalls longer ago say nothing of the link as it is. */
const STALLS_COUNT_MS = 60_000;

/** The voice alone, behind the lesson: it has to come nearer, or it only takes from the live one. */
export class VoicePace {
  #since: { atMs: number; behindMs: number } | null = null;
  #nearSinceMs: number | null = null;
  #poorLooks = 0;
  #waitingSinceMs: number | null = null;
  #longStallsAtMs: number[] = [];

  /** False: it does not keep up. */
  see({ nowMs, behindMs, isWaiting, isLinked }: PaceSight): boolean {
    this.#note(nowMs, isWaiting && isLinked);
    if (!isLinked) this.#since = null;
    else this.#since ??= { atMs: nowMs, behindMs };
    if (!isLinked || behindMs > NEAR_MS) this.#nearSinceMs = null;
    else this.#nearSinceMs ??= nowMs;
    if (nowMs - (this.#nearSinceMs ?? nowMs) >= NEAR_FOR_MS) return false;
    if (this.#longStallsAtMs.length > LONG_STALLS) return false;
    const since = this.#since;
    if (since === null || nowMs - since.atMs < LOOKED_AT_MS) return true;
    this.#since = { atMs: nowMs, behindMs };
    this.#poorLooks = since.behindMs - behindMs >= PROGRESS_MS ? 0 : this.#poorLooks + 1;
    return this.#poorLooks < POOR_LOOKS;
  }

  #note(nowMs: number, isWaiting: boolean): void {
    this.#longStallsAtMs = this.#longStallsAtMs.filter((atMs) => nowMs - atMs < STALLS_COUNT_MS);
    if (!isWaiting) {
      this.#waitingSinceMs = null;
      return;
    }
    this.#waitingSinceMs ??= nowMs;
    if (nowMs - this.#waitingSinceMs < LONG_STALL_MS) return;
    this.#longStallsAtMs.push(nowMs);
    this.#waitingSinceMs = Number.POSITIVE_INFINITY; // once for each
  }
}
