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
    trace(context, style.tool, places);
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
  context: CanvasRenderingContext2D,
  tool: Exclude<StrokeStyle['tool'], 'text'>,
  places: readonly Place[],
): void {
  const first = places[0];
  const last = places[places.length - 1];
  if (first === undefined || last === undefined) return;
  const [[ax, ay], [bx, by]] = [first, last];
  if (tool === 'rectangle') context.rect(ax, ay, bx - ax, by - ay);
  else if (tool === 'ellipse') {
    const [rx, ry] = [Math.abs(bx - ax) / 2, Math.abs(by - ay) / 2];
    context.ellipse((ax + bx) / 2, (ay + by) / 2, rx, ry, 0, 0, 2 * Math.PI);
  } else curve(context, tool === 'line' ? [first, last] : places);
}

/** Through the middles of all pieces, with the places as what pulls it: corners become round. */
function curve(context: CanvasRenderingContext2D, places: readonly Place[]): void {
  places.forEach(([x, y], n) => {
    const next = places[n + 1];
    if (n === 0) context.moveTo(x, y);
    if (next === undefined) context.lineTo(x, y);
    else if (n > 0) context.quadraticCurveTo(x, y, (x + next[0]) / 2, (y + next[1]) / 2);
  });
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
