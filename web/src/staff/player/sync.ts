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
/** Beyond the target being together counts more than being unnoticed. */
const MAX_NUDGE_FAR = 0.25;
/** A drift is worked off in about this long. */
const WORK_OFF_MS = 1_000;

export interface MasterClock {
  /** Position on the recording's axis when it was set. */
  positionMs: number;
  /** `performance.now()` when it was set. */
  setAtMs: number;
  speed: number;
  isRunning: boolean;
}

/** Where the clock stands at `nowMs`. */
export function positionOf(clock: MasterClock, nowMs: number): number {
  if (!clock.isRunning) return clock.positionMs;
  return clock.positionMs + (nowMs - clock.setAtMs) * clock.speed;
}

/** The same clock, told anew from `nowMs`; give only what changes. */
export function adjusted(
  clock: MasterClock,
  nowMs: number,
  change: Partial<Omit<MasterClock, 'setAtMs'>>,
): MasterClock {
  const positionMs = change.positionMs ?? positionOf(clock, nowMs);
  return { ...clock, ...change, positionMs, setAtMs: nowMs };
}

export interface TrackSpan {
  start_ms: number;
  duration_ms: number;
}

/** Whether a track has something to show at that position; a growing one has no end yet. */
export function covers(span: TrackSpan, positionMs: number, isGrowing = false): boolean {
  if (positionMs < span.start_ms) return false;
  return isGrowing || positionMs < span.start_ms + span.duration_ms;
}

/** Whether a track should be loaded: it is on, or it comes within `aheadMs`. */
export function isNear(span: TrackSpan, positionMs: number, aheadMs: number): boolean {
  return covers(
    { start_ms: span.start_ms - aheadMs, duration_ms: span.duration_ms + aheadMs },
    positionMs,
  );
}

export type Order =
  { action: 'play'; rate: number } | { action: 'seek'; toMs: number; rate: number };

/**
 * What to tell a follower whose own position is `atMs` on the recording's axis.
 * Behind the clock it runs a little faster, ahead a little slower, far off it seeks.
 */
export function orderFor(
  atMs: number,
  clockMs: number,
  speed: number,
  kind: 'voice' | 'picture',
): Order {
  const driftMs = atMs - clockMs;
  const distanceMs = Math.abs(driftMs);
  if (distanceMs > SEEK_BEYOND_MS * Math.max(1, speed)) {
    return { action: 'seek', toMs: clockMs, rate: speed };
  }
  if (distanceMs < LEAVE_ALONE_MS) return { action: 'play', rate: speed };
  const limit = distanceMs > TARGET_MS ? MAX_NUDGE_FAR : MAX_NUDGE[kind];
  const nudge = Math.min(limit, Math.max(-limit, -driftMs / WORK_OFF_MS));
  return { action: 'play', rate: speed * (1 + nudge) };
}

/** What one element can do at this moment. */
export interface TrackStatus {
  isNeeded: boolean;
  hasData: boolean;
  isFailed: boolean;
}

/** Whether everything must wait: one needed track without data holds all of them. */
export function mustHold(tracks: readonly TrackStatus[]): boolean {
  return tracks.some((track) => track.isNeeded && !track.hasData && !track.isFailed);
}

/** A position within the recording, `endMs` exclusive by a frame so that a picture stands. */
export function clamped(positionMs: number, endMs: number): number {
  return Math.min(Math.max(0, positionMs), Math.max(0, endMs - 40));
}
