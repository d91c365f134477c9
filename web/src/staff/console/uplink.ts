/** How the teacher's own link does, from what her browser reports of its sending. Pure. */

/** One look at the publisher; null where the browser does not say. */
export interface UplinkSample {
  at_ms: number;
  is_connected: boolean;
  /** Bytes of voice sent so far. */
  voice_bytes: number;
  /** Fraction of voice packets the server missed lately, 0 to 1. */
  voice_loss: number | null;
  picture_limited_by: 'none' | 'cpu' | 'bandwidth' | 'other' | null;
}

export type UplinkState = 'unknown' | 'steady' | 'slow' | 'computer_busy' | 'voice_lost';

export interface Uplink {
  state: UplinkState;
  /** When the samples first spoke for another state than the one shown; null while they agree. */
  doubted_since_ms: number | null;
  last: UplinkSample | null;
}

export const UPLINK_START: Uplink = { state: 'unknown', doubted_since_ms: null, last: null };

/** Bad news is shown after this long, good news later, so that the bar does not flicker. */
const WORSE_AFTER_MS = 4_000;
const BETTER_AFTER_MS = 10_000;
const HEAVY_VOICE_LOSS = 0.15;

const SEVERITY: Record<UplinkState, number> = {
  unknown: 0,
  steady: 0,
  computer_busy: 1,
  slow: 2,
  voice_lost: 3,
};

function readingOf(sample: UplinkSample, before: UplinkSample | null): UplinkState {
  if (!sample.is_connected) return 'voice_lost';
  if (before?.is_connected && sample.voice_bytes === before.voice_bytes) return 'voice_lost';
  if ((sample.voice_loss ?? 0) > HEAVY_VOICE_LOSS) return 'slow';
  if (sample.picture_limited_by === 'bandwidth') return 'slow';
  return sample.picture_limited_by === 'cpu' ? 'computer_busy' : 'steady';
}

/** The next state after one more sample; a change must last before it is shown. */
export function nextUplink(uplink: Uplink, sample: UplinkSample): Uplink {
  const reading = readingOf(sample, uplink.last);
  if (uplink.state === 'unknown') return { state: reading, doubted_since_ms: null, last: sample };
  if (reading === uplink.state) return { ...uplink, doubted_since_ms: null, last: sample };
  const since_ms = uplink.doubted_since_ms ?? sample.at_ms;
  const is_worse = SEVERITY[reading] > SEVERITY[uplink.state];
  const must_last_ms = is_worse ? WORSE_AFTER_MS : BETTER_AFTER_MS;
  if (sample.at_ms - since_ms < must_last_ms) {
    return { ...uplink, doubted_since_ms: since_ms, last: sample };
  }
  return { state: reading, doubted_since_ms: null, last: sample };
}
