/** The wall of rooms: what each tile says, how many fit, who comes next. Pure. */

import type { LadderView, LessonView, LinkSignal, RoomView, StageView } from '$kit/protocol/schema';
import { levelOf } from '$kit/ui/signal';
import { stateKey, type StateKey } from './held';

/** Worst first: what a room can do without. */
export type Condition =
  | 'absent'
  | 'lost'
  | 'connecting'
  /** It hears the lesson, and sees nothing of it. */
  | 'voice'
  /** And sees what has the big place, but not the teacher. */
  | 'slides'
  /** The voice itself is broken up. */
  | 'choppy'
  | 'reduced'
  /** So is the teacher's picture, and of the shared screen an old page is seen. */
  | 'still'
  /** The shared screen alone does not come. */
  | 'screen'
  /** It plays what it missed, or follows the recording. */
  | 'catching'
  | 'following'
  | 'fine';
export type Badge = 'calling' | 'stage' | 'hand' | null;

export interface Tile {
  room: RoomView;
  condition: Condition;
  state: StateKey;
  badge: Badge;
}

/** What the lesson shows beside the teacher. */
export interface Shown {
  screen: boolean;
  slide: boolean;
}

/** What the link of a room still carries, while the lesson runs. */
export function conditionOf(room: RoomView, isLive: boolean, shown: Shown): Condition {
  if (room.presence === 'absent') return 'absent';
  if (room.presence === 'lost') return 'lost';
  if (!isLive) return 'fine';
  // An offer takes nothing from the room: it is live.
  if (room.behind && room.behind.state !== 'offered') return room.behind.state;
  const { voice } = room.link;
  if (voice === 'none') return 'connecting';
  const level = room.ladder ? levelOf(room.ladder) : levelSeen(room.link, shown);
  if (level === 'slides') return shown.screen || shown.slide ? 'slides' : 'voice';
  const isOld = level === 'low_video' && shown.screen && room.link.slides === 'none';
  const condition = isOld ? 'still' : BY_LEVEL[level];
  return voice === 'half' && condition !== 'voice' ? 'choppy' : condition;
}

/** The level as it looks from the room alone, while the server has told none. */
function levelSeen({ slides, picture }: LinkSignal, shown: Shown): LadderView['level'] {
  if (picture === 'none') return slides === 'none' ? 'voice' : 'slides';
  if (picture === 'half') return 'low_video';
  return shown.screen && slides !== 'full' ? 'high_video' : 'screen_video';
}

const BY_LEVEL: Record<Exclude<LadderView['level'], 'slides'>, Condition> = {
  voice: 'voice',
  low_video: 'reduced',
  high_video: 'screen',
  screen_video: 'fine',
};

function badgeOf(room: RoomView, stage: StageView | null): Badge {
  if (stage?.room_id === room.room_id) return stage.state === 'on_stage' ? 'stage' : 'calling';
  return room.hand_place === null ? null : 'hand';
}

/** One tile per room in the order given: tiles keep their place all lesson. */
export function tilesOf(
  rooms: readonly RoomView[],
  stage: StageView | null,
  lesson: Pick<LessonView, 'state'>,
  shown: Shown,
): Tile[] {
  const isLive = lesson.state === 'live';
  return rooms.map((room) => {
    const condition = conditionOf(room, isLive, shown);
    return { room, condition, state: stateKey(condition, shown), badge: badgeOf(room, stage) };
  });
}

export interface Tally {
  fine: number;
  behind: number;
  reduced: number;
  lost: number;
  absent: number;
}

const COUNTED_AS: Record<Condition, keyof Tally> = {
  absent: 'absent',
  lost: 'lost',
  connecting: 'lost',
  voice: 'reduced',
  slides: 'reduced',
  choppy: 'reduced',
  reduced: 'reduced',
  still: 'reduced',
  screen: 'reduced',
  catching: 'behind',
  following: 'behind',
  fine: 'fine',
};

/** How many rooms are in which state: what counts is what they can do without. */
export function tallyOf(tiles: readonly Tile[]): Tally {
  const tally: Tally = { fine: 0, behind: 0, reduced: 0, lost: 0, absent: 0 };
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
