import { backoffMs } from './backoff';
import { pollWire, SocketWire, type Wire, type WireHandlers } from './wire';

/** What a channel does with its socket; every answer may come late or never. */
export interface SocketHandlers {
  /** The socket is open: send what greets the server. */
  opened(send: (message: object) => void): void;
  /** One message, parsed. */
  received(message: { type: string }): void;
  /** The socket is gone; it is opened again by itself. */
  lost(): void;
  /** Awaited before each try, to renew what the greeting needs; a failure counts as a failed try. */
  beforeTry?(attempt: number): Promise<void>;
}

const PING_EVERY_MS = 5_000;
const DEAD_AFTER_MS = 12_000;
/** So long without a word while the link was gone: this socket has missed something. */
const SILENT_MS = 2_000;
/** Close code of a page that leaves on purpose, so that nobody waits for it. */
const LEFT = 4_000;

/** A socket that is not open by now may be stripped on its way. */
const OPEN_WITHIN_MS = 4_000;
/** Sockets in a row that came to nothing, where one worked before: the link may be bad, not blocked. */
const DEAF_TRIES = 3;
/** Over requests so long, then twice as long each time: a socket may pass after all. */
const BETTER_AFTER_MS = 20_000;
const BETTER_MOST_MS = 300_000;

/**
 * A WebSocket that comes back: back-off with jitter, a heartbeat, and one way to end. Where the
 * network passes none, the same channel over requests, if it has a path for them.
 */
export class ReturningSocket {
  #wire: Wire | null = null;
  #isPolled = false;
  #opening: ReturnType<typeof setTimeout> | undefined;
  /** Sockets in a row on which nothing was heard. */
  #deafTries = 0;
  #hasWorked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** A socket that is tried beside requests that work; theirs ends when it has said something. */
  #better: Wire | null = null;
  #betterTimer: ReturnType<typeof setTimeout> | undefined;
  #betterMs = BETTER_AFTER_MS;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #attempt = 0;
  #closed = false;

  constructor(
    private readonly path: string,
    private readonly handlers: SocketHandlers,
    private readonly pollPath: string | null = null,
  ) {
    addEventListener('online', this.#hurry);
  }

  /** Starts, and keeps trying until `close`. */
  open(): void {
    void this.#try();
  }

  /** Messages come by requests now, for want of a WebSocket. */
  get isPolled(): boolean {
    return this.#isPolled && this.#wire?.isOpen === true;
  }

  /** Sends when open; otherwise drops the message and says so by `false`. */
  send(message: object): boolean {
    if (this.#wire?.isOpen !== true) return false;
    this.#wire.send(JSON.stringify(message));
    return true;
  }

  /** Ends for good; calling again does nothing. */
  close(): void {
    this.#closed = true;
    removeEventListener('online', this.#hurry);
    clearTimeout(this.#timer);
    this.#drop(LEFT);
  }

  /** Opens a new socket now, for example because the old one answered nonsense. */
  restart(): void {
    this.#lost();
  }

  /** The link was gone and is back: what TCP has under way may take many seconds more to come. */
  revive(): void {
    if (this.#closed || (this.#wire !== null && Date.now() - this.#heardAt < SILENT_MS)) return;
    this.#attempt = 0;
    if (this.#wire !== null) {
      this.#drop();
      this.handlers.lost();
    }
    clearTimeout(this.#timer);
    void this.#try();
  }

  readonly #hurry = (): void => {
    if (this.#wire !== null) return;
    clearTimeout(this.#timer);
    this.#attempt = 0;
    void this.#try();
  };

  async #try(): Promise<void> {
    try {
      await this.handlers.beforeTry?.(this.#attempt);
    } catch {
      this.#later();
      return;
    }
    if (this.#closed || this.#wire !== null) return;
    this.#heardAt = Date.now();
    this.#heartbeat = setInterval(this.#beat, PING_EVERY_MS);
    this.#opening = setTimeout(() => this.#lost(), OPEN_WITHIN_MS);
    this.#wire = this.#newWire();
  }

  #newWire(): Wire {
    const tries = this.#hasWorked ? DEAF_TRIES : 1;
    this.#isPolled = this.pollPath !== null && this.#deafTries >= tries;
    const isOurs = () => this.#wire === wire;
    const handlers: WireHandlers = {
      opened: () => isOurs() && this.#opened(),
      received: (text) => isOurs() && this.#received(text),
      closed: () => isOurs() && this.#lost(),
    };
    const wire: Wire = this.#isPolled
      ? pollWire(this.pollPath ?? '', handlers)
      : new SocketWire(this.path, handlers);
    return wire;
  }

  #opened(): void {
    clearTimeout(this.#opening);
    this.handlers.opened((message) => this.send(message));
    if (this.#isPolled) this.#betterLater();
  }

  #endBetter(): void {
    clearTimeout(this.#betterTimer);
    this.#better?.close();
    this.#better = null;
  }

  #betterLater(): void {
    this.#endBetter();
    this.#betterTimer = setTimeout(() => this.#tryBetter(), this.#betterMs);
    this.#betterMs = Math.min(BETTER_MOST_MS, 2 * this.#betterMs);
  }

  #tryBetter(): void {
    const isOurs = () => this.#wire === wire;
    const wire: Wire = new SocketWire(this.path, {
      opened: () => this.handlers.opened((message) => wire.send(JSON.stringify(message))),
      received: (text) => {
        // Refused (a full server, say) it would end requests that work.
        if (!isOurs() && typeOf(text) === 'failed') return this.#betterLater();
        if (!isOurs()) this.#become(wire);
        this.#received(text);
      },
      closed: () => (isOurs() ? this.#lost() : this.#betterLater()),
    });
    this.#better = wire;
    this.#betterTimer = setTimeout(() => this.#betterLater(), BETTER_AFTER_MS / 2);
  }

  #become(wire: Wire): void {
    this.#better = null;
    this.#endBetter();
    this.#wire?.close();
    this.#wire = wire;
    this.#isPolled = false;
    this.#betterMs = BETTER_AFTER_MS;
  }

  #received(text: string): void {
    this.#heardAt = Date.now();
    this.#deafTries = 0;
    this.#hasWorked ||= !this.#isPolled;
    const message: unknown = JSON.parse(text);
    if (!isMessage(message)) return;
    if (message.type !== 'failed') this.#attempt = 0;
    this.handlers.received(message);
  }

  readonly #beat = (): void => {
    if (Date.now() - this.#heardAt > DEAD_AFTER_MS) this.#lost();
    else this.send({ type: 'ping' });
  };

  #lost(): void {
    if (this.#closed) return;
    // A poll that comes to nothing gives the socket its turn again.
    this.#deafTries = this.#isPolled ? 0 : this.#deafTries + 1;
    this.#drop();
    this.handlers.lost();
    this.#later();
  }

  #drop(code?: number): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#opening);
    this.#endBetter();
    const wire = this.#wire;
    this.#wire = null;
    wire?.close(code);
  }

  #later(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#try(), backoffMs(this.#attempt));
    this.#attempt += 1;
  }
}

function isMessage(value: unknown): value is { type: string } {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
  );
}

function typeOf(text: string): string | null {
  const message: unknown = JSON.parse(text);
  return isMessage(message) ? message.type : null;
}
