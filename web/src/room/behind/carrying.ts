/** What the link carries of what was missed: pictures and voice, the voice alone, or nothing. Pure. */

import { keepsUp } from './plan';
import { VoicePace } from './voice_pace';

/** So much came before it is judged whether it comes fast enough. */
const JUDGED_MS = 8_000;
const STALLED_MS = 4_000;

export interface CarrySight {
  nowMs: number;
  behindMs: number;
  speed: number;
  hasPicture: boolean;
  /** It waits for what is recorded already. */
  isWaiting: boolean;
  /** The server can be reached. */
  isReached: boolean;
  /** And the live path is there. */
  isLinked: boolean;
  /** Length of the segments that came, and how long that took. */
  playedMs: number;
  tookMs: number;
}

export class Carrying {
  #waitingSinceMs: number | null = null;
  #pace = new VoicePace();

  /** `voice`: pictures come too slowly. `nothing`: the voice does, too. */
  see(sight: CarrySight): 'all' | 'voice' | 'nothing' {
    const { nowMs, behindMs, isLinked } = sight;
    const isWaiting = sight.isWaiting && sight.isReached;
    if (!isWaiting) this.#waitingSinceMs = null;
    else this.#waitingSinceMs ??= nowMs;
    if (sight.hasPicture) return sight.isReached && this.#isTooMuch(sight) ? 'voice' : 'all';
    return this.#pace.see({ nowMs, behindMs, isWaiting, isLinked }) ? 'all' : 'nothing';
  }

  /** It begins anew, with less. */
  reset(): void {
    this.#waitingSinceMs = null;
    this.#pace = new VoicePace();
  }

  #isTooMuch({ nowMs, playedMs, tookMs, speed }: CarrySight): boolean {
    if (playedMs >= JUDGED_MS && !keepsUp(playedMs, tookMs, speed)) return true;
    return this.#waitingSinceMs !== null && nowMs - this.#waitingSinceMs >= STALLED_MS;
  }
}
