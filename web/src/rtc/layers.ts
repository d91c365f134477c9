import type { SendLevel } from './send_ladder';

/** What a publication is made of; the slot's name says what it is for. */
export type PublicationKind = 'camera' | 'screen' | 'stage';

const CAMERA_FULL_BPS = 1_800_000;
const CAMERA_HALF_BPS = 450_000;
/** Beside a voice this fits into 150 kbit/s. */
const CAMERA_QUARTER_BPS = 90_000;
const SMALL_FULL_BPS = 600_000;
const SMALL_HALF_BPS = 150_000;
const SCREEN_BPS = 1_500_000;
/** Two temporal layers: the relay leaves every other picture out where a link is thin. */
const HALVES = 'L1T2';

/** As WebRTC-SVC extends it; TypeScript does not know it yet. */
export type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/**
 * Simulcast encodings for a picture of this size, lowest first. Chromium sends a top layer of three
 * only from 960x540 up; smaller pictures get two. A screen is one layer: text must not blur.
 *
 * H.264 has temporal layers only when they are asked for; VP8 has three by itself. Browsers that do
 * not know of them ignore it.
 */
export function encodings(
  kind: PublicationKind,
  width: number,
  height: number,
  isH264: boolean,
): Encoding[] {
  const spatial = sizes(kind, width, height);
  return isH264 ? spatial.map((each) => ({ ...each, scalabilityMode: HALVES })) : spatial;
}

function sizes(kind: PublicationKind, width: number, height: number): RTCRtpEncodingParameters[] {
  if (kind === 'screen') return [{ maxBitrate: SCREEN_BPS }];
  const isLarge = Math.max(width, height) >= 960 && Math.min(width, height) >= 540;
  if (!isLarge)
    return [
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: SMALL_HALF_BPS },
      { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: SMALL_FULL_BPS },
    ];
  return [
    { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: CAMERA_QUARTER_BPS },
    { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: CAMERA_HALF_BPS },
    { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: CAMERA_FULL_BPS },
  ];
}

/** Pictures for a thin uplink: half as wide and high, so that each is a packet or two. */
const SPARSE = {
  still: { maxFramerate: 1, maxBitrate: 10_000 },
  few: { maxFramerate: 4, maxBitrate: 20_000 },
};

/** The same encodings as far as a thin uplink carries them: see `send_ladder.ts`. */
export function thinned(all: readonly Encoding[], level: SendLevel): Encoding[] {
  return all.map((each, place) => {
    const isSent = level === 'all' || (level !== 'voice' && place === 0);
    const scaleResolutionDownBy = 2 * (each.scaleResolutionDownBy ?? 1);
    const sparse =
      level === 'still' || level === 'few' ? { ...SPARSE[level], scaleResolutionDownBy } : {};
    return { ...each, ...sparse, active: isSent };
  });
}
