/** A live path that broke with its link is back so soon after it. */
const MENDED_WITHIN_MS = 5_000;

/**
 * Whether the server is there though nothing live comes. A dead link looks the same for a while: only
 * what answers can be read. Who answers twice and still sends nothing live does so for longer than a
 * path takes that broke with its link.
 */
export class Answering {
  #isAsking = false;
  /** When the server answered first; null while it did not. */
  #answeredAtMs: number | null = null;
  #resets = 0;

  /** `ask` rejects where nobody answers. */
  constructor(private readonly ask: () => Promise<unknown>) {}

  /** Something live is there: what was answered says nothing of the next time. */
  reset(): void {
    this.#answeredAtMs = null;
    this.#resets += 1;
  }

  /** Asks if that is due. True: answered once more, long enough after the first time. */
  async knock(nowMs: number): Promise<boolean> {
    const isEarly = this.#answeredAtMs !== null && nowMs - this.#answeredAtMs < MENDED_WITHIN_MS;
    if (this.#isAsking || isEarly) return false;
    this.#isAsking = true;
    const resets = this.#resets;
    try {
      await this.ask();
      if (resets !== this.#resets) return false;
      if (this.#answeredAtMs !== null) return true;
      this.#answeredAtMs = nowMs;
    } catch {
      this.#answeredAtMs = null;
    } finally {
      this.#isAsking = false;
    }
    return false;
  }
}
