import { ApiError } from '$kit/api';
import type { ErrorBody } from '$kit/protocol/schema';

/** A line on its way; with `lineId` that one anew. */
export interface Line {
  text: string;
  lang: string;
  fromMs: number;
  lineId: string | null;
}

export interface OutgoingOptions {
  /** Raises ApiError. */
  send: (line: Line) => Promise<void>;
  changed: (waiting: readonly Line[]) => void;
  /** It is not taken, and will not be. */
  refused: (line: Line, error: ErrorBody) => void;
  retryMs: number;
}

const PASSING = new Set([0, 429, 500, 502, 503, 504]);

/**
 * Lines in the order in which they were written, one at a time; what fails for now is sent again, so
 * that somebody who writes fast, or whose network is slow, only writes on.
 */
export class Outgoing {
  #waiting: Line[] = [];
  #isSending = false;
  #isClosed = false;

  constructor(private readonly options: OutgoingOptions) {}

  add(line: Line): void {
    this.#waiting.push(line);
    this.#tell();
    if (!this.#isSending) void this.#sendAll();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let line = this.#waiting[0]; line && !this.#isClosed; line = this.#waiting[0]) {
      const error = await this.#try(line);
      if (error !== null && PASSING.has(error.status)) {
        await new Promise((resolve) => setTimeout(resolve, this.options.retryMs));
        continue;
      }
      this.#waiting.shift();
      this.#tell();
      if (error !== null) this.options.refused(line, error.error);
    }
    this.#isSending = false;
  }

  async #try(line: Line): Promise<ApiError | null> {
    try {
      await this.options.send(line);
      return null;
    } catch (caught) {
      if (caught instanceof ApiError) return caught;
      throw caught;
    }
  }

  #tell(): void {
    this.options.changed([...this.#waiting]);
  }
}
