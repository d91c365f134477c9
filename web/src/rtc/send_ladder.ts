/** What of our picture goes out on a thin uplink, so that it never costs the voice. Pure. */

/** From the least: the voice alone, a picture each second, the small layer, every layer. */
export const SEND_LEVELS = ['voice', 'still', 'small', 'all'] as const;
export type SendLevel = (typeof SEND_LEVELS)[number];

/** One look at a publication. */
export interface SendSight {
  atMs: number;
  /** What the browser believes its uplink takes, from the server's feedback; null: not told. */
  availableBps: number | null;
  /** Of what we sent, by the server's report; 0 to 1. */
  fractionLost: number;
  roundTripMs: number | null;
}

/** Voice with its headers, and a little for answers to what we hear. */
export const VOICE_BPS = 64_000;
/** What each level needs beside the voice. */
const NEEDS_BPS: Record<SendLevel, number> = {
  voice: 0,
  still: 16_000,
  small: 50_000,
  all: 150_000,
};

const WORSE_AFTER_MS = 2_000;
const BETTER_AFTER_MS = 10_000;
const MOST_WAIT_MS = 120_000;
const HEAVY_LOSS = 0.15;
/** A round trip that grew by so much has our own packets in it. */
const QUEUE_MS = 400;

/** Down soon, up one level after it was well for long, and later each time that was too early. */
export class SendLadder {
  level: SendLevel = 'all';
  #worseSinceMs: number | null = null;
  #changedMs = 0;
  #raisedMs = -Infinity;
  #waitMs = BETTER_AFTER_MS;
  #leastTripMs = Infinity;

  /** Takes one look; the level from now on. */
  see(sight: SendSight): SendLevel {
    const wanted = this.#wanted(sight);
    const isWorse = rank(wanted) < rank(this.level);
    if (!isWorse) this.#worseSinceMs = null;
    else this.#worseSinceMs ??= sight.atMs;
    if (this.#worseSinceMs !== null && sight.atMs - this.#worseSinceMs >= WORSE_AFTER_MS)
      this.#lower(wanted, sight.atMs);
    else if (rank(wanted) > rank(this.level) && sight.atMs - this.#changedMs >= this.#waitMs)
      this.#raise(sight.atMs);
    return this.level;
  }

  #wanted({ availableBps, fractionLost, roundTripMs }: SendSight): SendLevel {
    if (roundTripMs !== null) this.#leastTripMs = Math.min(this.#leastTripMs, roundTripMs);
    const queueMs = roundTripMs === null ? 0 : roundTripMs - this.#leastTripMs;
    if (fractionLost > HEAVY_LOSS && queueMs > QUEUE_MS) return below(this.level);
    if (availableBps === null) return queueMs > QUEUE_MS ? below(this.level) : 'all';
    const spare = availableBps - VOICE_BPS;
    // What is not sent can't be measured: a little more than the estimate may be tried.
    const fits = SEND_LEVELS.filter((level) => NEEDS_BPS[level] <= spare);
    const best = fits[fits.length - 1] ?? 'voice';
    return rank(best) >= rank(this.level) && queueMs <= QUEUE_MS ? 'all' : best;
  }

  #lower(wanted: SendLevel, atMs: number): void {
    const wasTooEarly = atMs - this.#raisedMs < BETTER_AFTER_MS;
    this.#waitMs = wasTooEarly ? Math.min(MOST_WAIT_MS, 2 * this.#waitMs) : BETTER_AFTER_MS;
    this.level = wanted;
    this.#changedMs = atMs;
    this.#worseSinceMs = null;
  }

  #raise(atMs: number): void {
    this.level = SEND_LEVELS[rank(this.level) + 1] ?? 'all';
    this.#changedMs = this.#raisedMs = atMs;
  }
}

function rank(level: SendLevel): number {
  return SEND_LEVELS.indexOf(level);
}

function below(level: SendLevel): SendLevel {
  return SEND_LEVELS[Math.max(0, rank(level) - 1)] ?? 'voice';
}
