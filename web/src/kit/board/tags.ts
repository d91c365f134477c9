import type { StrokeView } from '../protocol/schema';
import { EDGE } from './ink';

/** A room's name beside what it wrote, in percent of the slide. */
export interface Tag {
  roomId: string;
  name: string;
  left: number;
  top: number;
}

const PERCENT = EDGE / 100;
/** So far from the far edges that the name stays on the slide. */
const MOST_LEFT = 84;
const ABOVE = 5;

/** One for each room that wrote, over where its newest stroke begins. */
export function tagsOf(strokes: readonly StrokeView[]): Tag[] {
  const tags = new Map<string, Tag>();
  for (const { by, points } of strokes) {
    if (!by) continue;
    const left = Math.min(MOST_LEFT, (points[0] ?? 0) / PERCENT);
    const top = Math.max(0, (points[1] ?? 0) / PERCENT - ABOVE);
    tags.set(by.room_id, { roomId: by.room_id, name: by.room_name, left, top });
  }
  return [...tags.values()];
}
