import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchWithin } from '../../src/kit/api';
import { Knocking } from '../../src/rtc/knocking';

class FakeSocket {
  static all: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  isClosed = false;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  close(): void {
    this.isClosed = true;
  }
}

const stuck = (_: string, { signal }: RequestInit): Promise<Response> =>
  new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error())));

describe('knocking at a server behind a dead link', () => {
  const answered = vi.fn();
  let knocking: Knocking;

  beforeEach(() => {
    vi.useFakeTimers();
    answered.mockReset();
    FakeSocket.all = [];
    knocking = new Knocking();
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('location', { origin: 'https://school.test' });
    vi.stubGlobal('fetch', vi.fn(stuck));
  });
  afterEach(() => {
    knocking.stop();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('is answered by a request', async () => {
    vi.stubGlobal('fetch', vi.fn().mockResolvedValue({}));
    knocking.start(answered);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(answered).toHaveBeenCalledTimes(1);
    expect(FakeSocket.all.map(({ isClosed }) => isClosed)).toEqual([true]);
  });

  it('is answered by a fresh socket where every request is stuck', async () => {
    knocking.start(answered);
    await vi.advanceTimersByTimeAsync(30_000);
    const [first, , last] = FakeSocket.all;
    expect(FakeSocket.all).toHaveLength(3);
    expect([first?.url, first?.isClosed, first?.onopen]).toEqual([
      'wss://school.test/healthz',
      true,
      null,
    ]);
    expect(answered).not.toHaveBeenCalled();
    last?.onopen?.();
    expect(answered).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([FakeSocket.all.length, last?.isClosed]).toEqual([3, true]);
  });

  it('is answered by what the server says to somebody else', async () => {
    knocking.start(answered);
    await vi.advanceTimersByTimeAsync(2_500);
    vi.stubGlobal('fetch', vi.fn().mockResolvedValue({}));
    await fetchWithin('/api/room', {}, 15_000);
    expect(answered).toHaveBeenCalledTimes(1);
    await fetchWithin('/api/room', {}, 15_000);
    expect(answered, 'once').toHaveBeenCalledTimes(1);
  });

  it('leaves nothing open when it stops', async () => {
    knocking.start(answered);
    await vi.advanceTimersByTimeAsync(4_500);
    knocking.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSocket.all.map(({ isClosed }) => isClosed)).toEqual([true]);
    expect(answered).not.toHaveBeenCalled();
  });
});
