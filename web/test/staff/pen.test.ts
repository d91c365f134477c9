import { describe, expect, it } from 'vitest';
import { boardAfter } from '$kit/board/board';
import { MOST_BATCH_POINTS, MOST_STROKE_POINTS, placesOf, type Place } from '$kit/board/ink';
import { Pen } from '$kit/board/pen';
import { touched } from '$kit/board/touch';
import type { BoardView, Courseware, Draw, StrokeStyle } from '$kit/protocol/schema';
import { countBeside, slideBeside } from '../../src/staff/console/pages';
import { styleOf } from '../../src/staff/console/tools';

const ONE = { courseware_id: null, number: 1 };
const TWO = { courseware_id: null, number: 2 };
const PEN = styleOf('pen', 0);

function aPen(): Pen {
  let id = 0;
  return new Pen(() => `s${(id += 1)}`);
}

/** The server: takes batches as `Drawing` does. */
function taken(board: BoardView, draw: Omit<Draw, 'type'>): BoardView {
  const known = board.strokes.find((one) => one.stroke_id === draw.stroke_id);
  const passed = known ? known.points.length / 2 - draw.offset : 0;
  if (passed < 0 || (!known && draw.offset > 0)) return board;
  const points = draw.points.slice(2 * passed);
  if (points.length === 0) return board;
  const { stroke_id } = draw;
  const style: StrokeStyle | null = known ? null : (draw.style ?? null);
  const told = { seq: 1, at_ms: 1, by: null } as const;
  return boardAfter(board, { type: 'stroke_drawn', stroke_id, style, points, ...told });
}

function wave(pen: Pen, count: number, style = PEN): void {
  pen.begin(ONE, style, [0, 0]);
  for (let n = 1; n <= count; n += 1) pen.move([(n * 9) % 10_000, n % 2 ? 400 : 0]);
}

/** Sends all that is due and lets the board hold it. */
function deliver(pen: Pen, board: BoardView): BoardView {
  for (let round = 0; round < 100; round += 1) {
    const due = pen.due(0);
    if (due.length === 0) break;
    for (const draw of due) {
      expect(draw.points.length).toBeLessThanOrEqual(2 * MOST_BATCH_POINTS);
      pen.sent(draw.stroke_id, draw.points.length / 2);
      board = taken(board, draw);
    }
  }
  pen.see(board);
  return board;
}

const BARE: BoardView = { slide: ONE, strokes: [] };

