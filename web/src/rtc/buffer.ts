/** Signs of one subscription, counted since its beginning. */
export interface BufferSigns {
  atMs: number;
  /** Of the path; null where the browser doesn't tell. */
  roundTripMs: number | null;
  /** Packets that never came, of all slots. */
  lost: number;
  /** That came. */
  voicePackets: number;
  /** Samples of voice that were made up, and all. */
  concealed: number;
  samples: number;
  /** How often a picture stood still. */
  freezes: number;
}

/**
 * A room that listens may be behind and hear everything; who talks back may not. Always less than
 * from key frame to key frame (3.5 s): a browser that is late by 5 ms skips to one that it has.
 * Only `hold` goes further, while no live picture is shown.
 */
export const LISTENING = { calmMs: 400, leastMs: 600, mostMs: 2_000 };
export const TALKING = { calmMs: 200, leastMs: 300, mostMs: 300 };
/**
 * A good link that breaks down is full for a second before anybody knows. Nobody waits for it at the
 * beginning: voice is played so little slower, a look at a time, that it is not heard.
 */
export const SETTLED_MS = 1_600;
const SETTLE_MS = 40;
/** Until the round trip is known, or where it never is. */
const UNKNOWN_ROUND_TRIP_MS = 600;
/** The way there and back twice, for a repair of a repair, and the frames around it. */
const ROUND_TRIPS = 2;
const BESIDE_MS = 300;
/** A first loss would cost too much, and on ways so long it comes. */
const FAR_MS = 250;
/** Losses count for so long: nobody should notice that the buffer shrinks and grows. */
const REMEMBERED_MS = 60_000;
/** More of the voice made up in a look than this means: still too small. */
const TOO_MUCH_CONCEALED = 0.01;
const MORE_MS = 250;
/** Of the look before: nobody was muted in between. */
const FLOWING_SHARE = 0.7;
/** A look; voice is played so much faster until the buffer is as small. */
const SHRINK_MS = 50;

/**
 * How far behind a subscription plays. It grows at once, by need, and shrinks slowly: browsers play
 * a little slower or faster until it is reached, so nothing is cut.
 */
export class PlayoutBuffer {
  targetMs: number;
  #isTalking: boolean;
  #last: BufferSigns | null = null;
  #troubledAtMs = Number.NEGATIVE_INFINITY;
  #extraMs = 0;
  #heldMs = 0;
  #settledMs = 0;
  /** Of voice, in the look before. */
  #packets = 0;

  /** `isSteady`: music, which nobody should hear a little faster. */
  constructor(
    isTalking = false,
    private readonly isSteady = false,
  ) {
    this.#isTalking = isTalking;
    this.targetMs = this.#needed(null, true);
  }

  /** What the room does from now on; takes the new size at once. */
  become(isTalking: boolean): void {
    if (isTalking === this.#isTalking) return;
    this.#isTalking = isTalking;
    this.#extraMs = this.#settledMs = 0;
    const roundTripMs = this.#last?.roundTripMs ?? null;
    this.targetMs = this.#needed(roundTripMs, this.#isTroubled(this.#last?.atMs ?? 0));
  }

  /**
   * At least so large, whatever is needed: nobody hears it now. 0 lets it shrink again. Not for
   * music, which would stay so far behind, and not for who talks.
   */
  hold(ms: number): void {
    if (this.isSteady) return;
    this.#heldMs = ms;
    if (!this.#isTalking) this.targetMs = Math.max(this.targetMs, ms);
  }

  /** A new connection counts from zero, and may be by another way. */
  restart(): void {
    this.#last = null;
  }

  /** Takes one look, about once a second, and says how large the buffer should be. */
  see(signs: BufferSigns): number {
    const last = this.#last;
    this.#last = signs;
    if (last !== null) this.#note(last, signs);
    const ownMs = this.#needed(signs.roundTripMs, this.#isTroubled(signs.atMs));
    const otherMs = Math.max(this.#heldMs, this.#settle());
    const neededMs = Math.max(ownMs, this.#isTalking ? 0 : otherMs);
    const isNewsOfTheWay = last === null || (last.roundTripMs === null && signs.samples === 0);
    if (isNewsOfTheWay || neededMs > this.targetMs) this.targetMs = neededMs;
    else if (!this.isSteady) this.targetMs = Math.max(neededMs, this.targetMs - SHRINK_MS);
    return this.targetMs;
  }

  /** Where it goes by itself while voice comes. */
  #settle(): number {
    if (this.#isTalking || this.isSteady) return 0;
    const fromMs = Math.max(this.#settledMs, LISTENING.calmMs);
    if (this.#packets > 0) this.#settledMs = Math.min(fromMs + SETTLE_MS, SETTLED_MS);
    return this.#settledMs;
  }

  #note(last: BufferSigns, signs: BufferSigns): void {
    const samples = signs.samples - last.samples;
    const packets = signs.voicePackets - last.voicePackets;
    // Who was muted sends less, and that is no loss; nor is what is made up while it begins.
    const isFlowing = this.#packets > 0 && packets >= FLOWING_SHARE * this.#packets;
    this.#packets = packets;
    const madeUp = signs.concealed - last.concealed;
    const concealed = isFlowing && samples > 0 ? madeUp / samples : 0;
    const isStill = signs.freezes > last.freezes;
    if (signs.lost > last.lost || isStill || concealed > 0) this.#troubledAtMs = signs.atMs;
    else if (!this.#isTroubled(signs.atMs)) this.#extraMs = 0;
    if (concealed > TOO_MUCH_CONCEALED)
      this.#extraMs = Math.min(this.#extraMs + MORE_MS, LISTENING.mostMs);
  }

  #isTroubled(atMs: number): boolean {
    return atMs - this.#troubledAtMs <= REMEMBERED_MS;
  }

  #needed(roundTripMs: number | null, isTroubled: boolean): number {
    const { calmMs, leastMs, mostMs } = this.#isTalking ? TALKING : LISTENING;
    const wayMs = roundTripMs ?? UNKNOWN_ROUND_TRIP_MS;
    if (!isTroubled && wayMs < FAR_MS) return calmMs;
    const safeMs = ROUND_TRIPS * wayMs + BESIDE_MS + this.#extraMs;
    return Math.min(mostMs, Math.max(leastMs, Math.round(safeMs)));
  }
}
