import type {
  BoardView,
  InkCleared,
  InkShown,
  LessonEvent,
  SlideRef,
  SlideTurned,
  StrokeDrawn,
  StrokeErased,
  StrokeView,
} from '../protocol/schema';

export type BoardEvent = SlideTurned | InkShown | StrokeDrawn | StrokeErased | InkCleared;

export const BARE_BOARD: BoardView = { slide: null, strokes: [] };

const TYPES = ['slide_turned', 'ink_shown', 'stroke_drawn', 'stroke_erased', 'ink_cleared'];

export function isBoardEvent(event: LessonEvent): event is BoardEvent {
  return TYPES.includes(event.type);
}

/** The board after one of its events. Strokes that did not change stay the same objects. */
export function boardAfter(board: BoardView, event: BoardEvent): BoardView {
  switch (event.type) {
    case 'slide_turned':
      return { slide: event.slide, strokes: [] };
    case 'ink_shown':
      return { ...board, strokes: event.strokes };
    case 'ink_cleared':
      return { ...board, strokes: [] };
    case 'stroke_erased':
      return { ...board, strokes: board.strokes.filter((one) => !isNamed(one, event)) };
    case 'stroke_drawn':
      return { ...board, strokes: withPoints(board.strokes, event) };
  }
}

function withPoints(strokes: StrokeView[], event: StrokeDrawn): StrokeView[] {
  if (event.style === null)
    return strokes.map((one) =>
      isNamed(one, event) ? { ...one, points: [...one.points, ...event.points] } : one,
    );
  const { stroke_id, style, points, by } = event;
  return [...strokes, { stroke_id, style, points, by }];
}

function isNamed(stroke: StrokeView, event: { stroke_id: string }): boolean {
  return stroke.stroke_id === event.stroke_id;
}

/** A name for a slide, to compare and to keep things by. */
export function slideKey(slide: SlideRef | null): string {
  return slide === null ? '' : `${slide.courseware_id ?? 'blank'}/${slide.number}`;
}
