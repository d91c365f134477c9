/** How fast media came, and which burst to ask for next. Pure. */

/** One look at a connection: how many bytes it has carried. */
export interface Look {
  atMs: number;
  bytes: number;
}

/** A burst that was asked for, and the rate at which packets came meanwhile. */
export interface Burst {
  askedBps: number;
  arrivedBps: number;
}

/** The last one is more than the highest level of a lesson needs. */
const RATES_BPS = [150_000, 350_000, 800_000, 1_600_000, 2_000_000];
/** Less of a burst came in its time: the link is full. */
const ARRIVED_SHARE = 0.7;
/** The first may have been bad luck. */
const MOST_FAILED = 2;

/** The highest rate over any stretch of at least `overMs`; 0 where nothing is that long. */
export function bestRateBps(looks: readonly Look[], overMs: number): number {
  let best = 0;
  let from = 0;
  for (const look of looks) {
    while (from + 1 < looks.length && atOf(looks, from + 1) <= look.atMs - overMs) from += 1;
    const first = looks[from];
    if (first === undefined || look.atMs - first.atMs < overMs) continue;
    best = Math.max(best, ((look.bytes - first.bytes) * 8_000) / (look.atMs - first.atMs));
  }
  return Math.round(best);
}

function atOf(looks: readonly Look[], place: number): number {
  return looks[place]?.atMs ?? Infinity;
}

/** From small to large, until one does not come through twice; null: enough is known. */
export function nextBurstBps(bursts: readonly Burst[], mostBps: number): number | null {
  const last = bursts[bursts.length - 1];
  const failed = bursts.filter(({ askedBps, arrivedBps }) => arrivedBps < ARRIVED_SHARE * askedBps);
  if (failed.length >= MOST_FAILED) return null;
  if (last !== undefined && last === failed[0]) return last.askedBps;
  const next = RATES_BPS.find((rate) => rate > (last?.askedBps ?? 0)) ?? null;
  if (next === null || next <= mostBps) return next;
  return mostBps > (last?.askedBps ?? 0) ? mostBps : null;
}

/** What the link carried at its best; null where nothing was seen. */
export function downBps(bursts: readonly Burst[], steadyBps: number): number | null {
  const best = Math.max(steadyBps, ...bursts.map((burst) => burst.arrivedBps));
  return best > 0 ? best : null;
}
