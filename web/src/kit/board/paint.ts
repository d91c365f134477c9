import type { StrokeStyle, StrokeView } from '../protocol/schema';
import { EDGE, placesOf, type Place } from './ink';

/** The design's tokens that ink may have, by the number on the wire. */
export const INK_TOKENS = [
  '--red-500',
  '--indigo-600',
  '--ink-900',
  '--pine-600',
  '--amber-500',
  '--white',
] as const;

const HIGHLIGHTER_ALPHA = 0.38;
const LINE_HEIGHT = 1.25;
const DOT_PX = 0.01;
/** How far from a corner its rounding begins, in widths of the slide. */
const ROUNDING = 0.012;

/** What painting needs to know of a canvas. */
export interface Sheet {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  colors: readonly string[];
  font: string;
}

export function paintStroke(sheet: Sheet, stroke: StrokeView): void {
  const { context } = sheet;
  const { style } = stroke;
  const places = placesOf(stroke.points).map((place) => onSheet(sheet, place));
  const color = sheet.colors[style.color] ?? sheet.colors[0] ?? '';
  context.globalAlpha = style.tool === 'highlighter' ? HIGHLIGHTER_ALPHA : 1;
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = Math.max(1, (style.width * sheet.width) / EDGE);
  context.lineCap = context.lineJoin = 'round';
  if (style.tool === 'text') write(sheet, style, places);
  else {
    context.beginPath();
    trace(sheet, style.tool, places);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Whether painting a stroke again over itself looks the same. */
export function isOpaque({ style }: StrokeView): boolean {
  return style.tool === 'pen';
}

function onSheet({ width, height }: Sheet, [x, y]: Place): Place {
  return [(x * width) / EDGE, (y * height) / EDGE];
}

function trace(
  sheet: Sheet,
  tool: Exclude<StrokeStyle['tool'], 'text'>,
  places: readonly Place[],
): void {
  const { context } = sheet;
  const first = places[0];
  const last = places[places.length - 1];
  if (first === undefined || last === undefined) return;
  const [[ax, ay], [bx, by]] = [first, last];
  if (tool === 'rectangle') context.rect(ax, ay, bx - ax, by - ay);
  else if (tool === 'ellipse') {
    const [rx, ry] = [Math.abs(bx - ax) / 2, Math.abs(by - ay) / 2];
    context.ellipse((ax + bx) / 2, (ay + by) / 2, rx, ry, 0, 0, 2 * Math.PI);
  } else curve(sheet, tool === 'line' ? [first, last] : places);
}

/** Straight from place to place, with each corner rounded as far as a pen's tip would. */
function curve({ context, width }: Sheet, places: readonly Place[]): void {
  places.forEach((place, n) => {
    const before = places[n - 1];
    const next = places[n + 1];
    if (before === undefined) context.moveTo(...place);
    // A dot is a line too, but one without a length is not painted.
    if (next === undefined) context.lineTo(place[0] + (before ? 0 : DOT_PX), place[1]);
    else if (before !== undefined) {
      context.lineTo(...beside(place, before, width * ROUNDING));
      context.quadraticCurveTo(...place, ...beside(place, next, width * ROUNDING));
    }
  });
}

/** So far from a place towards another, but not beyond the middle. */
function beside([x, y]: Place, [toX, toY]: Place, reach: number): [number, number] {
  const share = Math.min(0.5, reach / Math.max(1, Math.hypot(toX - x, toY - y)));
  return [x + (toX - x) * share, y + (toY - y) * share];
}

function write(sheet: Sheet, style: StrokeStyle, places: readonly Place[]): void {
  const [x, y] = places[0] ?? [0, 0];
  const size = (style.width * sheet.width) / EDGE;
  sheet.context.font = `700 ${size}px ${sheet.font}`;
  sheet.context.textBaseline = 'top';
  style.text
    .split('\n')
    .forEach((line, n) => sheet.context.fillText(line, x, y + n * size * LINE_HEIGHT));
}
