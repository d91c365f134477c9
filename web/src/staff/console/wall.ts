/** The wall of rooms: what each tile says, how many fit, who comes next. Pure. */

import type { LessonView, RoomView, StageView } from '$kit/protocol/schema';

/** Worst first: what a room can do without. */
export type Condition = 'absent' | 'lost' | 'voice' | 'reduced' | 'fine';
export type Badge = 'calling' | 'stage' | 'hand' | null;

export interface Tile {
  room: RoomView;
  condition: Condition;
  badge: Badge;
}

/** What the link of a room still carries, while the lesson runs and `has_screen` is shared. */
export function conditionOf(room: RoomView, is_live: boolean, has_screen: boolean): Condition {
  if (room.presence === 'absent') return 'absent';
  if (room.presence === 'lost') return 'lost';
  if (!is_live) return 'fine';
  const { voice, slides, picture } = room.link;
  if (voice === 'none') return 'lost';
  if (picture === 'none') return 'voice';
  const is_reduced = voice === 'half' || picture === 'half' || (has_screen && slides !== 'full');
  return is_reduced ? 'reduced' : 'fine';
}

function badgeOf(room: RoomView, stage: StageView | null): Badge {
  if (stage?.room_id === room.room_id) return stage.state === 'on_stage' ? 'stage' : 'calling';
  return room.hand_place === null ? null : 'hand';
}

/** One tile per room in the order given: tiles keep their place all lesson. */
export function tilesOf(
  rooms: readonly RoomView[],
  stage: StageView | null,
  lesson: Pick<LessonView, 'state'>,
  has_screen: boolean,
): Tile[] {
  const is_live = lesson.state === 'live';
  return rooms.map((room) => ({
    room,
    condition: conditionOf(room, is_live, has_screen),
    badge: badgeOf(room, stage),
  }));
}

export interface Tally {
  fine: number;
  reduced: number;
  lost: number;
  absent: number;
}

/** How many rooms are in which state; `reduced` counts voice-only rooms too. */
export function tallyOf(tiles: readonly Tile[]): Tally {
  const tally: Tally = { fine: 0, reduced: 0, lost: 0, absent: 0 };
  for (const { condition } of tiles) tally[condition === 'voice' ? 'reduced' : condition] += 1;
  return tally;
}

export interface WallGrid {
  columns: number;
  per_page: number;
  pages: number;
  /** Square tiles carry icons only. */
  is_compact: boolean;
}

const PAGED_ABOVE = 30;
const ROOMS_PER_PAGE = 24;
const LOW_SCREEN_PX = 780;

/** How the wall lays out `count` rooms on a window of that height. */
export function wallGrid(count: number, window_height_px: number): WallGrid {
  const is_low = window_height_px < LOW_SCREEN_PX;
  if (count > PAGED_ABOVE) {
    const pages = Math.ceil(count / ROOMS_PER_PAGE);
    return { columns: 12, per_page: ROOMS_PER_PAGE, pages, is_compact: true };
  }
  if (count <= 12) return { columns: is_low ? 12 : 6, per_page: 12, pages: 1, is_compact: is_low };
  return { columns: is_low ? 15 : 10, per_page: PAGED_ABOVE, pages: 1, is_compact: true };
}

/** Rooms whose hand is up, first come first. */
export function handQueue(rooms: readonly RoomView[]): RoomView[] {
  return rooms
    .filter((room) => room.hand_place !== null)
    .sort((one, other) => (one.hand_place ?? 0) - (other.hand_place ?? 0));
}

/** Rooms that are here and have not been on stage in this lesson, in wall order. */
export function unheardRooms(rooms: readonly RoomView[], stage: StageView | null): RoomView[] {
  return rooms.filter(
    (room) =>
      room.presence !== 'absent' && room.stage_count === 0 && room.room_id !== stage?.room_id,
  );
}
