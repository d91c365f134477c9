import { vi } from 'vitest';

/** A browser's sockets, whose other end a test plays. */
export class PlayedSocket {
  static readonly OPEN = 1;
  static all: PlayedSocket[] = [];
  readyState = 0;
  readonly said: Record<string, unknown>[] = [];
  isClosed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {
    PlayedSocket.all.push(this);
  }

  send(text: string): void {
    this.said.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.isClosed = true;
  }

  open(): void {
    this.readyState = PlayedSocket.OPEN;
    this.onopen?.();
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  break(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

/** Sockets in place of a browser's, and a clock that stands still. */
export function playSockets(): void {
  vi.useFakeTimers();
  PlayedSocket.all = [];
  vi.stubGlobal('WebSocket', PlayedSocket);
  vi.stubGlobal('location', { protocol: 'https:', host: 'school.example' });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('removeEventListener', () => undefined);
}

/** The newest, which a page opens within `withinMs`. */
export async function nextSocket(withinMs = 0): Promise<PlayedSocket> {
  await vi.advanceTimersByTimeAsync(withinMs);
  const socket = PlayedSocket.all[PlayedSocket.all.length - 1];
  if (socket === undefined) throw new Error('no socket was opened');
  socket.open();
  return socket;
}
