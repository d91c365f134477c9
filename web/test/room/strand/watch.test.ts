import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SLOTS, type Sight } from '$rtc/liveness';
import type { Subscriber } from '$rtc/subscriber';
import { NO_FLOW } from '$rtc/stats';
import type { LessonSession } from '../../../src/room/session.svelte';
import { watchStrand } from '../../../src/room/strand/watch';
import { aSnapshot } from '../../support/lesson';
import { nextSocket, playSockets, PlayedSocket } from '../../support/sockets';

const { me } = aSnapshot();

const { channels } = vi.hoisted(() => ({
  channels: [] as { isOpen: boolean; isGivenUp: boolean; isClosed: boolean }[],
}));
vi.mock('../../../src/room/strand/channel', () => ({
  EventChannel: class {
    isOpen = false;
    isGivenUp = false;
    isClosed = false;
    constructor(
      readonly store: unknown,
      readonly subscriber: unknown,
    ) {
      channels.push(this);
    }
    close() {
      this.isClosed = true;
    }
  },
}));

/** A room whose voice comes over a far link that loses. */
class FarRoom {
  link = 'open';
  isPolled = false;
  voice = 'full';
  hasEnded = false;
  isClosed = false;
  lossOfHundred = 5;
  #packets = 0;
  #lost = 0;
  readonly subscriber = { sight: null as Sight | null, roundTripMs: 600 };
  readonly session: unknown;

  constructor() {
    const vitals = () => ({ link: { voice: this.voice } });
    const store = { grant: 'g', state: { seq: 4 }, hear: () => undefined };
    Object.defineProperty(store, 'link', { get: () => this.link });
    Object.defineProperty(store, 'isPolled', { get: () => this.isPolled });
    const media = { phase: 'live' };
    Object.defineProperty(media, 'vitals', { get: vitals });
    this.session = { lessonId: 'lesson', store, media };
    for (const name of ['hasEnded', 'isClosed'] as const)
      Object.defineProperty(this.session, name, { get: () => this[name] });
    watchStrand(this.session as LessonSession, this.subscriber as unknown as Subscriber);
  }

  async wait(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.#packets += 100;
      this.#lost += this.lossOfHundred;
      const flows = Object.fromEntries(SLOTS.map((slot) => [slot, NO_FLOW])) as Sight['flows'];
      flows.voice = { ...NO_FLOW, packets: this.#packets, packetsLost: this.#lost };
      this.subscriber.sight = { atMs: Date.now(), connected: true, path: 1, flows };
      await vi.advanceTimersByTimeAsync(1_000);
      const last = PlayedSocket.all[PlayedSocket.all.length - 1];
      if (last?.readyState === PlayedSocket.OPEN) last.say({ type: 'pong', now_ms: 0 });
    }
  }
}

let room: FarRoom;
const made = () => PlayedSocket.all.length;

beforeEach(() => {
  playSockets();
  channels.length = 0;
  room = new FarRoom();
});

afterEach(async () => {
  room.isClosed = true;
  await vi.advanceTimersByTimeAsync(1_000);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a room far away', () => {
  it('opens one strand, and closes it after a good minute', async () => {
    await room.wait(5);
    expect(made()).toBe(1);
    const strand = await nextSocket();
    strand.say({ type: 'resumed', seq: 4, now_ms: 0, me });
    room.lossOfHundred = 0;
    await room.wait(50);
    expect(strand.isClosed).toBe(false);
    await room.wait(20);
    expect(strand.isClosed).toBe(true);
    expect(made()).toBe(1);
  });

  it.each([
    ['its voice does not come', (room: FarRoom) => (room.voice = 'none')],
    ['its first connection is lost', (room: FarRoom) => (room.link = 'lost')],
    ['its events come by requests', (room: FarRoom) => (room.isPolled = true)],
    ['the lesson is over', (room: FarRoom) => (room.hasEnded = true)],
  ])('opens none while %s', async (_why, change) => {
    change(room);
    await room.wait(10);
    expect(made()).toBe(0);
  });

  it('closes it with the lesson', async () => {
    await room.wait(5);
    const strand = await nextSocket();
    room.isClosed = true;
    await room.wait(2);
    expect(strand.isClosed).toBe(true);
  });

  it('rests for a minute where none comes about', async () => {
    await room.wait(50);
    const sofar = made();
    expect(sofar).toBe(6);
    await room.wait(45);
    expect(made()).toBe(sofar);
    await room.wait(20);
    expect(made()).toBeGreaterThan(sofar);
  });
});

describe('a room that loses much', () => {
  it('takes a data channel in its place where it loses much', async () => {
    room.lossOfHundred = 30;
    await room.wait(5);
    const strand = await nextSocket();
    expect(channels).toMatchObject([{ subscriber: room.subscriber }]);
    expect(strand.isClosed).toBe(false);
    Object.assign(channels[0] ?? {}, { isOpen: true });
    await room.wait(2);
    expect(strand.isClosed).toBe(true);
    await room.wait(5);
    expect(made()).toBe(1);
    Object.assign(channels[0] ?? {}, { isOpen: false, isGivenUp: true });
    await room.wait(2);
    expect(made()).toBe(2);
    await room.wait(15);
    expect(channels).toHaveLength(1);
    await room.wait(10);
    expect(channels).toHaveLength(2);
    room.hasEnded = true;
    await room.wait(2);
    expect(channels[1]).toMatchObject({ isClosed: true });
  });

  it('opens one before its first connection is there', async () => {
    room.link = 'connecting';
    room.lossOfHundred = 30;
    await room.wait(4);
    expect([channels.length, made()]).toEqual([1, 0]);
  });

  it('needs no data channel where it loses little', async () => {
    await room.wait(20);
    expect(channels).toEqual([]);
  });
});
