import type { LinkSignal } from '../protocol/schema';
import type { Size } from './order';

export const FIRST_PIECE_BYTES = 8 * 1024;
const LEAST_PIECE_BYTES = 4 * 1024;
const SOON_MS = 700;
const LATE_MS = 900;

/**
 * How large the next piece may be, by how long the last one took: a piece comes in one burst, and waits
 * in the queue of a thin link in front of the voice.
 */
export function nextPieceBytes(bytes: number, tookMs: number): number {
  if (tookMs < SOON_MS) return 2 * bytes;
  return tookMs > LATE_MS ? Math.max(LEAST_PIECE_BYTES, bytes / 2) : bytes;
}

/** How slides are fetched now: pieces of a file, and a rest after each. */
export interface Pace {
  /** The most. */
  pieceBytes: number;
  restMs: number;
  /** The largest size worth its bytes; null: as sharp as the screen. */
  size: Size | null;
}

const WELL: Pace = { pieceBytes: 128 * 1024, restMs: 0, size: null };
/** About 32 kbit/s. */
const REDUCED: Pace = { pieceBytes: 8 * 1024, restMs: 2_000, size: null };
/** About 16 kbit/s: beside a voice on 64 kbit/s. */
const THIN: Pace = { pieceBytes: 4 * 1024, restMs: 2_000, size: 'small' };
/** For the slide that everybody looks at, half of such a link. */
const THIN_SHOWN: Pace = { pieceBytes: 8 * 1024, restMs: 1_000, size: 'small' };

/**
 * Voice first: what else may be fetched beside it. `link` is what reaches this page (null: nothing is
 * due yet); null means nothing may be fetched.
 */
export function paceOf(link: LinkSignal | null, isShown: boolean): Pace | null {
  if (link === null) return WELL;
  if (link.voice === 'none') return null;
  if (link.voice === 'half') return isShown ? THIN : null;
  if (link.picture === 'none') return isShown ? THIN_SHOWN : THIN;
  return link.picture === 'half' && !isShown ? REDUCED : WELL;
}
