/** How the teacher's own link does, from what her browser reports of its sending. Pure. */

/** One look at the publication of voice and camera. */
export interface UplinkSample {
  atMs: number;
  isConnected: boolean;
  bitrateBps: number;
  /** Part of the packets that the server missed lately, 0 to 1. */
  fractionLost: number;
  limitedBy: 'none' | 'cpu' | 'bandwidth' | 'other';
}

export type UplinkState = 'unknown' | 'steady' | 'slow' | 'computer_busy' | 'voice_lost';

export interface Uplink {
  state: UplinkState;
  /** When the samples first spoke for another state than the one shown; null while they agree. */
  doubtedSinceMs: number | null;
}

export const UPLINK_START: Uplink = { state: 'unknown', doubtedSinceMs: null };

/** Bad news is shown after this long, good news later, so that the bar does not flicker. */
const WORSE_AFTER_MS = 4_000;
const BETTER_AFTER_MS = 10_000;
const HEAVY_LOSS = 0.15;

const SEVERITY: Record<UplinkState, number> = {
  unknown: 0,
  steady: 0,
  computer_busy: 1,
  slow: 2,
  voice_lost: 3,
};

function readingOf(sample: UplinkSample): UplinkState {
  if (!sample.isConnected || sample.bitrateBps <= 0) return 'voice_lost';
  if (sample.fractionLost > HEAVY_LOSS || sample.limitedBy === 'bandwidth') return 'slow';
  return sample.limitedBy === 'cpu' ? 'computer_busy' : 'steady';
}

/** The next state after one more sample; a change must last before it is shown. */
export function nextUplink(uplink: Uplink, sample: UplinkSample): Uplink {
  const reading = readingOf(sample);
  if (reading === uplink.state) return { state: reading, doubtedSinceMs: null };
  if (uplink.state === 'unknown' && reading === 'steady') {
    return { state: reading, doubtedSinceMs: null };
  }
  const sinceMs = uplink.doubtedSinceMs ?? sample.atMs;
  const isWorse = SEVERITY[reading] > SEVERITY[uplink.state];
  const mustLastMs = isWorse ? WORSE_AFTER_MS : BETTER_AFTER_MS;
  if (sample.atMs - sinceMs < mustLastMs) return { ...uplink, doubtedSinceMs: sinceMs };
  return { state: reading, doubtedSinceMs: null };
}
