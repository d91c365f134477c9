import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchWhole } from '../../../src/room/behind/fetching';
import { Answering } from '../../../src/room/behind/answering';
import { OneAtATime } from '../../../src/room/behind/one_at_a_time';
import { Reopening } from '../../../src/room/behind/reopening';
import { LessonSoFar } from '../../../src/room/behind/window';
import type { ServerMessage } from '$kit/protocol/schema';

afterEach(() => vi.unstubAllGlobals());

const settled = () => new Promise((resolve) => setTimeout(resolve));

it('work runs once at a time, and once more where it was asked for meanwhile', async () => {
  const ends: (() => void)[] = [];
  const work = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
  const asking = new OneAtATime(work);
  for (let n = 0; n < 5; n += 1) asking.ask();
  expect(work).toHaveBeenCalledTimes(1);
  ends[0]?.();
  await settled();
  expect(work).toHaveBeenCalledTimes(2);
  ends[1]?.();
  await settled();
  expect(work).toHaveBeenCalledTimes(2);
  asking.ask();
  expect(work).toHaveBeenCalledTimes(3);
});

it('work that failed does not stop the next', async () => {
  const work = vi.fn(() => Promise.reject(new Error('gone')));
  const asking = new OneAtATime(work);
  asking.ask();
  await settled();
  asking.ask();
  expect(work).toHaveBeenCalledTimes(2);
});

describe('a recording that closed', () => {
  it('is opened again after a rest, which grows while it never plays', () => {
    const reopening = new Reopening();
    expect(reopening.isDue(0)).toBe(true);
    for (let n = 0; n < 6; n += 1) reopening.closed(0, false, false);
    expect(reopening.isDue(3_900)).toBe(false);
    expect(reopening.isDue(8_000)).toBe(true);
    reopening.closed(0, true, false);
    expect(reopening.isDue(500)).toBe(true);
  });
  it('waits for a touch where the browser plays no sound', () => {
    const reopening = new Reopening();
    reopening.closed(0, false, true);
    reopening.reset();
    expect(reopening.isDue(60_000)).toBe(false);
    reopening.touched();
    expect(reopening.isDue(60_000)).toBe(true);
  });
});

describe('a server without a live path', () => {
  const answered = () => Promise.resolve();

  it('is asked twice, and the second time five seconds after the first', async () => {
    const ask = vi.fn(answered);
    const answering = new Answering(ask);
    expect(await answering.knock(10_000)).toBe(false);
    for (let nowMs = 10_200; nowMs < 15_000; nowMs += 200)
      expect(await answering.knock(nowMs)).toBe(false);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(await answering.knock(15_000)).toBe(true);
    expect(ask).toHaveBeenCalledTimes(2);
  });
  it('counts from anew where it did not answer in between', async () => {
    const ask = vi.fn(answered);
    const answering = new Answering(ask);
    await answering.knock(0);
    ask.mockRejectedValueOnce(new Error('dead link'));
    expect(await answering.knock(5_000)).toBe(false);
    expect(await answering.knock(5_200), 'its first answer').toBe(false);
    expect(await answering.knock(10_200)).toBe(true);
  });
  it('counts from anew where something live was there in between, also while it was asked', async () => {
    const answering = new Answering(answered);
    await answering.knock(0);
    answering.reset();
    expect(await answering.knock(60_000)).toBe(false);
    const asking = answering.knock(65_000);
    answering.reset();
    expect(await asking).toBe(false);
    expect(await answering.knock(65_200)).toBe(false);
  });
  it('is asked once at a time', async () => {
    let answer: () => void = () => undefined;
    const ask = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
    const answering = new Answering(ask);
    const first = answering.knock(0);
    expect(await answering.knock(9_000)).toBe(false);
    expect(ask).toHaveBeenCalledTimes(1);
    answer();
    await first;
  });
});

it('a download ends when nobody wants it any more', async () => {
  let isOver = false;
  let pieces = 0;
  let signal: AbortSignal | null | undefined;
  const body = new ReadableStream<Uint8Array>({
    pull(stream) {
      pieces += 1;
      isOver = pieces >= 3;
      stream.enqueue(new Uint8Array(10));
    },
  });
  vi.stubGlobal('fetch', (_url: string, asked: RequestInit) => {
    signal = asked.signal;
    return Promise.resolve(new Response(body));
  });
  expect(await fetchWhole('/x', { grant: () => 'g', isOver: () => isOver })).toBeNull();
  expect(signal?.aborted).toBe(true);
});

it('a file that is here in part is fetched from there, and whole from who knows no ranges', async () => {
  const wanted = { grant: () => 'g', isOver: () => false };
  const asked: (string | undefined)[] = [];
  const answers = [
    new Response(new Uint8Array(4), { status: 206 }),
    new Response(null, { status: 416 }),
    new Response(new Uint8Array(9)),
  ];
  vi.stubGlobal('fetch', (_url: string, { headers }: { headers: Record<string, string> }) => {
    asked.push(headers['Range']);
    return Promise.resolve(answers.shift());
  });
  const sizes = [];
  for (let n = 0; n < 3; n += 1) sizes.push((await fetchWhole('/x', wanted, 5))?.byteLength);
  expect(sizes).toEqual([4, 0, 9]);
  expect(asked).toEqual(['bytes=5-', 'bytes=5-', 'bytes=5-']);
});

describe('the board of a lesson that is read', () => {
  const turned = (seq: number, number: number) =>
    ({
      type: 'slide_turned',
      seq,
      at_ms: 1_000 * seq,
      slide: { courseware_id: null, number },
    }) as const;

  /** Answers one read after the other, when told to. */
  function server(): { urls: string[]; answer: (board: unknown[]) => Promise<unknown> } {
    const urls: string[] = [];
    let give: (answer: Response) => void = () => undefined;
    vi.stubGlobal('fetch', (url: string) => {
      urls.push(url);
      return new Promise<Response>((resolve) => (give = resolve));
    });
    const answer = (board: unknown[]) => {
      give(new Response(JSON.stringify({ now_ms: 0, started_at_ms: 0, tracks: [], board })));
      return settled();
    };
    return { urls, answer };
  }

  it('keeps what was said while it was on its way', async () => {
    const { answer } = server();
    const lesson = new LessonSoFar('/w', { grant: () => 'g', isOver: () => false }, 0);
    const reading = lesson.read(0);
    for (const event of [turned(1, 1), turned(2, 2), turned(3, 3)])
      lesson.hear(event as ServerMessage);
    await answer([turned(1, 1), turned(2, 2)]);
    await reading;
    expect(lesson.boardAt(2_500).slide?.number).toBe(2);
    expect(lesson.boardAt(3_500).slide?.number).toBe(3);
  });
  it('stays as it is where only the tracks were asked for', async () => {
    const { urls, answer } = server();
    const lesson = new LessonSoFar('/w', { grant: () => 'g', isOver: () => false }, 0);
    const first = lesson.read(0);
    await answer([turned(1, 1)]);
    await first;
    const second = lesson.read(5_000, false);
    await answer([]);
    await second;
    expect(urls).toEqual(['/w?from_ms=0', '/w?from_ms=5000&board=0']);
    expect(lesson.boardAt(1_500).slide?.number).toBe(1);
  });
});
