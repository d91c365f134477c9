/** What the server says of this camera: whether it is on air. Asked again and again, held there. */

import { api, ApiError } from '$kit/api';
import { backoffMs } from '$kit/protocol/backoff';
import type { ErrorBody, Tally as TallyView } from '$kit/protocol/schema';

const HELD_MS = 30_000;
/** Refusals that waiting cures; all others need another link. */
const PASSING = [0, 401, 408, 429, 500, 502, 503, 504];
/** A question that is answered at once though nothing changed. */
const LEAST_PAUSE_MS = 250;

export class Tally {
  view = $state.raw<TallyView | null>(null);
  /** Why this link opens nothing. */
  refusal = $state.raw<ErrorBody | null>(null);
  isLost = $state(false);
  #isThin = false;
  #attempt = 0;
  #isClosed = false;
  /** Another question goes out at once: what the last one said of us is not true any more. */
  #hurry: () => void = () => undefined;
  readonly #changed: (view: TallyView) => void;

  constructor(
    readonly link: string,
    changed: (view: TallyView) => void,
  ) {
    this.#changed = changed;
    void this.#ask();
  }

  /** Whether our uplink takes less than we have to send. */
  set isThin(isThin: boolean) {
    if (isThin === this.#isThin) return;
    this.#isThin = isThin;
    this.#hurry();
  }

  close(): void {
    this.#isClosed = true;
    this.#hurry();
  }

  async #ask(): Promise<void> {
    while (!this.#isClosed) {
      const hurried = new Promise<void>((resolve) => (this.#hurry = resolve));
      await Promise.race([this.#once(), hurried]);
      await new Promise((resolve) => setTimeout(resolve, LEAST_PAUSE_MS));
      if (this.refusal !== null) return;
    }
  }

  async #once(): Promise<void> {
    const asked = new URLSearchParams({ is_thin: String(this.#isThin) });
    // After a break the answer comes at once, whatever it is.
    if (this.view && !this.isLost) asked.set('seen', this.view.state);
    try {
      const path = `/api/cameras/tally?${asked.toString()}`;
      const view = await api<TallyView>(path, { grant: this.link, timeoutMs: HELD_MS });
      if (this.#isClosed) return;
      this.#attempt = 0;
      this.isLost = false;
      this.view = view;
      this.#changed(view);
    } catch (error) {
      const { status, error: body } = error as ApiError;
      if (!PASSING.includes(status)) this.refusal = body;
      else await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    this.isLost = true;
    await new Promise((resolve) => setTimeout(resolve, backoffMs(this.#attempt)));
    this.#attempt += 1;
  }
}
