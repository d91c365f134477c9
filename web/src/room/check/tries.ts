/** Which check a page makes by itself now, and how often it tries. Pure. */

import type { CheckSlot } from '$kit/protocol/schema';

export const AGAIN_AFTER_MS = 150_000;
export const MOST_TRIES = 3;

/** Each slot once, and again a little later while it is refused. One that is spent hides no other. */
export class Tries {
  readonly #tried = new Map<string, { times: number; atMs: number }>();

  /** The first slot that may be tried now, counted as tried; null: none. */
  next(due: readonly Pick<CheckSlot, 'slot'>[], nowMs: number): string | null {
    for (const { slot } of due) {
      const { times, atMs } = this.#tried.get(slot) ?? { times: 0, atMs: -Infinity };
      if (times >= MOST_TRIES || nowMs - atMs < AGAIN_AFTER_MS) continue;
      this.#tried.set(slot, { times: times + 1, atMs: nowMs });
      return slot;
    }
    return null;
  }

  /** It needs no further try. */
  done(slot: string): void {
    this.#tried.set(slot, { times: MOST_TRIES, atMs: 0 });
  }
}
