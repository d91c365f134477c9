/** What a cap on a room's link may be: the same bounds as the server's. */

export const LEAST_KBPS = 64;
export const MOST_KBPS = 100_000;

/** Empty is no cap. */
export function isCapSound(kbps: number | null): boolean {
  if (kbps === null) return true;
  return Number.isInteger(kbps) && kbps >= LEAST_KBPS && kbps <= MOST_KBPS;
}

/** Whether the room gets the voice as small as it can be made: as `LinkPolicy.is_smallest_voice`. */
export function isSmallestVoice(kbps: number | null, isVoiceAndSlides: boolean): boolean {
  return isVoiceAndSlides && kbps === LEAST_KBPS;
}
