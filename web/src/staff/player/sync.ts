/**
 * Keeps several media elements on one axis. Pure: positions and times in, orders out.
 *
 * The master clock runs on the recording's axis (ms since its start). The lead track is its
 * reference while it plays: the clock follows the lead's voice, everything else follows the clock.
 */

export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const;

/** Closer than this is left alone: a nudge would cost more than it mends. */
export const LEAVE_ALONE_MS = 20;
/** Farther than this is not worth chasing by speed: seek. */
export const SEEK_BEYOND_MS = 350;
/** The target of the player: farther apart than this is visible. */
export const TARGET_MS = 80;

/** How much faster or slower a follower may run; voice less, because it is heard. */
const MAX_NUDGE = { voice: 0.04, picture: 0.1 } as const;
/** A drift is worked off in about this long. */
const WORK_OFF_MS = 1_500;

export interface MasterClock {
  /** Position on the recording's axis when it was set. */
  position_ms: number;
  /** `performance.now()` when it was set. */
  set_at_ms: number;
  speed: number;
  is_running: boolean;
}

/** Where the clock stands at `now_ms`. */
export function positionOf(clock: MasterClock, now_ms: number): number {
  if (!clock.is_running) return clock.position_ms;
  return clock.position_ms + (now_ms - clock.set_at_ms) * clock.speed;
}

/** The same clock, told anew from `now_ms`; give only what changes. */
export function adjusted(
  clock: MasterClock,
  now_ms: number,
  change: Partial<Omit<MasterClock, 'set_at_ms'>>,
): MasterClock {
  const position_ms = change.position_ms ?? positionOf(clock, now_ms);
  return { ...clock, ...change, position_ms, set_at_ms: now_ms };
}

export interface TrackSpan {
  start_ms: number;
  duration_ms: number;
}

/** Whether a track has something to show at that position; a growing one has no end yet. */
export function covers(span: TrackSpan, position_ms: number, is_growing = false): boolean {
  if (position_ms < span.start_ms) return false;
  return is_growing || position_ms < span.start_ms + span.duration_ms;
}

/** Whether a track should be loaded: it is on, or it comes within `ahead_ms`. */
export function isNear(span: TrackSpan, position_ms: number, ahead_ms: number): boolean {
  return covers(
    { start_ms: span.start_ms - ahead_ms, duration_ms: span.duration_ms + ahead_ms },
    position_ms,
  );
}

export type Order =
  { action: 'play'; rate: number } | { action: 'seek'; to_ms: number; rate: number };

/**
 * What to tell a follower whose own position is `at_ms` on the recording's axis.
 * Behind the clock it runs a little faster, ahead a little slower, far off it seeks.
 */
export function orderFor(
  at_ms: number,
  clock_ms: number,
  speed: number,
  kind: 'voice' | 'picture',
): Order {
  const drift_ms = at_ms - clock_ms;
  const distance_ms = Math.abs(drift_ms);
  if (distance_ms > SEEK_BEYOND_MS * Math.max(1, speed)) {
    return { action: 'seek', to_ms: clock_ms, rate: speed };
  }
  if (distance_ms < LEAVE_ALONE_MS) return { action: 'play', rate: speed };
  const limit = MAX_NUDGE[kind];
  const nudge = Math.min(limit, Math.max(-limit, -drift_ms / WORK_OFF_MS));
  return { action: 'play', rate: speed * (1 + nudge) };
}

/** What one element can do at this moment. */
export interface TrackStatus {
  is_needed: boolean;
  has_data: boolean;
  is_failed: boolean;
}

/** Whether everything must wait: one needed track without data holds all of them. */
export function mustHold(tracks: readonly TrackStatus[]): boolean {
  return tracks.some((track) => track.is_needed && !track.has_data && !track.is_failed);
}

/** A position within the recording, `end_ms` exclusive by a frame so that a picture stands. */
export function clamped(position_ms: number, end_ms: number): number {
  return Math.min(Math.max(0, position_ms), Math.max(0, end_ms - 40));
}
