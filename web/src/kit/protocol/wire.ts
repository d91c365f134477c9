import { importUntilHere } from '../lazy';

/** What carries a channel's texts: a WebSocket, or requests that play one. */
export interface Wire {
  readonly isOpen: boolean;
  send(text: string): void;
  close(code?: number): void;
}

export interface WireHandlers {
  opened(): void;
  received(text: string): void;
  /** The other end is gone; never after `close`. */
  closed(): void;
}

export class SocketWire implements Wire {
  readonly #socket: WebSocket;

  constructor(path: string, handlers: WireHandlers) {
    const socket = new WebSocket(absolute(path));
    this.#socket = socket;
    socket.onopen = () => handlers.opened();
    socket.onmessage = (event) => handlers.received(String(event.data));
    socket.onclose = () => handlers.closed();
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code?: number): void {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }
}

/** Requests that play a socket. Hardly a network needs them, so their part is fetched when it is. */
export function pollWire(path: string, handlers: WireHandlers): Wire {
  let isClosed = false;
  let wire: Wire | null = null;
  void importUntilHere<typeof import('./polls')>({
    first: () => import('./polls'),
    anew: (url) => import(/* @vite-ignore */ url) as Promise<typeof import('./polls')>,
    isOver: () => isClosed,
  }).then((parts) => {
    if (parts !== null && !isClosed) wire = new parts.PollWire(path, handlers);
  });
  return {
    get isOpen() {
      return wire?.isOpen === true;
    },
    send: (text) => wire?.send(text),
    close: () => {
      isClosed = true;
      wire?.close();
    },
  };
}

function absolute(path: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
}
