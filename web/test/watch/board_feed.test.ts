import { describe, expect, it, vi } from 'vitest';
import type { BoardEvent } from '$kit/board/board';
import { BoardFeed, type BoardFile } from '../../src/watch/board_feed';

const START = 1_000_000;
const slide = (number: number) => ({ courseware_id: 'cw', number });
const turned = (seq: number, atMs: number, number: number): BoardEvent => ({
  type: 'slide_turned',
  seq,
  at_ms: atMs,
  slide: slide(number),
});

function feedOf(content: Record<string, unknown>) {
  const read = vi.fn((url: string) =>
    url in content ? Promise.resolve(content[url]) : Promise.reject(new Error('404')),
  );
  const feed = new BoardFeed(read, () => undefined);
  return { feed, read };
}

const state = (startMs: number, url: string): BoardFile => ({ startMs, url, isState: true });
const events = (startMs: number, url: string): BoardFile => ({ startMs, url, isState: false });
const settled = () => new Promise((resolve) => setTimeout(resolve));

const CONTENT = {
  s0: { slide: null, strokes: [] },
  e1: [turned(1, START + 1_000, 1)],
  e2: [turned(2, START + 30_000, 2)],
  s60: { slide: slide(2), strokes: [] },
  e3: [turned(3, START + 70_000, 3)],
};
const FILES = [
  state(START, 's0'),
  events(START + 1_000, 'e1'),
  events(START + 30_000, 'e2'),
  state(START + 60_000, 's60'),
  events(START + 70_000, 'e3'),
];

async function boardAt(feed: BoardFeed, positionMs: number) {
  feed.at(positionMs, positionMs);
  await settled();
  return feed.at(positionMs, positionMs);
}

describe('BoardFeed', () => {
  it('shows the slide of the play position, also after going back', async () => {
    const { feed } = feedOf(CONTENT);
    feed.add(FILES);
    for (const [at, number] of [
      [1_000, 1],
      [29_999, 1],
      [30_000, 2],
      [65_000, 2],
      [70_000, 3],
      [5_000, 1],
    ] as const)
      expect((await boardAt(feed, START + at)).slide?.number).toBe(number);
  });

  it('fetches what is near the position and nothing twice', async () => {
    const { feed, read } = feedOf(CONTENT);
    feed.add(FILES);
    await boardAt(feed, START + 2_000);
    await boardAt(feed, START + 3_000);
    expect(read.mock.calls.map(([url]) => url)).toEqual(['s0', 'e1']);
    await boardAt(feed, START + 65_000);
    expect(read.mock.calls.map(([url]) => url).slice(2)).toEqual(['s60', 'e3']);
  });

  it('keeps strokes as they are while nothing changes', async () => {
    const { feed } = feedOf(CONTENT);
    feed.add(FILES);
    const board = await boardAt(feed, START + 2_000);
    expect(feed.at(START + 2_500, START + 2_500)).toBe(board);
    feed.add(FILES);
    expect(feed.at(START + 2_600, START + 2_600)).toBe(board);
  });

  it('asks again for a file that did not come, after a while', async () => {
    const content: Record<string, unknown> = { s0: CONTENT.s0 };
    const { feed, read } = feedOf(content);
    feed.add(FILES.slice(0, 2));
    expect((await boardAt(feed, START + 2_000)).slide).toBeNull();
    content['e1'] = CONTENT.e1;
    await boardAt(feed, START + 3_000);
    expect(read).toHaveBeenCalledTimes(2);
    expect((await boardAt(feed, START + 6_000)).slide?.number).toBe(1);
  });
});
