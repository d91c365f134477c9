import type { LadderView } from '$kit/protocol/schema';

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

/** Pictures pause in both directions: what we would send takes from what we hear. */
export function isUploadPaused(told: Told | null): boolean {
  if (told === null || told.heldBy === 'setting') return false;
  return told.quality === 'audio' || told.quality === 'voice';
}
