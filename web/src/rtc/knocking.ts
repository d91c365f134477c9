import { fetchWithin } from '$kit/api';

const EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 4_000;

/**
 * Asks the server for a sign of life, once a second. What was sent into a dead link waits for TCP to
 * try again, many seconds after the link is back; a fresh request finds it at once.
 */
export class Knocking {
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Calls `answered` once, when any answer comes; knocking already, it goes on. */
  start(answered: () => void): void {
    if (this.#timer !== undefined) return;
    const timer = setInterval(() => void knock(), EVERY_MS);
    this.#timer = timer;
    const knock = async (): Promise<void> => {
      try {
        await fetchWithin('/healthz', { method: 'HEAD', cache: 'no-store' }, ANSWER_WITHIN_MS);
      } catch {
        return;
      }
      if (this.#timer !== timer) return;
      this.stop();
      answered();
    };
    void knock();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
