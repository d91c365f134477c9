import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReturningSocket } from '$kit/protocol/socket';

/** A browser's sockets, none of which opens by itself, and a server that answers polls. */
class MuteSocket {
  static readonly OPEN = 1;
  static readonly all: MuteSocket[] = [];
  readonly said: string[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() {
    MuteSocket.all.push(this);
  }
  send(text: string): void {
    this.said.push(text);
  }
  close(): void {}
}

const PONG = { last: 1, messages: [{ type: 'pong' }], closed: null };
const answer = (body: unknown) => Promise.resolve(new Response(JSON.stringify(body)));
const made = () => MuteSocket.all.length;

const calls: string[] = [];
const keys = new Map<string, unknown>();
const got: string[] = [];
const lost = vi.fn();
let queue: object[] = [];
let pong: ((response: Promise<Response>) => void) | null = null;

function serve(path: string, init: RequestInit): Promise<Response> {
  const body = typeof init.body === 'string' ? init.body : '';
  calls.push(`${init.method} ${path} ${body}`.trim());
  keys.set(path, init.headers);
  if (init.method === 'POST' && path === '/x/polls') return answer({ poll_id: 'p' });
  if (body.includes('"ping"')) pong?.(answer(PONG));
  if (init.method !== 'GET') return answer({});
  if (queue.length === 0) return new Promise((resolve) => (pong = resolve));
  const messages = queue;
  queue = [];
  return answer({ last: 1, messages, closed: null });
}

beforeEach(() => {
  vi.useFakeTimers();
  for (const seen of [MuteSocket.all, calls, got]) seen.length = 0;
  keys.clear();
  lost.mockClear();
  queue = [{ type: 'snapshot' }];
  vi.stubGlobal('WebSocket', MuteSocket);
  vi.stubGlobal('location', { protocol: 'https:', host: 'school.example' });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('removeEventListener', () => undefined);
  vi.stubGlobal('fetch', serve);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Opened, and left for six seconds: the part for requests is fetched in them. */
async function openedFor6s(pollPath: string | null): Promise<ReturningSocket> {
  const handlers = {
    opened: (send: (message: object) => void) => send({ type: 'hello' }),
    received: (message: { type: string }) => got.push(message.type),
    lost,
  };
  const socket = new ReturningSocket('/x/events', handlers, pollPath);
  socket.open();
  await vi.advanceTimersByTimeAsync(5_500);
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(500);
  return socket;
}

describe('where no WebSocket passes', () => {
  it('the channel goes over requests within six seconds', async () => {
    const socket = await openedFor6s('/x/polls');
    expect(made()).toBe(1);
    expect(got).toEqual(['snapshot']);
    expect(socket.isPolled).toBe(true);
    expect(calls).toContain('POST /x/polls/current {"type":"hello"}');
    expect(calls).toContain('GET /x/polls/current?after=1');
    expect(keys.get('/x/polls')).toBeUndefined();
    expect(keys.get('/x/polls/current')).toEqual({ Authorization: 'Bearer p' });
    expect(calls.join(' ')).not.toContain('polls/p');
    socket.close();
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toContain('DELETE /x/polls/current');
  });

  it('a channel without a path for polls keeps trying sockets', async () => {
    const socket = await openedFor6s(null);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(made()).toBeGreaterThan(1);
    expect(calls).toEqual([]);
    socket.close();
  });

  it('sockets are tried ever more seldom beside the requests', async () => {
    const socket = await openedFor6s('/x/polls');
    const before = made();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made()).toBeGreaterThan(before);
    await vi.advanceTimersByTimeAsync(180_000);
    expect(made() - before).toBeLessThan(6);
    expect(socket.isPolled).toBe(true);
    socket.close();
    const last = made();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(made()).toBe(last);
  });
});

describe('where a WebSocket passes after all', () => {
  it('one that is refused ends no requests that work', async () => {
    const socket = await openedFor6s('/x/polls');
    lost.mockClear();
    await vi.advanceTimersByTimeAsync(19_900);
    const better = MuteSocket.all[1];
    better?.onmessage?.({ data: '{"type":"failed","request_id":null}' });
    await vi.advanceTimersByTimeAsync(10);
    expect(made()).toBe(2);
    expect(socket.isPolled).toBe(true);
    expect(got).not.toContain('failed');
    expect(calls).not.toContain('DELETE /x/polls/current');
    expect(lost).not.toHaveBeenCalled();
    socket.close();
  });

  it('it takes over once it has spoken, and the requests end', async () => {
    const socket = await openedFor6s('/x/polls');
    lost.mockClear();
    await vi.advanceTimersByTimeAsync(19_900);
    expect(made()).toBe(2);
    const better = MuteSocket.all[1];
    if (better === undefined) throw new Error('none was tried');
    better.readyState = MuteSocket.OPEN;
    better.onopen?.();
    expect(better.said).toEqual(['{"type":"hello"}']);
    expect(socket.isPolled).toBe(true);
    better.onmessage?.({ data: '{"type":"resumed"}' });
    await vi.advanceTimersByTimeAsync(10);
    expect(got.filter((type) => type !== 'pong')).toEqual(['snapshot', 'resumed']);
    expect(socket.isPolled).toBe(false);
    expect(calls).toContain('DELETE /x/polls/current');
    expect(lost).not.toHaveBeenCalled();
    expect(socket.send({ type: 'ping' })).toBe(true);
    expect(better.said.pop()).toBe('{"type":"ping"}');
    socket.close();
  });
});
