import type { WatchBeat } from '$kit/protocol/schema';

/** Nearer than this to what happens now counts as live: a broadcast is some seconds behind. */
export const LIVE_LIMIT_MS = 12_000;

/** How far a play position lies behind now; never negative. */
export function behindMs(nowMs: number, positionMs: number): number {
  return Math.max(0, nowMs - positionMs);
}

/** What the place of the picture says while there is nothing to play. */
export type Standing = 'wait' | 'soon' | 'over' | 'plays';

export function standingOf(beat: WatchBeat | null, hadPlaylist: boolean): Standing {
  if (beat === null || beat.state === 'scheduled') return 'wait';
  if (beat.state === 'ended') return 'over';
  return beat.playlist !== null || hadPlaylist ? 'plays' : 'soon';
}
