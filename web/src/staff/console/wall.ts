/** The wall of rooms: what each tile says, how many fit, who comes next. Pure. */

import type { LadderView, LessonView, LinkSignal, RoomView, StageView } from '$kit/protocol/schema';

/** Worst first: what a room can do without. */
export type Condition = 'absent' | 'lost' | 'connecting' | 'voice' | 'reduced' | 'fine';
export type Badge = 'calling' | 'stage' | 'hand' | null;

export interface Tile {
  room: RoomView;
  condition: Condition;
  badge: Badge;
}

/** What the link of a room still carries, while the lesson runs and `hasScreen` is shared. */
export function conditionOf(room: RoomView, isLive: boolean, hasScreen: boolean): Condition {
  if (room.presence === 'absent') return 'absent';
  if (room.presence === 'lost') return 'lost';
  if (!isLive) return 'fine';
  const { voice, slides, picture } = room.link;
  if (voice === 'none') return 'connecting';
  const placed = room.ladder && BY_LADDER[levelOf(room.ladder)];
  if (placed) return placed === 'fine' && voice === 'half' ? 'reduced' : placed;
  if (picture === 'none') return 'voice';
  const isReduced = voice === 'half' || picture === 'half' || (hasScreen && slides !== 'full');
  return isReduced ? 'reduced' : 'fine';
}

/** The level told, or the best where nothing is missing. */
function levelOf({ level, top }: LadderView): LadderView['level'] {
  return level === top ? 'screen_video' : level;
}

const BY_LADDER: Record<LadderView['level'], Condition> = {
  voice: 'voice',
  slides: 'voice',
  low_video: 'reduced',
  high_video: 'reduced',
  screen_video: 'fine',
};

const PICTURE: Record<LadderView['level'], LinkSignal['picture']> = {
  voice: 'none',
  slides: 'none',
  low_video: 'half',
  high_video: 'full',
  screen_video: 'full',
};

/** The three parts as the server told them, where it did: they go with the tile's words. */
export function signalOf({ link, ladder }: RoomView): LinkSignal {
  if (!ladder) return link;
  const level = levelOf(ladder);
  const slides = level === 'voice' ? 'none' : level === 'high_video' ? 'half' : 'full';
  return { voice: link.voice, slides, picture: PICTURE[level] };
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
  hasScreen: boolean,
): Tile[] {
  const isLive = lesson.state === 'live';
  return rooms.map((room) => ({
    room,
    condition: conditionOf(room, isLive, hasScreen),
    badge: badgeOf(room, stage),
  }));
}

export interface Tally {
  fine: number;
  reduced: number;
  lost: number;
  absent: number;
}

const COUNTED_AS: Record<Condition, keyof Tally> = {
  absent: 'absent',
  lost: 'lost',
  connecting: 'lost',
  voice: 'reduced',
  reduced: 'reduced',
  fine: 'fine',
};

/** How many rooms are in which state: what counts is what they can do without. */
export function tallyOf(tiles: readonly Tile[]): Tally {
  const tally: Tally = { fine: 0, reduced: 0, lost: 0, absent: 0 };
  for (const { condition } of tiles) tally[COUNTED_AS[condition]] += 1;
  return tally;
}

export interface WallGrid {
  columns: number;
  perPage: number;
  pages: number;
  /** Square tiles carry icons only. */
  isCompact: boolean;
}

const PAGED_ABOVE = 30;
const ROOMS_PER_PAGE = 24;
const LOW_SCREEN_PX = 780;
const FEW_ROOMS = 8;

/** How the wall lays out `count` rooms on a window of that height. */
export function wallGrid(count: number, windowHeightPx: number): WallGrid {
  const isLow = windowHeightPx < LOW_SCREEN_PX;
  if (count > PAGED_ABOVE) {
    const pages = Math.ceil(count / ROOMS_PER_PAGE);
    return { columns: 12, perPage: ROOMS_PER_PAGE, pages, isCompact: true };
  }
  if (count <= 12) {
    // Few rooms get tiles wide enough to tell two classes of one grade apart.
    const inOneRow = count <= FEW_ROOMS ? FEW_ROOMS : 12;
    return { columns: isLow ? inOneRow : 6, perPage: 12, pages: 1, isCompact: isLow };
  }
  return { columns: isLow ? 15 : 10, perPage: PAGED_ABOVE, pages: 1, isCompact: true };
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
