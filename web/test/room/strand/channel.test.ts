import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, UNREACHABLE } from '$kit/api';
import type { LessonStore } from '$kit/store/lesson.svelte';
import { EventChannel } from '../../../src/room/strand/channel';

const turned = (seq: number) => ({ type: 'slide_turned', seq, at_ms: 1, slide: null });

function nothing(): void {
  return;
}

/** A connection whose server answers. */
class PlayedConnection {
  static all: PlayedConnection[] = [];
  connectionState = 'new';
  remoteDescription: object | null = null;
  isClosed = false;
  how: unknown;
  said: unknown[] = [];
  onconnectionstatechange: () => void = () => undefined;
  readonly channel = {
    readyState: 'connecting',
    bufferedAmount: 0,
    send: (text: string) => this.said.push(JSON.parse(text)),
    onopen: nothing,
    onclose: nothing,
    onmessage: nothing as (message: { data: unknown }) => void,
  };

  constructor() {
    PlayedConnection.all.push(this);
  }

  createDataChannel(_name: string, how: unknown): unknown {
    this.how = how;
    return this.channel;
  }

  open(): void {
    this.channel.readyState = 'open';
    this.channel.onopen();
  }

  async bring(data: unknown): Promise<void> {
    this.channel.onmessage({ data });
    await vi.advanceTimersByTimeAsync(0);
  }

  fail(): void {
    this.connectionState = 'failed';
    this.onconnectionstatechange();
  }

  close(): void {
    this.isClosed = true;
  }
}

const store = {
  grant: 'g',
  iceServers: [],
  state: { seq: 10 },
  hear(event: { seq: number }): void {
    this.state = { seq: event.seq };
  },
};
const { asked } = vi.hoisted(() => ({ asked: vi.fn(() => Promise.resolve('')) }));
vi.mock('$rtc/negotiation', () => ({ openSession: asked }));
let channel: EventChannel;
function newest(): PlayedConnection {
  const last = PlayedConnection.all[PlayedConnection.all.length - 1];
  if (last === undefined) throw new Error('no connection was made');
  return last;
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal('RTCPeerConnection', PlayedConnection);
  PlayedConnection.all = [];
  asked.mockClear();
  store.state = { seq: 10 };
  channel = new EventChannel('/channel/lesson', store as unknown as LessonStore, false);
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  channel.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('events over a data channel', () => {
  it('is unordered, repeats nothing by itself, and says how far we are', () => {
    expect(newest().how).toEqual({ negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    newest().open();
    expect(newest().said).toEqual([{ heard: 10, packed: true }]);
    expect(channel.isOpen).toBe(false);
  });

  it('counts what comes, as text or packed, and says so', async () => {
    newest().open();
    await vi.advanceTimersByTimeAsync(100);
    await newest().bring(JSON.stringify([turned(11)]));
    expect(channel.isOpen).toBe(true);
    expect(newest().said).toContainEqual({ heard: 11, packed: true });
    vi.useRealTimers();
    const text = new Blob([JSON.stringify([turned(11), turned(12)])]);
    const stream = text.stream().pipeThrough(new CompressionStream('deflate'));
    newest().channel.onmessage({ data: await new Response(stream).arrayBuffer() });
    await vi.waitFor(() => expect(store.state.seq).toBe(12));
    vi.useFakeTimers();
  });

  it('says what another strand brought, and every two seconds that it is here', async () => {
    newest().open();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(newest().said).toHaveLength(1);
    store.state = { seq: 14 };
    await vi.advanceTimersByTimeAsync(250);
    expect(newest().said[1]).toMatchObject({ heard: 14 });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(newest().said).toHaveLength(4);
  });

  it('says nothing while its last word still waits', async () => {
    newest().open();
    newest().channel.bufferedAmount = 30;
    store.state = { seq: 14 };
    await vi.advanceTimersByTimeAsync(5_000);
    expect(newest().said).toHaveLength(1);
  });
});

describe('a channel that ended', () => {
  it('is not open because of what was unpacked after it', async () => {
    newest().open();
    await vi.advanceTimersByTimeAsync(100);
    const { channel: former } = newest();
    vi.useRealTimers();
    const stream = new Blob(['[]']).stream().pipeThrough(new CompressionStream('deflate'));
    former.onmessage({ data: await new Response(stream).arrayBuffer() });
    newest().fail();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(channel.isOpen).toBe(false);
    vi.useFakeTimers();
  });
});

describe('a channel that does not come about', () => {
  it('comes back three times, and is given up when four in a row brought nothing', async () => {
    for (let tries = 1; tries <= 4; tries += 1) {
      expect(PlayedConnection.all).toHaveLength(tries);
      newest().fail();
      expect(newest().isClosed).toBe(true);
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(channel.isGivenUp).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(PlayedConnection.all).toHaveLength(4);
  });

  it('asks again, apart from the connection that may stand still, until there is an answer', async () => {
    expect(asked).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(asked).toHaveBeenCalledTimes(2);
    newest().remoteDescription = {};
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(PlayedConnection.all).toHaveLength(1);
  });

  it('asks again later where the server says no', async () => {
    asked.mockImplementationOnce(() => Promise.reject(new ApiError(409, UNREACHABLE)));
    newest().fail();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(PlayedConnection.all).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(3_900);
    expect(PlayedConnection.all).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(PlayedConnection.all).toHaveLength(3);
  });

  it('is not waited for without end', async () => {
    await vi.advanceTimersByTimeAsync(28_000);
    expect(PlayedConnection.all).toHaveLength(2);
    expect(asked).toHaveBeenLastCalledWith(newest(), '/channel/lesson', 'g', 'speech', {
      isAfterCut: true,
    });
    for (const made of [3, 4]) {
      newest().channel.onclose();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(PlayedConnection.all).toHaveLength(made);
      expect(channel.isGivenUp).toBe(false);
    }
    newest().channel.onclose();
    expect(channel.isGivenUp).toBe(true);
  });
});
