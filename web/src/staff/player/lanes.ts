/** What happened when, as strips and marks on one axis. Pure. */

import type { TimelineEvent } from '$kit/protocol/schema';

export interface Span {
  fromMs: number;
  toMs: number;
  room_id: string;
  room_name: string;
}

export interface Mark {
  at_ms: number;
  room_id: string;
  room_name: string;
}

export interface Lanes {
  stage: Span[];
  lost: Span[];
  hands: Mark[];
  /** Nothing came from the teacher. */
  gaps: Span[];
}

/** Pairs what begins and ends per room; what never ended lasts until `endMs`. */
export function lanesOf(timeline: readonly TimelineEvent[], endMs: number): Lanes {
  const events = [...timeline].sort((one, other) => one.at_ms - other.at_ms);
  return {
    stage: spansOf(events, 'stage_on', 'stage_off', endMs),
    lost: spansOf(events, 'room_lost', 'room_back', endMs),
    gaps: spansOf(events, 'lead_gone', 'lead_back', endMs),
    hands: events.filter(({ type }) => type === 'hand').map(({ type: _, ...mark }) => mark),
  };
}

function spansOf(
  events: readonly TimelineEvent[],
  begins: TimelineEvent['type'],
  ends: TimelineEvent['type'],
  endMs: number,
): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, Span>();
  for (const { type, at_ms, room_id, room_name } of events) {
    const running = open.get(room_id);
    if (type === begins && !running) {
      const span = { fromMs: at_ms, toMs: Math.max(endMs, at_ms), room_id, room_name };
      open.set(room_id, span);
      spans.push(span);
    } else if (type === ends && running) {
      running.toMs = at_ms;
      open.delete(room_id);
    }
  }
  return spans;
}

/** The gap that a position lies in. */
export function gapAt(gaps: readonly Span[], positionMs: number): Span | null {
  return gaps.find(({ fromMs, toMs }) => fromMs <= positionMs && positionMs < toMs) ?? null;
}

/** Percent of the axis, for `inset-inline-start` and `inline-size`. */
export function percent(at_ms: number, endMs: number): number {
  if (endMs <= 0) return 0;
  return Math.min(100, Math.max(0, (at_ms / endMs) * 100));
}

const TICK_STEPS_MS = [10_000, 30_000, 60_000, 300_000, 600_000, 900_000, 1_800_000];

/** Round moments for the axis: at most seven and never fewer than one. */
export function axisTicks(endMs: number): number[] {
  const stepMs = TICK_STEPS_MS.find((step) => endMs / step <= 6) ?? 3_600_000;
  const ticks: number[] = [];
  for (let at_ms = 0; at_ms <= endMs; at_ms += stepMs) ticks.push(at_ms);
  return ticks;
}
