import { backoffMs } from '$kit/protocol/backoff';

/** When the recording may be opened again after it closed without a live path. Pure. */
export class Reopening {
  #tries = 0;
  #notBeforeMs = 0;
  #waitsForTouch = false;

  isDue(nowMs: number): boolean {
    return !this.#waitsForTouch && nowMs >= this.#notBeforeMs;
  }

  /** `hasPlayed`: it was worth opening. `isRefused`: the browser plays no sound before a touch. */
  closed(nowMs: number, hasPlayed: boolean, isRefused: boolean): void {
    this.#tries = hasPlayed ? 0 : this.#tries + 1;
    this.#notBeforeMs = nowMs + backoffMs(this.#tries);
    this.#waitsForTouch = isRefused;
  }

  touched(): void {
    this.#waitsForTouch = false;
  }

  /** A live path was there: what comes next is another story. */
  reset(): void {
    this.#tries = 0;
    this.#notBeforeMs = 0;
  }
}
