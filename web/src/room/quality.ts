import type { LadderView, LinkSignal } from '$kit/protocol/schema';

/** What the room goes without, from nothing to nearly all. */
export type Quality = 'none' | 'screen' | 'lifeline' | 'audio' | 'voice';
export type HeldBy = LadderView['held_by'];

/** What the server tells of our place on the ladder. */
export interface Told {
  quality: Quality;
  heldBy: HeldBy;
}

const QUALITY: Record<LadderView['level'], Quality> = {
  voice: 'voice',
  slides: 'audio',
  low_video: 'lifeline',
  high_video: 'screen',
  screen_video: 'none',
};

/** Null while the server has said nothing. */
export function toldOf(ladder: LadderView | null | undefined): Told | null {
  if (!ladder) return null;
  const isAll = ladder.level === ladder.top;
  return { quality: isAll ? 'none' : QUALITY[ladder.level], heldBy: ladder.held_by };
}

/**
 * What slides may count on beside the lesson. Voice that was never heard cannot be lost: the teacher
 * may have no microphone, and slides come thinly then.
 */
export function linkBeside(link: LinkSignal, mayBeLost: boolean, told: Told | null): LinkSignal {
  if (link.voice === 'none' && !mayBeLost) return { ...link, voice: 'full', picture: 'none' };
  if (isUploadPaused(told)) return { ...link, picture: 'none' };
  // No picture comes because somebody decided so: that says nothing of the link.
  return told?.heldBy === 'setting' ? { ...link, picture: 'half' } : link;
}

/** Beside the recording, that comes over the same connections: the next slides come thinly. */
export function linkBesidePlayed(link: LinkSignal): LinkSignal {
  return { ...link, picture: link.picture === 'none' ? 'none' : 'half' };
}

/** Longer than Chrome waits before it repeats a picture that does not change. */
const SCREEN_PAUSED_AFTER_MS = 5_000;

/**
 * The shared screen does not come to us, and its last picture stands still. The level alone does not
 * say so: where slides go first the screen may come without the teacher.
 */
export function isScreenPaused(
  ladder: LadderView | null | undefined,
  screenSilentMs: number,
): boolean {
  if (!ladder || ladder.level === 'screen_video') return false;
  return screenSilentMs >= SCREEN_PAUSED_AFTER_MS;
}

/** Pictures pause in both directions: what we would send takes from what we hear. */
export function isUploadPaused(told: Told | null): boolean {
  if (told === null || told.heldBy === 'setting') return false;
  return told.quality === 'audio' || told.quality === 'voice';
}
