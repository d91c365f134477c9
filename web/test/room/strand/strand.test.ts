import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LessonStore } from '$kit/store/lesson.svelte';
import type { ServerMessage } from '$kit/protocol/schema';
import { SecondStrand } from '../../../src/room/strand/strand';
import { aSnapshot } from '../../support/lesson';
import { nextSocket, playSockets, PlayedSocket } from '../../support/sockets';

const GRANT = { grant: 'g', expiresAtMs: Number.MAX_SAFE_INTEGER, iceServers: [] };
const PATH = '/api/lessons/lesson/events';
const { me } = aSnapshot();

const resumed = (seq: number) => ({ type: 'resumed', seq, now_ms: 0, me });
const turned = (seq: number, number = seq) => ({
  type: 'slide_turned',
  seq,
  at_ms: 1,
  slide: { courseware_id: null, number },
});
const drawn = (seq: number, isNew = true) => ({
  type: 'stroke_drawn',
  seq,
  at_ms: 1,
  stroke_id: 's',
  style: isNew ? { tool: 'pen', color: 0, width: 20, text: '' } : null,
  points: [1, 1, 2, 2],
  by: null,
});
const pointed = (x: number) => ({ type: 'pointer_moved', at: [x, 0] });

let store: LessonStore;
let first: PlayedSocket;
let second: PlayedSocket;
let strand: SecondStrand;
const heard: ServerMessage[] = [];
const slide = () => store.state?.board.slide?.number;

beforeEach(async () => {
  playSockets();
  heard.length = 0;
  store = new LessonStore(PATH, GRANT, () => Promise.resolve(GRANT));
  store.onMessage = (message) => heard.push(message);
  first = await nextSocket();
  first.say(aSnapshot({ seq: 10 }));
  strand = new SecondStrand(PATH, store);
  second = await nextSocket();
  second.say(resumed(10));
  heard.length = 0;
});

afterEach(() => {
  strand.close();
  store.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('what two strands bring', () => {
  it('the second says what it is and where it goes on', () => {
    expect(second.said).toEqual([
      { type: 'hello', version: 1, grant: 'g', since: 10, strand: 'second' },
    ]);
    expect(first.said).toEqual([{ type: 'hello', version: 1, grant: 'g' }]);
  });

  it('whichever brings an event first counts, and it is heard once', () => {
    second.say(turned(11));
    expect(slide()).toBe(11);
    first.say(turned(11));
    first.say(drawn(12));
    second.say(drawn(12));
    first.say(drawn(13, false));
    second.say(drawn(13, false));
    expect(store.state).toMatchObject({ seq: 13, hasGap: false });
    expect(store.state?.board.strokes[0]?.points).toHaveLength(8);
    expect(heard.map((message) => 'seq' in message && message.seq)).toEqual([11, 12, 13]);
  });

  it('a run that is withheld counts from where we are', () => {
    second.say({ type: 'withheld', first_seq: 11, seq: 12, at_ms: 1, totals: null });
    first.say({ type: 'withheld', first_seq: 11, seq: 14, at_ms: 1, totals: null });
    expect(store.state).toMatchObject({ seq: 14, hasGap: false });
  });

  it('the pointer of the old slide is not shown on the new one', () => {
    first.say(pointed(1));
    second.say(turned(11));
    expect(store.pointer).toBeNull();
    first.say(pointed(2));
    expect(store.pointer).toBeNull();
    first.say(turned(11));
    first.say(pointed(3));
    expect(store.pointer).toEqual([3, 0]);
    second.say(pointed(4));
    expect(store.pointer).toEqual([3, 0]);
  });

  it('nothing else of the second counts', () => {
    second.say(aSnapshot({ seq: 3 }));
    second.say({ type: 'failed', request_id: null, error: { id: 'strand-alone' } });
    second.say({ type: 'grant_renewed', grant: 'other', expires_at_ms: 1, ice_servers: [] });
    expect(store.state?.seq).toBe(10);
    expect(store.refusal).toBeNull();
    expect(store.grant).toBe('g');
    expect(heard).toEqual([]);
  });
});

describe('a strand that is lost', () => {
  it('while the first is lost the second goes on, and the first returns where both are', async () => {
    first.break();
    expect(store.link).toBe('lost');
    second.say(turned(11));
    expect(slide()).toBe(11);
    const again = await nextSocket(1_000);
    expect(again.said[0]).toMatchObject({ since: 11 });
    second.say(turned(12));
    again.say(resumed(12));
    again.say(turned(12));
    expect(store.link).toBe('open');
    expect(slide()).toBe(12);
    expect(heard.filter(({ type }) => type === 'slide_turned')).toHaveLength(2);
  });

  it('a snapshot that the second overtook takes nothing back', async () => {
    first.break();
    const again = await nextSocket(1_000);
    second.say(turned(11));
    second.say(turned(12));
    again.say(aSnapshot({ seq: 11 }));
    expect(store.link).toBe('open');
    expect(slide()).toBe(12);
    again.say(turned(12));
    again.say(turned(13));
    expect(store.state).toMatchObject({ seq: 13, hasGap: false });
  });

  it('a snapshot of a server that lost something counts', async () => {
    second.say(turned(11));
    first.break();
    const again = await nextSocket(1_000);
    again.say(aSnapshot({ seq: 4 }));
    expect(store.state?.seq).toBe(4);
    again.say(turned(5));
    expect(slide()).toBe(5);
  });

  it('the second comes back by itself, from where we are by then', async () => {
    first.say(turned(11));
    second.break();
    expect(store.link).toBe('open');
    const again = await nextSocket(1_000);
    expect(again.said[0]).toMatchObject({ since: 11, strand: 'second' });
  });

  it('it is given up after six tries that brought nothing', async () => {
    second.break();
    for (let tries = 0; tries < 5; tries += 1) {
      (await nextSocket(8_000)).break();
      first.say({ type: 'pong', now_ms: 0 });
    }
    expect(strand.isGivenUp).toBe(true);
    const made = PlayedSocket.all.length;
    await vi.advanceTimersByTimeAsync(9_000);
    expect(PlayedSocket.all.length).toBe(made);
    expect(store.link).toBe('open');
  });

  it('it is not tried while the first is lost', async () => {
    second.break();
    first.break();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(PlayedSocket.all.slice(2).every(({ said }) => said.length === 0)).toBe(true);
    expect(PlayedSocket.all.length).toBe(3);
  });
});
