/** What is being drawn here, until the lesson's own board holds it. Pure. */

import { slideKey } from './board';
import { MOST_BATCH_POINTS, MOST_STROKE_POINTS, pointsOf, Thinner, type Place } from './ink';
import type { BoardView, Draw, SlideRef, StrokeStyle, StrokeView } from '../protocol/schema';

/** After ink was refused for coming too fast. */
const PAUSE_MS = 1_000;

interface Drawn {
  id: string;
  slide: SlideRef;
  style: StrokeStyle;
  line: Thinner;
  /** Points that were sent. */
  sent: number;
  /** Points that the lesson's board has. */
  known: number;
  isDone: boolean;
}

export class Pen {
  #strokes: Drawn[] = [];
  #current: Drawn | null = null;
  #pausedUntilMs = 0;

  constructor(private readonly newId: () => string) {}

  get isDrawing(): boolean {
    return this.#current !== null;
  }

  /** Strokes of this slide that the board does not hold whole, as they look here. */
  shown(slide: SlideRef | null): StrokeView[] {
    const here = this.#strokes.filter((stroke) => isOn(stroke, slide));
    return here.map(({ id, style, line }) => ({
      stroke_id: id,
      style,
      points: pointsOf(line.places),
      by: null,
    }));
  }

  begin(slide: SlideRef, style: StrokeStyle, place: Place): void {
    this.end();
    const line = new Thinner();
    line.add(place);
    this.#current = { id: this.newId(), slide, style, line, sent: 0, known: 0, isDone: false };
    this.#strokes.push(this.#current);
  }

  /** A line goes on; a shape has its other corner here now. */
  move(place: Place): void {
    const stroke = this.#current;
    if (stroke === null) return;
    if (isLine(stroke)) this.#lengthen(stroke, place);
    else {
      stroke.line.kept.length = 1;
      stroke.line.kept.push(place);
    }
  }

  end(): void {
    const stroke = this.#current;
    this.#current = null;
    if (stroke === null) return;
    stroke.line.settle();
    stroke.isDone = true;
    // A shape without a size is a slip of the hand.
    if (!isLine(stroke) && stroke.style.tool !== 'text' && stroke.line.kept.length < 2)
      this.#forget(stroke.id);
  }

  /** What is to be sent now: at most one batch of each stroke. */
  due(nowMs: number): Omit<Draw, 'type'>[] {
    if (nowMs < this.#pausedUntilMs) return [];
    return this.#strokes.filter((stroke) => isLine(stroke) || stroke.isDone).flatMap(batchOf);
  }

  /** It went out; without a connection it did not, and is due again. */
  sent(stroke_id: string, points: number): void {
    const stroke = this.#find(stroke_id);
    if (stroke) stroke.sent += points;
  }

  /** What the lesson's board holds by now; what it holds whole is not ours any more. */
  see(board: BoardView): void {
    for (const stroke of [...this.#strokes]) {
      if (!isOn(stroke, board.slide)) {
        if (stroke.isDone && stroke.sent === stroke.line.kept.length) this.#forget(stroke.id);
        continue;
      }
      const held = board.strokes.find((one) => one.stroke_id === stroke.id);
      if (held) stroke.known = held.points.length / 2;
      const isGone = !held && stroke.known > 0;
      const isWhole = stroke.isDone && stroke.known >= stroke.line.kept.length;
      if (isGone || isWhole) this.#forget(stroke.id);
    }
  }

  /** The connection is new, or ink was refused: all that the board lacks is due again. */
  again(pauseUntilMs = 0): void {
    this.#pausedUntilMs = pauseUntilMs;
    for (const stroke of this.#strokes) stroke.sent = stroke.known;
  }

  /** A stroke was refused; false when it is not one of ours. */
  refused(stroke_id: string, errorId: string, nowMs: number): boolean {
    if (!this.#find(stroke_id)) return false;
    if (errorId === 'ink-too-fast') this.again(nowMs + PAUSE_MS);
    else this.#forget(stroke_id);
    return errorId !== 'ink-too-fast';
  }

  #lengthen(stroke: Drawn, place: Place): void {
    stroke.line.add(place);
    if (stroke.line.kept.length < MOST_STROKE_POINTS - 1) return;
    this.end();
    this.begin(stroke.slide, stroke.style, place);
  }

  #find(id: string): Drawn | undefined {
    return this.#strokes.find((stroke) => stroke.id === id);
  }

  #forget(id: string): void {
    if (this.#current?.id === id) this.#current = null;
    this.#strokes = this.#strokes.filter((stroke) => stroke.id !== id);
  }
}

function batchOf(stroke: Drawn): Omit<Draw, 'type'>[] {
  if (isLine(stroke)) stroke.line.settle();
  const { kept } = stroke.line;
  const batch = kept.slice(stroke.sent, stroke.sent + MOST_BATCH_POINTS);
  if (batch.length === 0) return [];
  return [
    {
      stroke_id: stroke.id,
      slide: stroke.slide,
      offset: stroke.sent,
      style: stroke.sent === 0 ? stroke.style : null,
      points: pointsOf(batch, kept[stroke.sent - 1]),
    },
  ];
}

function isLine({ style }: Drawn): boolean {
  return style.tool === 'pen' || style.tool === 'highlighter';
}

function isOn(stroke: Drawn, slide: SlideRef | null): boolean {
  return slideKey(stroke.slide) === slideKey(slide);
}

const ID_CHARS = 8;

/** A name for a new stroke. */
export function newStrokeId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_CHARS));
  return [...bytes].map((byte) => (byte % 36).toString(36)).join('');
}
