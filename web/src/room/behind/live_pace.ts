/** How near a room follows the live lesson by HTTP. Pure. */

import { CATCH_UP_SPEED } from './plan';

/** A part, its way to us, and a little: nearer than this it would stand still at each delay. */
const FIRST_MS = 1_600;
/** After each stall so much farther, and no farther than this. */
const STALL_MS = 400;
const MOST_MS = 6_000;
/** Without a stall for so long it comes nearer again by as much. */
const CALM_MS = 60_000;
/** It is caught up with when it is so much farther than it may be. */
const SLACK_MS = 500;
/** Near it nobody hears the other speed. */
const NEARLY_MS = 1_000;
const NEARLY_SPEED = 1.05;

export class LivePace {
  targetMs = FIRST_MS;
  #calmSinceMs: number | null = null;
  #isHurrying = false;

  /** `stalls` before it was seen. */
  constructor(private stalls: number) {}

  /** Of the player; `stalls` counts. */
  speed(nowMs: number, behindMs: number, stalls: number): number {
    this.#note(nowMs, stalls);
    if (behindMs <= this.targetMs) this.#isHurrying = false;
    else if (behindMs > this.targetMs + SLACK_MS) this.#isHurrying = true;
    if (!this.#isHurrying) return 1;
    return behindMs > this.targetMs + NEARLY_MS ? CATCH_UP_SPEED : NEARLY_SPEED;
  }

  #note(nowMs: number, stalls: number): void {
    this.#calmSinceMs ??= nowMs;
    if (stalls > this.stalls) {
      this.#calmSinceMs = nowMs;
      this.targetMs = Math.min(MOST_MS, this.targetMs + STALL_MS * (stalls - this.stalls));
    } else if (nowMs - this.#calmSinceMs >= CALM_MS) {
      this.#calmSinceMs = nowMs;
      this.targetMs = Math.max(FIRST_MS, this.targetMs - STALL_MS);
    }
    this.stalls = stalls;
  }
}
