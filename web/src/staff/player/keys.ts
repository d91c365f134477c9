/** What one key means in the player. Pure. */

export type PlayerKey =
  | { does: 'toggle' | 'note' }
  | { does: 'skip'; byMs: number }
  | { does: 'frame'; byMs: number }
  | null;

const SKIP_MS = 10_000;
/** Recordings come at up to 25 pictures a second. */
const FRAME_MS = 40;

const MEANINGS: Record<string, PlayerKey> = {
  ' ': { does: 'toggle' },
  j: { does: 'skip', byMs: -SKIP_MS },
  l: { does: 'skip', byMs: SKIP_MS },
  ',': { does: 'frame', byMs: -FRAME_MS },
  '.': { does: 'frame', byMs: FRAME_MS },
  n: { does: 'note' },
};

/** Inert while typing, with modifiers, and for Space where a control has its own use for it. */
export function playerKey(press: {
  key: string;
  hasModifier: boolean;
  isTyping: boolean;
  isOnControl: boolean;
}): PlayerKey {
  if (press.hasModifier || press.isTyping) return null;
  if (press.key === ' ' && press.isOnControl) return null;
  return MEANINGS[press.key.toLowerCase()] ?? null;
}
