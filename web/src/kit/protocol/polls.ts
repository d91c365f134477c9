import { fetchWithin } from '$kit/api';
import type { Wire, WireHandlers } from './wire';

const SAY_WITHIN_MS = 10_000;
/** Longer than the server holds a request. */
const FETCH_WITHIN_MS = 30_000;

/** The same over requests: one waits for messages, others bring ours, in their order. */
export class PollWire implements Wire {
  isOpen = false;
  #path: string;
  /** As good as a connection, so it travels in no address: those get into logs. */
  #key: string | null = null;
  #isClosed = false;
  #said: Promise<void> = Promise.resolve();

  constructor(
    path: string,
    private readonly handlers: WireHandlers,
  ) {
    this.#path = path;
    void this.#run();
  }

  send(text: string): void {
    const say = async (): Promise<void> => {
      if (!this.#isClosed) await this.#call('POST', this.#path, SAY_WITHIN_MS, text);
    };
    this.#said = this.#said.then(say).catch(() => this.#lost());
  }

  close(): void {
    const wasOpen = this.isOpen;
    this.#end();
    if (wasOpen) this.#call('DELETE', this.#path, SAY_WITHIN_MS).catch(() => undefined);
  }

  async #run(): Promise<void> {
    try {
      const opened = await this.#call('POST', this.#path, SAY_WITHIN_MS);
      const { poll_id } = (await opened.json()) as { poll_id: string };
      this.#key = poll_id;
      this.#path += '/current';
      if (this.#isClosed) return;
      this.isOpen = true;
      this.handlers.opened();
      await this.#fetchAll();
    } catch {
      this.#lost();
    }
  }

  async #fetchAll(): Promise<void> {
    let after = 0;
    while (!this.#isClosed) {
      const path = `${this.#path}?after=${after}`;
      const answer = await this.#call('GET', path, FETCH_WITHIN_MS);
      const { last, messages, closed } = (await answer.json()) as Polled;
      after = last;
      for (const message of messages)
        if (!this.#isClosed) this.handlers.received(JSON.stringify(message));
      if (closed !== null) this.#lost();
    }
  }

  async #call(method: string, path: string, withinMs: number, body?: string): Promise<Response> {
    const init: RequestInit = { method, cache: 'no-store', keepalive: method === 'DELETE' };
    if (this.#key !== null) init.headers = { Authorization: `Bearer ${this.#key}` };
    if (body !== undefined) init.body = body;
    const response = await fetchWithin(path, init, withinMs);
    if (!response.ok) throw new Error(String(response.status));
    return response;
  }

  #lost(): void {
    if (this.#isClosed) return;
    this.#end();
    this.handlers.closed();
  }

  #end(): void {
    this.isOpen = false;
    this.#isClosed = true;
  }
}

interface Polled {
  last: number;
  messages: unknown[];
  closed: unknown;
}
