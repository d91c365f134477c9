import { describe, expect, it } from 'vitest';
import type { BoardEvent } from '$kit/board/board';
import { BoardReplay } from '$kit/board/replay';

const PEN = { tool: 'pen', color: 0, width: 50, text: '' } as const;
const slide = (number: number) => ({ courseware_id: 'cw', number });
const turned = (at_ms: number, number: number | null): BoardEvent => ({
  type: 'slide_turned',
  seq: at_ms,
  at_ms,
  slide: number === null ? null : slide(number),
});
const drawn = (at_ms: number, stroke_id: string): BoardEvent => ({
  type: 'stroke_drawn',
  seq: at_ms,
  at_ms,
  stroke_id,
  style: PEN,
  points: [1, 1],
  by: null,
});

describe('the board of a recording', () => {
  const events = [
    turned(0, 1),
    drawn(100, 'a'),
    drawn(200, 'b'),
    turned(300, 2),
    turned(400, null),
  ];

  it('is the same at a moment, from whichever side one comes', () => {
    const forward = new BoardReplay(events);
    const moments = [0, 150, 250, 350, 500];
    const seen = moments.map((ms) => forward.at(ms));
    expect(seen.map((board) => [board.slide?.number ?? null, board.strokes.length])).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
      [2, 0],
      [null, 0],
    ]);
    const jumping = new BoardReplay(events);
    for (const n of [4, 1, 3, 0, 2]) expect(jumping.at(moments[n] ?? 0)).toEqual(seen[n]);
  });

  it('is the same object while nothing happens', () => {
    const replay = new BoardReplay(events);
    expect(replay.at(110)).toBe(replay.at(190));
  });

  it('may have no slides', () => {
    expect(new BoardReplay(events).hasSlides).toBe(true);
    expect(new BoardReplay([turned(0, null)]).hasSlides).toBe(false);
  });
});
