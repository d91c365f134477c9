/** How large stills for the wall may be, and how often they go, on this uplink. Pure. */

export interface StillForm {
  width: number;
  mostBytes: number;
  everyMs: number;
}

/** From the best; each is a quarter of the one before, or less. */
export const STILL_FORMS: readonly StillForm[] = [
  { width: 160, mostBytes: 8_192, everyMs: 4_000 },
  { width: 96, mostBytes: 3_072, everyMs: 8_000 },
  { width: 64, mostBytes: 1_536, everyMs: 20_000 },
];

/** So much longer than the quickest: our answers, and requests for lost voice, waited behind it. */
const SLOW_MS = 900;
const QUICK_MS = 300;
/** Slow however far the server is. */
const TOO_SLOW_MS = 3_000;
/** So many quick ones in a row before the next are larger. */
const PROOF = 5;

/** `sent` after each still; `form` for the next. */
export class StillPace {
  #step = 0;
  #quick = 0;
  #leastMs = Infinity;

  get form(): StillForm {
    return STILL_FORMS[this.#step] ?? WORST;
  }

  /** It took so long; null: it did not get through. */
  sent(tookMs: number | null): void {
    this.#leastMs = Math.min(this.#leastMs, tookMs ?? Infinity);
    const moreMs = tookMs === null ? Infinity : tookMs - this.#leastMs;
    if (moreMs > SLOW_MS || (tookMs ?? 0) > TOO_SLOW_MS)
      this.#step = Math.min(STILL_FORMS.length - 1, this.#step + 1);
    this.#quick = moreMs < QUICK_MS ? this.#quick + 1 : 0;
    if (this.#quick < PROOF) return;
    this.#step = Math.max(0, this.#step - 1);
    this.#quick = 0;
  }
}

const WORST: StillForm = { width: 64, mostBytes: 1_536, everyMs: 20_000 };