describe('a pen', () => {
  it('shows its ink at once and leaves it when the board holds all of it', () => {
    const pen = aPen();
    wave(pen, 20);
    expect(pen.shown(ONE)).toHaveLength(1);
    pen.end();
    const drawn = pen.shown(ONE)[0]?.points ?? [];
    const board = deliver(pen, BARE);
    expect(pen.shown(ONE)).toEqual([]);
    expect(board.strokes[0]?.points).toEqual(drawn);
  });

  it('sends again after a break what the board lacks, and nothing twice', () => {
    const pen = aPen();
    wave(pen, 200);
    const first = pen.due(0)[0];
    if (!first) throw new Error('nothing is due');
    pen.sent(first.stroke_id, MOST_BATCH_POINTS);
    let board = taken(BARE, first);
    const lost = pen.due(0)[0];
    pen.sent(lost?.stroke_id ?? '', MOST_BATCH_POINTS);
    pen.again();
    pen.end();
    const drawn = pen.shown(ONE)[0]?.points ?? [];
    board = deliver(pen, board);
    expect(placesOf(board.strokes[0]?.points ?? [])).toEqual(placesOf(drawn));
    expect(pen.shown(ONE)).toEqual([]);
  });

  it('pauses when its ink came too fast, and lets refused strokes go', () => {
    const pen = aPen();
    wave(pen, 5);
    pen.end();
    pen.sent('s1', 3);
    expect(pen.refused('s1', 'ink-too-fast', 0)).toBe(false);
    expect(pen.due(500)).toEqual([]);
    expect(pen.due(1_500)[0]?.offset).toBe(0);
    expect(pen.refused('s1', 'board-full', 0)).toBe(true);
    expect(pen.shown(ONE)).toEqual([]);
    expect(pen.refused('s1', 'board-full', 0)).toBe(false);
  });

  it('goes on as another stroke where one is as long as it may be', () => {
    const pen = aPen();
    wave(pen, MOST_STROKE_POINTS + 50);
    pen.end();
    expect(pen.shown(ONE)).toHaveLength(2);
    const board = deliver(pen, BARE);
    for (const { points } of board.strokes)
      expect(points.length / 2).toBeLessThanOrEqual(MOST_STROKE_POINTS);
  });

  it('sends a shape once, when it is done, and none without a size', () => {
    const pen = aPen();
    pen.begin(ONE, styleOf('rectangle', 1), [10, 10]);
    for (const x of [20, 30, 40]) pen.move([x, x]);
    expect(pen.due(0)).toEqual([]);
    pen.end();
    expect(pen.due(0)[0]?.points).toEqual([10, 10, 30, 30]);
    pen.begin(ONE, styleOf('ellipse', 1), [10, 10]);
    pen.end();
    expect(pen.shown(ONE)).toHaveLength(1);
  });

  it('lets go of ink that was erased, and of a slide that was left', () => {
    const pen = aPen();
    wave(pen, 5);
    pen.end();
    const board = deliver(pen, BARE);
    expect(pen.shown(ONE)).toEqual([]);
    wave(pen, 5);
    for (const draw of pen.due(0)) pen.sent(draw.stroke_id, draw.points.length / 2);
    pen.end();
    pen.see({ ...board, slide: TWO, strokes: [] });
    expect(pen.shown(TWO)).toEqual([]);
  });
});

describe('the eraser', () => {
  const at = (place: Place, style: StrokeStyle, points: number[]) =>
    touched([{ stroke_id: 'a', style, points, by: null }], place) !== null;

  it('touches lines, the sides of shapes and the words of a text', () => {
    expect(at([500, 40], PEN, [0, 0, 1_000, 0])).toBe(true);
    expect(at([500, 400], PEN, [0, 0, 1_000, 0])).toBe(false);
    const box = styleOf('rectangle', 0);
    expect(at([1_000, 500], box, [0, 0, 1_000, 1_000])).toBe(true);
    expect(at([500, 500], box, [0, 0, 1_000, 1_000])).toBe(false);
    const words = styleOf('text', 0, '面积');
    expect(at([1_200, 1_200], words, [1_000, 1_000])).toBe(true);
    expect(at([900, 1_200], words, [1_000, 1_000])).toBe(false);
  });

  it('takes what is on top', () => {
    const points = [0, 0, 1_000, 0];
    const both = ['a', 'b'].map((stroke_id) => ({ stroke_id, style: PEN, points, by: null }));
    expect(touched(both, [500, 0])?.stroke_id).toBe('b');
  });
});

describe('pages', () => {
  const courseware = (courseware_id: string, count: number): Courseware =>
    ({
      courseware_id,
      total_slides: count,
      slides: Array.from({ length: count }, (_, n) => ({ number: n + 1 })),
    }) as Courseware;
  const all = [courseware('a', 2), courseware('b', 1)];

  it('follow each other through the lesson’s courseware', () => {
    const a2 = { courseware_id: 'a', number: 2 };
    expect(slideBeside(all, a2, 1)).toEqual({ courseware_id: 'b', number: 1 });
    expect(slideBeside(all, { courseware_id: 'b', number: 1 }, 1)).toBeNull();
    expect(slideBeside(all, a2, -1)).toEqual({ courseware_id: 'a', number: 1 });
    expect(slideBeside(all, null, 1)).toBeNull();
    expect(countBeside(all, a2)).toBe(2);
  });

  it('of the blank board are a row of their own', () => {
    expect(slideBeside(all, ONE, -1)).toBeNull();
    expect(slideBeside(all, ONE, 1)).toEqual(TWO);
    expect(slideBeside(all, { courseware_id: null, number: 20 }, 1)).toBeNull();
  });
});
