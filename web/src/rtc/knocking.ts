import { answerHearers, fetchWithin } from '$kit/api';

const EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 4_000;

/** TCP tries eight times in these; Chrome makes a page wait that opens sockets in vain more often. */
const CALL_EVERY_MS = 12_000;

/**
 * Asks the server for a sign of life. What was sent into a dead link waits for TCP to try again, many
 * seconds after the link is back, so requests are fresh ones: by HTTP once a second, and now and then
 * by a WebSocket; any answer to anybody counts. A browser keeps six connections to a host, and after
 * a cut of some seconds all six are waiting for TCP, whatever becomes of their requests; only a socket
 * that is closed gives its connection up, and the next one begins anew.
 */
export class Knocking {
  #timer: ReturnType<typeof setInterval> | undefined;
  #calls: ReturnType<typeof setInterval> | undefined;
  #socket: WebSocket | null = null;
  #hear: (() => void) | null = null;

  /** Calls `answered` once, when any answer comes; knocking already, it goes on. */
  start(answered: () => void): void {
    if (this.#timer !== undefined) return;
    const timer = setInterval(() => void knock(), EVERY_MS);
    this.#timer = timer;
    const done = (): void => {
      if (this.#timer !== timer) return;
      this.stop();
      answered();
    };
    // Others ask, too, and the first connection that is there again may be theirs.
    this.#hear = done;
    answerHearers.add(done);
    const asked: RequestInit = { method: 'HEAD', cache: 'no-store' };
    const knock = (): Promise<unknown> =>
      fetchWithin('/healthz', asked, ANSWER_WITHIN_MS).catch(() => undefined);
    void knock();
    this.#call(done);
    this.#calls = setInterval(() => this.#call(done), CALL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearInterval(this.#calls);
    this.#timer = undefined;
    if (this.#hear !== null) answerHearers.delete(this.#hear);
    this.#hangUp();
  }

  #call(done: () => void): void {
    this.#hangUp();
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/healthz`);
    socket.onopen = done;
    this.#socket = socket;
  }

  #hangUp(): void {
    if (this.#socket === null) return;
    this.#socket.onopen = null;
    this.#socket.close();
    this.#socket = null;
  }
}
