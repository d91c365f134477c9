/** What of our picture goes out on a thin uplink, so that it never costs the voice. Pure. */

/**
 * From the least: the voice alone, a small picture each second, a few small ones, the small layer,
 * every layer.
 */
export const SEND_LEVELS = ['voice', 'still', 'few', 'small', 'all'] as const;
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
  still: 10_000,
  few: 30_000,
  small: 50_000,
  all: 150_000,
};

/** The lower one of two. */
export const least = (one: SendLevel, other: SendLevel): SendLevel =>
  rank(one) < rank(other) ? one : other;

const WORSE_AFTER_MS = 2_000;
const BETTER_AFTER_MS = 10_000;
/** Where the estimate promises enough, and nothing was too early lately. */
const PROMISED_AFTER_MS = 5_000;
/** To what is too much for half a second of voice, where the estimate does not promise it. */
const UNPROMISED_AFTER_MS = 60_000;
const MOST_WAIT_MS = 120_000;
const HEAVY_LOSS = 0.15;
/** A round trip that grew by so much has our own packets in it. */
const QUEUE_MS = 400;
/** With a small picture each second: so late is too late for the voice. */
const STILL_QUEUE_MS = 300;
/** A round trip with a queue takes so long; then it is a longer way. */
const TRIP_WINDOW_MS = 120_000;
const FAR_MS = 300;
/** These grow the bit rate by steps that a queue holds; what is above begins with a large picture. */
const GENTLE: readonly SendLevel[] = ['voice', 'still', 'few'];

/**
 * The level to begin with: a far browser knows after seconds only that it sends too much, and its
 * voice is in the queue until then. `before`: of the connection that broke; `roundTripMs`: if known.
 */
export function firstLevel(before: SendLevel, roundTripMs: number | null): SendLevel {
  return GENTLE.includes(before) || (roundTripMs ?? 0) >= FAR_MS ? 'still' : 'all';
}

/** Down soon, up one level after it was well for long, and later each time that was too early. */
export class SendLadder {
  #worseSinceMs: number | null = null;
  #changedMs: number | null = null;
  #raisedMs = -Infinity;
  #waitMs = BETTER_AFTER_MS;
  readonly #trip = new LeastTrip();

  constructor(public level: SendLevel = 'all') {}

  /** Takes one look; the level from now on. */
  see(sight: SendSight): SendLevel {
    const { atMs } = sight;
    this.#changedMs ??= atMs;
    const wanted = this.#wanted(sight);
    const isWorse = rank(wanted) < rank(this.level);
    if (!isWorse) this.#worseSinceMs = null;
    else this.#worseSinceMs ??= atMs;
    if (this.#worseSinceMs !== null && atMs - this.#worseSinceMs >= WORSE_AFTER_MS)
      this.#lower(wanted, atMs);
    else if (rank(wanted) > rank(this.level) && atMs - this.#changedMs >= this.#patienceMs(sight))
      this.#raise(atMs);
    return this.level;
  }

  #wanted(sight: SendSight): SendLevel {
    const { availableBps, fractionLost } = sight;
    const isStill = this.level === 'still';
    const isQueued = this.#trip.queueMs(sight) > (isStill ? STILL_QUEUE_MS : QUEUE_MS);
    const isFull = availableBps === null || fractionLost > HEAVY_LOSS || isStill;
    if (isQueued && isFull) return below(this.level);
    if (availableBps === null) return 'all';
    const fits = SEND_LEVELS.filter((level) => NEEDS_BPS[level] <= availableBps - VOICE_BPS);
    const best = fits[fits.length - 1] ?? 'voice';
    // What is not sent can't be measured: a little more than the estimate may be tried. Where some
    // is always lost it stays near the least that is sent, so that it says nothing of a still.
    const keepsStill = isStill && fractionLost <= HEAVY_LOSS;
    if (rank(best) < rank(this.level)) return keepsStill ? 'still' : best;
    return isQueued ? this.level : 'all';
  }

  /** How long it has been well before more is sent. */
  #patienceMs({ availableBps }: SendSight): number {
    const next = above(this.level);
    const spare = (availableBps ?? 0) - VOICE_BPS; // what is not told promises nothing
    if (spare >= NEEDS_BPS[next])
      return this.#waitMs === BETTER_AFTER_MS ? PROMISED_AFTER_MS : this.#waitMs;
    return GENTLE.includes(next) ? this.#waitMs : Math.max(UNPROMISED_AFTER_MS, this.#waitMs);
  }

  #lower(wanted: SendLevel, atMs: number): void {
    const wasTooEarly = atMs - this.#raisedMs < BETTER_AFTER_MS;
    this.#waitMs = wasTooEarly ? Math.min(MOST_WAIT_MS, 2 * this.#waitMs) : BETTER_AFTER_MS;
    this.level = wanted;
    this.#changedMs = atMs;
    this.#worseSinceMs = null;
  }

  #raise(atMs: number): void {
    this.level = above(this.level);
    this.#changedMs = this.#raisedMs = atMs;
  }
}

/** The shortest round trip of the last minutes, so that a way that became longer is no queue. */
class LeastTrip {
  #leastMs = Infinity;
  #latelyMs = Infinity;
  #sinceMs: number | null = null;

  /** How much longer this one is; 0 where it is not known. */
  queueMs({ atMs, roundTripMs }: SendSight): number {
    if (roundTripMs === null) return 0;
    this.#sinceMs ??= atMs;
    this.#latelyMs = Math.min(this.#latelyMs, roundTripMs);
    this.#leastMs = Math.min(this.#leastMs, roundTripMs);
    if (atMs - this.#sinceMs >= TRIP_WINDOW_MS) {
      [this.#leastMs, this.#latelyMs, this.#sinceMs] = [this.#latelyMs, roundTripMs, atMs];
    }
    return roundTripMs - this.#leastMs;
  }
}

function rank(level: SendLevel): number {
  return SEND_LEVELS.indexOf(level);
}

function below(level: SendLevel): SendLevel {
  return SEND_LEVELS[Math.max(0, rank(level) - 1)] ?? 'voice';
}

function above(level: SendLevel): SendLevel {
  return SEND_LEVELS[rank(level) + 1] ?? 'all';
}
