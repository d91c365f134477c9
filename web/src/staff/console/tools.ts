/** The tools of the board: what each draws, and what a place on the board touches. Pure. */

import { distance, EDGE, placesOf, type Place } from '$kit/board/ink';
import type { StrokeStyle, StrokeView } from '$kit/protocol/schema';

export type BoardTool = StrokeStyle['tool'] | 'laser' | 'eraser';

export const TOOLS: readonly BoardTool[] = [
  'laser',
  'pen',
  'highlighter',
  'eraser',
  'line',
  'rectangle',
  'ellipse',
  'text',
];

const WIDTHS: Record<StrokeStyle['tool'], number> = {
  pen: 50,
  highlighter: 260,
  line: 50,
  rectangle: 50,
  ellipse: 50,
  text: 330,
};
/** How near a place must be to touch a stroke. */
const TOUCH = 90;
/** A letter is about this much of its height wide. */
const LETTER_SHARE = 0.9;

export function isInk(tool: BoardTool): tool is StrokeStyle['tool'] {
  return tool !== 'laser' && tool !== 'eraser';
}

export function styleOf(tool: StrokeStyle['tool'], color: number, text = ''): StrokeStyle {
  return { tool, color, width: WIDTHS[tool], text };
}

/** The stroke on top that a place touches, if any. */
export function touched(strokes: readonly StrokeView[], place: Place): StrokeView | null {
  return [...strokes].reverse().find((stroke) => isTouched(stroke, place)) ?? null;
}

function isTouched({ style, points }: StrokeView, place: Place): boolean {
  const places = placesOf(points);
  const reach = TOUCH + style.width / 2;
  if (style.tool === 'text') return isInText(places[0], style, place);
  if (style.tool === 'rectangle' || style.tool === 'ellipse')
    return isNearLine(outline(places), place, reach);
  return isNearLine(places, place, reach);
}

function isNearLine(places: readonly Place[], place: Place, reach: number): boolean {
  return places.some((from, n) => distance(place, from, places[n + 1] ?? from) <= reach);
}

/** The four sides around a shape; for an ellipse that is near enough. */
function outline(places: readonly Place[]): Place[] {
  const [[ax, ay], [bx, by]] = [places[0] ?? [0, 0], places[1] ?? [0, 0]];
  return [
    [ax, ay],
    [bx, ay],
    [bx, by],
    [ax, by],
    [ax, ay],
  ];
}

function isInText(at: Place | undefined, style: StrokeStyle, [x, y]: Place): boolean {
  if (at === undefined) return false;
  const width = Math.min(EDGE, style.text.length * style.width * LETTER_SHARE);
  const height = style.width * (16 / 9);
  return x >= at[0] && x <= at[0] + width && y >= at[1] && y <= at[1] + height;
}
