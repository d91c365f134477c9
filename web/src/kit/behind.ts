import type { BehindView } from './protocol/schema';

/** How far behind a room is at `nowMs` (server's clock), counted on from what was told. */
export function behindMs({ ms, at_ms, speed }: BehindView, nowMs: number): number {
  return Math.max(0, ms + Math.max(0, nowMs - at_ms) * (1 - speed));
}
