import type { StrokeView } from '../protocol/schema';
import { INK_TOKENS, isOpaque, paintStroke, type Sheet } from './paint';

/** Wider than this a canvas costs an old board more than anybody sees. */
const WIDEST_PX = 1920;

/** A canvas that shows strokes, and paints only what is new where that looks the same. */
export class InkCanvas {
  #painted: readonly StrokeView[] = [];
  #sheet: Sheet | null = null;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** The place on the screen became this large; everything must be shown again. */
  resize(cssWidth: number, cssHeight: number): void {
    const scale = Math.min(devicePixelRatio, WIDEST_PX / Math.max(1, cssWidth));
    this.canvas.width = Math.round(cssWidth * scale);
    this.canvas.height = Math.round(cssHeight * scale);
    this.#sheet = sheetOf(this.canvas);
    this.#painted = [];
  }

  show(strokes: readonly StrokeView[]): void {
    const sheet = this.#sheet;
    if (sheet === null || strokes === this.#painted) return;
    let from = firstChange(this.#painted, strokes);
    if (from < this.#painted.length && !isLonger(this.#painted, strokes, from)) {
      sheet.context.clearRect(0, 0, sheet.width, sheet.height);
      from = 0;
    }
    for (const stroke of strokes.slice(from)) paintStroke(sheet, stroke);
    this.#painted = strokes;
  }
}

/** The first stroke that is not painted as it is. */
export function firstChange(
  painted: readonly StrokeView[],
  strokes: readonly StrokeView[],
): number {
  let n = 0;
  while (n < painted.length && painted[n] === strokes[n]) n += 1;
  return n;
}

/** Only the last painted stroke is another, and it only went on. */
export function isLonger(
  painted: readonly StrokeView[],
  strokes: readonly StrokeView[],
  at: number,
): boolean {
  const [before, now] = [painted[at], strokes[at]];
  if (before === undefined || now === undefined || at !== painted.length - 1) return false;
  return before.stroke_id === now.stroke_id && isOpaque(now);
}

function sheetOf(canvas: HTMLCanvasElement): Sheet | null {
  const context = canvas.getContext('2d');
  if (context === null) return null;
  const look = getComputedStyle(canvas);
  const colors = INK_TOKENS.map((token) => look.getPropertyValue(token).trim());
  return { context, width: canvas.width, height: canvas.height, colors, font: look.fontFamily };
}
