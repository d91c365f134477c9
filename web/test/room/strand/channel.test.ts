import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LessonStore } from '$kit/store/lesson.svelte';
import type { Subscriber } from '$rtc/subscriber';
import { EventChannel } from '../../../src/room/strand/channel';

const turned = (seq: number) => ({ type: 'slide_turned', seq, at_ms: 1, slide: null });
const OPEN_WITHIN_MS = 10_000;

function nothing(): void {
  return;
}

/** A connection to a server that nobody asks. */
class PlayedConnection {
  static all: PlayedConnection[] = [];
  connectionState = 'new';
  isClosed = false;
  how: unknown;
  said: unknown[] = [];
  answered = '';
  onconnectionstatechange: () => void = nothing;
  readonly channel = {
    readyState: 'connecting',
    bufferedAmount: 0,
    send: (text: string) => this.said.push(JSON.parse(text)),
    onopen: nothing,
    onclose: nothing,
    onmessage: nothing as (message: { data: unknown }) => void,
  };

  constructor(readonly configuration: RTCConfiguration) {
    PlayedConnection.all.push(this);
  }

  createDataChannel(_name: string, how: unknown): unknown {
    this.how = how;
    return this.channel;
  }

  createOffer(): Promise<object> {
    return Promise.resolve({ type: 'offer', sdp: 'a=mid:0' });
  }

  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }

  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.answered = sdp;
    return Promise.resolve();
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
    this.channel.readyState = 'closed';
  }

  get lane(): string | undefined {
    return /ice-ufrag:namec(\d)/.exec(this.answered)?.[1];
  }
}

const store = {
  iceServers: [],
  state: { seq: 10 },
  hear(event: { seq: number }): void {
    this.state = { seq: event.seq };
  },
};
const certificates = [{ expires: 1 }] as RTCCertificate[];
const ANSWER = 'a=ice-ufrag:name\r\na=ice-pwd:secret\r\na=fingerprint:sha-256 AA';
const media = { way: 'udp' as Subscriber['way'], answer: ANSWER, certificates };
let channel: EventChannel;

function newest(): PlayedConnection {
  const last = PlayedConnection.all[PlayedConnection.all.length - 1];
  if (last === undefined) throw new Error('no connection was made');
  return last;
}
const living = () => PlayedConnection.all.filter(({ isClosed }) => !isClosed);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal('RTCPeerConnection', PlayedConnection);
  PlayedConnection.all = [];
  store.state = { seq: 10 };
  media.answer = ANSWER;
  channel = new EventChannel(store as unknown as LessonStore, media);
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

  it('is known by the certificate of the media', () => {
    expect(newest().configuration.certificates).toBe(certificates);
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
    await newest().bring('[]');
    await vi.advanceTimersByTimeAsync(1_000);
    const sofar = newest().said.length;
    store.state = { seq: 14 };
    await vi.advanceTimersByTimeAsync(250);
    expect(newest().said[sofar]).toMatchObject({ heard: 14 });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(newest().said).toHaveLength(sofar + 3);
  });

  it('says more often that it is here before anything came, for a while', async () => {
    newest().open();
    await vi.advanceTimersByTimeAsync(15_000);
    const sofar = newest().said.length;
    expect(sofar).toBe(20);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(newest().said).toHaveLength(sofar + 5);
  });

  it('says nothing while its last word still waits', async () => {
    newest().open();
    newest().channel.bufferedAmount = 30;
    store.state = { seq: 14 };
    await vi.advanceTimersByTimeAsync(5_000);
    expect(newest().said).toHaveLength(1);
  });
});

describe('its lanes', () => {
  it('begin one after the other, four at most, until one is open; the others are left', async () => {
    await vi.advanceTimersByTimeAsync(5_000);
    expect(PlayedConnection.all.map(({ lane }) => lane)).toEqual(['0', '1', '2', '3']);
    PlayedConnection.all[1]?.open();
    expect(living()).toEqual([PlayedConnection.all[1]]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(living()).toEqual([PlayedConnection.all[1]]);
  });

  it('are tried again when they took too long', async () => {
    await vi.advanceTimersByTimeAsync(OPEN_WITHIN_MS + 1_200);
    expect(living().map(({ lane }) => lane)).toEqual(['2', '3', '0']);
    expect(PlayedConnection.all).toHaveLength(5);
  });

  it('begin no more once it is closed', async () => {
    channel.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(PlayedConnection.all).toHaveLength(1);
    expect(living()).toEqual([]);
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

  it.each([
    ['failed', (pc: PlayedConnection) => pc.fail()],
    ['was closed', (pc: PlayedConnection) => pc.channel.onclose()],
  ])('comes back a second after it %s', async (_how, end) => {
    const first = newest();
    first.open();
    await first.bring('[]');
    end(first);
    expect([first.isClosed, channel.isOpen]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(newest()).not.toBe(first);
    newest().open();
    await newest().bring('[]');
    expect(channel.isOpen).toBe(true);
  });
});

describe('a channel that does not come about', () => {
  it('is given up when sixteen tries in a row brought nothing', async () => {
    await vi.advanceTimersByTimeAsync(3 * OPEN_WITHIN_MS);
    expect(channel.isGivenUp).toBe(false);
    await vi.advanceTimersByTimeAsync(3 * OPEN_WITHIN_MS);
    expect(channel.isGivenUp).toBe(true);
    const tries = PlayedConnection.all.length;
    expect(tries).toBeGreaterThanOrEqual(16);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([PlayedConnection.all.length, living().length]).toEqual([tries, 0]);
  });

  it('waits for the answer of the media, and counts no failure meanwhile', async () => {
    media.answer = '';
    newest().fail();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([PlayedConnection.all.length, living().length]).toEqual([1, 0]);
    expect(channel.isGivenUp).toBe(false);
    media.answer = ANSWER;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(newest().isClosed).toBe(false);
    newest().open();
    expect(newest().said).toHaveLength(1);
  });

  it('waits no more once it is closed', async () => {
    media.answer = '';
    newest().fail();
    await vi.advanceTimersByTimeAsync(5_000);
    channel.close();
    media.answer = ANSWER;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(PlayedConnection.all).toHaveLength(1);
  });

  it('is given up at once where the browser makes no certificates of its own', () => {
    const before = PlayedConnection.all.length;
    const none = new EventChannel(store as unknown as LessonStore, {
      ...media,
      certificates: undefined,
    });
    expect([none.isGivenUp, PlayedConnection.all.length]).toEqual([true, before]);
  });
});
