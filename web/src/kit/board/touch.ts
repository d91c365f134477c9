/** What a place on the board touches. Pure. */

import type { StrokeStyle, StrokeView } from '../protocol/schema';
import { distance, EDGE, placesOf, type Place } from './ink';

/** How near a place must be to touch a stroke. */
const TOUCH = 90;
/** A letter is about this much of its height wide. */
const LETTER_SHARE = 0.9;

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
