import { describe, expect, it } from 'vitest';
import { BARE_BOARD, boardAfter, slideKey, type BoardEvent } from '$kit/board/board';
import type { BoardView, StrokeStyle } from '$kit/protocol/schema';
import { tagsOf } from '$kit/board/tags';
import { reduce } from '$kit/store/reduce';
import { aSnapshot } from '../support/lesson';

const PEN: StrokeStyle = { tool: 'pen', color: 0, width: 50, text: '' };
const ONE = { courseware_id: null, number: 1 };

function drawn(stroke_id: string, points: number[], style: StrokeStyle | null = PEN): BoardEvent {
  return { type: 'stroke_drawn', seq: 1, at_ms: 1, stroke_id, style, points, by: null };
}

function after(...events: BoardEvent[]): BoardView {
  return events.reduce(boardAfter, { slide: ONE, strokes: [] });
}

describe('the board', () => {
  it('puts the batches of a stroke together', () => {
    const board = after(drawn('a', [1, 2]), drawn('b', [9, 9]), drawn('a', [3, 4], null));
    expect(board.strokes.map((stroke) => stroke.points)).toEqual([
      [1, 2, 3, 4],
      [9, 9],
    ]);
  });

  it('keeps strokes that did not change as they are', () => {
    const before = after(drawn('a', [1, 2]), drawn('b', [3, 4]));
    const board = boardAfter(before, drawn('b', [1, 1], null));
    expect(board.strokes[0]).toBe(before.strokes[0]);
    expect(board.strokes[1]).not.toBe(before.strokes[1]);
  });

  it('loses a stroke, or all, and shows what it is told', () => {
    const board = after(drawn('a', [1, 2]), drawn('b', [3, 4]));
    const told = { seq: 2, at_ms: 2 };
    const erased = { type: 'stroke_erased', stroke_id: 'a', is_undo: false, ...told } as const;
    expect(boardAfter(board, erased).strokes.map((one) => one.stroke_id)).toEqual(['b']);
    expect(boardAfter(board, { type: 'ink_cleared', ...told }).strokes).toEqual([]);
    const shown = {
      type: 'ink_shown',
      strokes: board.strokes,
      because: 'undone',
      ...told,
    } as const;
    expect(boardAfter(BARE_BOARD, shown).strokes).toBe(board.strokes);
  });

  it('is bare when another slide is turned to', () => {
    const two = { courseware_id: 'cw', number: 2 };
    const turned = { type: 'slide_turned', seq: 2, at_ms: 2, slide: two } as const;
    expect(boardAfter(after(drawn('a', [1, 2])), turned)).toEqual({ slide: two, strokes: [] });
  });

  it('is part of the lesson’s state', () => {
    const start = reduce(null, aSnapshot({ seq: 7, board: { slide: ONE, strokes: [] } }), 0);
    const state = reduce(start, { ...drawn('a', [1, 2]), seq: 8 }, 0);
    expect(state?.board.strokes).toHaveLength(1);
    expect(state?.seq).toBe(8);
  });

  it('has a name for each slide', () => {
    const keys = [null, ONE, { courseware_id: 'cw', number: 1 }].map(slideKey);
    expect(new Set(keys).size).toBe(3);
  });
});

describe('a room that wrote from the stage', () => {
  it('has its name at its newest stroke, and keeps it', () => {
    const by = { room_id: 'r', room_name: '三年级' };
    const first = { ...drawn('a', [1000, 5000]), by } as BoardEvent;
    const next = { ...drawn('b', [9900, 100]), by } as BoardEvent;
    const more = drawn('b', [5, 5], null);
    const board = after(drawn('t', [1, 1]), first, next, more);
    expect(board.strokes[2]).toMatchObject({ by, points: [9900, 100, 5, 5] });
    expect(tagsOf(board.strokes)).toEqual([{ roomId: 'r', name: '三年级', left: 84, top: 0 }]);
    expect(tagsOf(after(first).strokes)).toMatchObject([{ left: 10, top: 45 }]);
    expect(tagsOf(after(drawn('t', [1, 1])).strokes)).toEqual([]);
  });
});
