/** What a publication is made of; the slot's name says what it is for. */
export type PublicationKind = 'camera' | 'screen' | 'stage';

const CAMERA_FULL_BPS = 1_800_000;
const CAMERA_HALF_BPS = 450_000;
const CAMERA_QUARTER_BPS = 120_000;
const SMALL_FULL_BPS = 600_000;
const SMALL_HALF_BPS = 150_000;
const SCREEN_BPS = 1_500_000;

/**
 * Simulcast encodings for a picture of this size, lowest first. Chromium sends a top layer of three
 * only from 960x540 up; smaller pictures get two. A screen is one layer: text must not blur.
 */
export function encodings(
  kind: PublicationKind,
  width: number,
  height: number,
): RTCRtpEncodingParameters[] {
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
