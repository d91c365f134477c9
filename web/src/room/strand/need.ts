import { SLOTS, type Sight } from '$rtc/liveness';

/** A look at the media's path: packets that came of all slots, and those that were missed. */
export interface PathSight {
  atMs: number;
  roundTripMs: number | null;
  packets: number;
  missed: number;
}

/** A lost segment is asked for again after a round trip and more; nearer, nobody notices. */
const FAR_MS = 250;
const LOSING = 0.02;
/** So much that a connection by TCP stands still most of the time, and a second one with it. */
const LOSING_MUCH = 0.28;
const LASTS_MS = 3_000;
/** So much more is plain sooner. */
const MUCH_LASTS_MS = 2_000;
/** A round trip that grows so much waits in a queue: it is full, and a channel would fill it more. */
const QUEUE_MS = 150;
/** What has lasted for a minute is the way itself: a link moved, say to a satellite. */
const FORGETS_MS = 9;
/** A page that knows no round trip of its voice asks again so often. */
const ASKS_EVERY_MS = 100;
const GOOD_FOR_MS = 60_000;
/** Fewer in the time say nothing of losses. */
const FEWEST_PACKETS = 50;

/**
 * Whether a second strand of the lesson's events is worth its bits: the link is far and loses, by
 * what its media tell. Where these tell nothing (no media, or by TCP) it is not.
 */
export class StrandNeed {
  isNeeded = false;
  /** It loses so much that TCP is no help; for as long as a second strand is needed. */
  isSevere = false;
  #sights: PathSight[] = [];
  #badAtMs = 0;
  #leastMs = Infinity;

  /** Takes a look, about once a second. */
  see(sight: PathSight): boolean {
    const last = this.#sights[this.#sights.length - 1];
    // A new connection counts from zero.
    if (last !== undefined && sight.packets < last.packets) {
      this.#sights = [];
      this.#leastMs = Infinity;
    }
    this.#sights.push(sight);
    while (sight.atMs - (this.#sights[1]?.atMs ?? sight.atMs) >= LASTS_MS) this.#sights.shift();
    const isFull = this.#isFull(sight);
    const isMuch = !isFull && this.#loss(sight, MUCH_LASTS_MS) >= LOSING_MUCH;
    if (isMuch || this.#loss(sight, LASTS_MS) >= LOSING) {
      this.isNeeded = true;
      this.isSevere ||= isMuch;
      this.#badAtMs = sight.atMs;
    } else if (sight.atMs - this.#badAtMs >= GOOD_FOR_MS) this.isNeeded = this.isSevere = false;
    return this.isNeeded;
  }

  #isFull({ roundTripMs }: PathSight): boolean {
    this.#leastMs = Math.min(this.#leastMs + FORGETS_MS, roundTripMs ?? Infinity);
    return Math.max(...this.#sights.map((old) => old.roundTripMs ?? 0)) > this.#leastMs + QUEUE_MS;
  }

  /** Share of the packets of a far link in that time; 0 for one that is near, or tells nothing. */
  #loss(last: PathSight, lastsMs: number): number {
    const since = this.#sights.filter(({ atMs }) => last.atMs - atMs >= lastsMs);
    const first = since[since.length - 1];
    if (first === undefined) return 0;
    const isFar = this.#sights.every(({ roundTripMs }) => (roundTripMs ?? 0) >= FAR_MS);
    const packets = last.packets - first.packets;
    if (!isFar || packets < FEWEST_PACKETS) return 0;
    return (last.missed - first.missed) / packets;
  }
}

/**
 * Of what is lost most comes again and is no loss any more, so what was asked for counts, too: voice
 * is asked for many times in a round trip. Browsers that don't count that tell fewer.
 */
export function pathSight({ atMs, flows }: Sight, roundTripMs: number | null): PathSight {
  const asks = (slot: (typeof SLOTS)[number]) =>
    slot === 'voice' || slot === 'stageVoice' ? 1 + (roundTripMs ?? 0) / ASKS_EVERY_MS : 1;
  const sum = (count: (slot: (typeof SLOTS)[number]) => number) =>
    SLOTS.reduce((total, slot) => total + count(slot), 0);
  return {
    atMs,
    roundTripMs,
    packets: sum((slot) => flows[slot].packets),
    missed: sum((slot) => Math.max(flows[slot].packetsLost, flows[slot].nacks / asks(slot))),
  };
}
