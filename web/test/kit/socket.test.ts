import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReturningSocket } from '$kit/protocol/socket';

/** A browser's sockets, none of which ever opens, and a server that answers polls. */
class MuteSocket {
  static readonly OPEN = 1;
  static made = 0;
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() {
    MuteSocket.made += 1;
  }
  send(): void {}
  close(): void {}
}

const answer = (body: unknown) => Promise.resolve(new Response(JSON.stringify(body)));

describe('where no WebSocket passes', () => {
  const calls: string[] = [];
  const keys = new Map<string, unknown>();
  let queue: object[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    MuteSocket.made = 0;
    calls.length = 0;
    keys.clear();
    queue = [{ type: 'snapshot' }];
    vi.stubGlobal('WebSocket', MuteSocket);
    vi.stubGlobal('location', { protocol: 'https:', host: 'school.example' });
    vi.stubGlobal('addEventListener', () => undefined);
    vi.stubGlobal('removeEventListener', () => undefined);
    vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
      const body = typeof init.body === 'string' ? init.body : '';
      calls.push(`${init.method} ${path} ${body}`.trim());
      keys.set(path, init.headers);
      if (init.method === 'POST' && path === '/x/polls') return answer({ poll_id: 'p' });
      if (init.method !== 'GET') return answer({});
      if (queue.length === 0) return new Promise(() => undefined);
      const messages = queue;
      queue = [];
      return answer({ last: 1, messages, closed: null });
    });
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('the channel goes over requests within six seconds', async () => {
    const got: string[] = [];
    const socket = new ReturningSocket(
      '/x/events',
      {
        opened: (send) => send({ type: 'hello' }),
        received: (message) => got.push(message.type),
        lost: () => undefined,
      },
      '/x/polls',
    );
    socket.open();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(MuteSocket.made).toBe(1);
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
    const handlers = { opened: () => undefined, received: () => undefined, lost: () => undefined };
    const socket = new ReturningSocket('/x/events', handlers);
    socket.open();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(MuteSocket.made).toBeGreaterThan(1);
    expect(calls).toEqual([]);
    socket.close();
  });
});
