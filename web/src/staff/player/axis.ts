/** Between an element's own time and the recording's axis. Pure. */

/** Pieces of one run meet within rounding; only more than this is a hole. */
const SEAM_MS = 120;

/** A piece of a track: where it lies in the element, and when it happened. */
export interface Piece {
  /** Seconds on the element's time line. */
  startS: number;
  durationS: number;
  /** Wall time of its first sample (EXT-X-PROGRAM-DATE-TIME), null where the playlist has none. */
  wallMs: number | null;
}

/**
 * Position on the recording's axis of an element that stands at `mediaS`. Pieces carry wall time, so
 * that a hole in a track (the publisher was gone) does not shift what comes after it.
 */
export function axisAt(mediaS: number, pieces: readonly Piece[], trackStartMs: number): number {
  const first = pieces[0];
  const piece = lastBefore(pieces, ({ startS }) => startS <= mediaS);
  if (!first || first.wallMs === null || !piece || piece.wallMs === null) {
    return trackStartMs + mediaS * 1000;
  }
  return trackStartMs + (piece.wallMs - first.wallMs) + (mediaS - piece.startS) * 1000;
}

/** The element's time for a position on the axis; within a hole, the end of what precedes it. */
export function mediaAt(axisMs: number, pieces: readonly Piece[], trackStartMs: number): number {
  const first = pieces[0];
  const intoMs = Math.max(0, axisMs - trackStartMs);
  if (!first || first.wallMs === null) return intoMs / 1000;
  const wallMs = first.wallMs + intoMs;
  const piece =
    lastBefore(pieces, (candidate) => (candidate.wallMs ?? Infinity) <= wallMs) ?? first;
  const intoPieceS = (wallMs - (piece.wallMs ?? wallMs)) / 1000;
  const isLast = piece === pieces[pieces.length - 1];
  return piece.startS + (isLast ? intoPieceS : Math.min(intoPieceS, piece.durationS));
}

/** Whether the track has nothing at that position although it goes on later. */
export function isHole(axisMs: number, pieces: readonly Piece[], trackStartMs: number): boolean {
  const first = pieces[0];
  if (!first || first.wallMs === null) return false;
  const wallMs = first.wallMs + Math.max(0, axisMs - trackStartMs);
  const piece = lastBefore(pieces, (candidate) => (candidate.wallMs ?? Infinity) <= wallMs);
  if (!piece || piece === pieces[pieces.length - 1] || piece.wallMs === null) return false;
  return wallMs > piece.wallMs + piece.durationS * 1000 + SEAM_MS;
}

function lastBefore(
  pieces: readonly Piece[],
  isBefore: (piece: Piece) => boolean,
): Piece | undefined {
  let found: Piece | undefined;
  for (const piece of pieces) {
    if (!isBefore(piece)) break;
    found = piece;
  }
  return found ?? pieces[0];
}
