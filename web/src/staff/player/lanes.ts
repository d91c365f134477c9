/** What happened when, as strips and marks on one axis. Pure. */

import type { TimelineEvent } from '$kit/protocol/schema';

export interface Span {
  from_ms: number;
  to_ms: number;
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
}

/** Pairs what begins and ends per room; what never ended lasts until `end_ms`. */
export function lanesOf(timeline: readonly TimelineEvent[], end_ms: number): Lanes {
  const events = [...timeline].sort((one, other) => one.at_ms - other.at_ms);
  return {
    stage: spansOf(events, 'stage_on', 'stage_off', end_ms),
    lost: spansOf(events, 'room_lost', 'room_back', end_ms),
    hands: events.filter(({ type }) => type === 'hand').map(({ type: _, ...mark }) => mark),
  };
}

function spansOf(
  events: readonly TimelineEvent[],
  begins: TimelineEvent['type'],
  ends: TimelineEvent['type'],
  end_ms: number,
): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, Span>();
  for (const { type, at_ms, room_id, room_name } of events) {
    const running = open.get(room_id);
    if (type === begins && !running) {
      const span = { from_ms: at_ms, to_ms: Math.max(end_ms, at_ms), room_id, room_name };
      open.set(room_id, span);
      spans.push(span);
    } else if (type === ends && running) {
      running.to_ms = at_ms;
      open.delete(room_id);
    }
  }
  return spans;
}

/** Percent of the axis, for `inset-inline-start` and `inline-size`. */
export function percent(at_ms: number, end_ms: number): number {
  if (end_ms <= 0) return 0;
  return Math.min(100, Math.max(0, (at_ms / end_ms) * 100));
}

const TICK_STEPS_MS = [10_000, 30_000, 60_000, 300_000, 600_000, 900_000, 1_800_000];

/** Round moments for the axis: at most seven and never fewer than one. */
export function axisTicks(end_ms: number): number[] {
  const step_ms = TICK_STEPS_MS.find((step) => end_ms / step <= 6) ?? 3_600_000;
  const ticks: number[] = [];
  for (let at_ms = 0; at_ms <= end_ms; at_ms += step_ms) ticks.push(at_ms);
  return ticks;
}
