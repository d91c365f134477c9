/** A stretch of a playlist without a hole: its dates, and where it begins in the element. */
export interface Span {
  fromMs: number;
  toMs: number;
  startS: number;
}

/** What a player knows of a segment. */
export interface Dated {
  programDateTime: number | null;
  start: number;
  duration: number;
}

/** Dates of two segments may be a little apart and mean the same. */
const HOLE_MS = 500;

export function spansOf(segments: readonly Dated[]): Span[] {
  const spans: Span[] = [];
  for (const { programDateTime: fromMs, start, duration } of segments) {
    if (fromMs === null) continue;
    const last = spans[spans.length - 1];
    const toMs = fromMs + duration * 1_000;
    if (last !== undefined && Math.abs(fromMs - last.toMs) < HOLE_MS) last.toMs = toMs;
    else spans.push({ fromMs, toMs, startS: start });
  }
  return spans;
}

/** The stretch that a moment lies in; null in a hole. */
export function spanAt(spans: readonly Span[], ms: number): Span | null {
  return spans.find(({ fromMs, toMs }) => fromMs <= ms && ms < toMs) ?? null;
}
