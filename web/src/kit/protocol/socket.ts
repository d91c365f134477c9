import { backoffMs } from './backoff';

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

/** A WebSocket that comes back: back-off with jitter, a heartbeat, and one way to end. */
export class ReturningSocket {
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #attempt = 0;
  #closed = false;

  constructor(
    private readonly path: string,
    private readonly handlers: SocketHandlers,
  ) {
    addEventListener('online', this.#hurry);
  }

  /** Starts, and keeps trying until `close`. */
  open(): void {
    void this.#try();
  }

  /** Sends when open; otherwise drops the message and says so by `false`. */
  send(message: object): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
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
    if (this.#closed || (this.#socket !== null && Date.now() - this.#heardAt < SILENT_MS)) return;
    this.#attempt = 0;
    if (this.#socket !== null) {
      this.#drop();
      this.handlers.lost();
    }
    clearTimeout(this.#timer);
    void this.#try();
  }

  readonly #hurry = (): void => {
    if (this.#socket !== null) return;
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
    if (this.#closed || this.#socket !== null) return;
    const socket = new WebSocket(absolute(this.path));
    this.#socket = socket;
    this.#heardAt = Date.now();
    this.#heartbeat = setInterval(this.#beat, PING_EVERY_MS);
    socket.onopen = () => this.handlers.opened((message) => this.send(message));
    socket.onmessage = (event) => this.#received(socket, String(event.data));
    socket.onclose = () => this.#socket === socket && this.#lost();
  }

  #received(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    this.#heardAt = Date.now();
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
    this.#drop();
    this.handlers.lost();
    this.#later();
  }

  #drop(code?: number): void {
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  #later(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#try(), backoffMs(this.#attempt));
    this.#attempt += 1;
  }
}

function absolute(path: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
}

function isMessage(value: unknown): value is { type: string } {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string'
  );
}
