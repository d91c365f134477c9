/** Which rooms are ready for their lessons, by their checks: sorted, counted, written down. Pure. */

import type { CheckView, RoomReadiness } from '$kit/protocol/schema';

/** What to look at first: not ready, never checked, checked long ago, with less, ready. */
export const STATES = ['not_ready', 'never', 'old', 'limited', 'ready'] as const;
export type State = (typeof STATES)[number];
export type Wanted = 'all' | 'todo' | State;

export interface Row {
  row: RoomReadiness;
  state: State;
  latest: CheckView | null;
}

const DAY_MS = 86_400_000;
/** The server's figure: a check says little about a link after a week. */
export const OLD_AFTER_MS = 7 * DAY_MS;
export const LEVELS = ['voice', 'slides', 'low_video', 'high_video', 'screen_video'] as const;

/** Receiving rooms, those first that need somebody. */
export function rowsOf(rooms: readonly RoomReadiness[], nowMs: number): Row[] {
  const rows = rooms
    .filter(({ room }) => room.kind === 'recv_room')
    .map((row) => ({ row, state: stateOf(row, nowMs), latest: row.checks[0] ?? null }));
  const place = ({ state }: Row) => STATES.indexOf(state);
  const name = ({ row }: Row) => `${row.room.school_name} ${row.room.name}`;
  return rows.sort((a, b) => place(a) - place(b) || name(a).localeCompare(name(b)));
}

function stateOf({ checks }: RoomReadiness, nowMs: number): State {
  const latest = checks[0];
  if (latest === undefined) return 'never';
  if (latest.readiness === 'not_ready') return 'not_ready';
  return isOld(latest, nowMs) ? 'old' : latest.readiness;
}

export function isOld({ at_ms }: CheckView, nowMs: number): boolean {
  return nowMs - at_ms > OLD_AFTER_MS;
}

export function daysSince(atMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - atMs) / DAY_MS));
}

export function counts(rows: readonly Row[]): Record<State, number> {
  const zero = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
  for (const { state } of rows) zero[state] += 1;
  return zero;
}

/** Those of a kind whose school or name has these letters. */
export function shown(rows: readonly Row[], wanted: Wanted, letters: string): Row[] {
  const sought = letters.trim().toLowerCase();
  return rows.filter(({ row, state }) => {
    const isWanted = wanted === 'all' || wanted === state;
    const isTodo = wanted === 'todo' && state !== 'ready';
    const name = `${row.room.school_name} ${row.room.name}`.toLowerCase();
    return (isWanted || isTodo) && name.includes(sought);
  });
}

/** How high a level stands, 0 (nothing) to 5. */
export function height(check: CheckView): number {
  return check.level === null ? 0 : 1 + LEVELS.indexOf(check.level);
}

export interface Expected {
  clear: number;
  less: number;
  slides: number;
  voice: number;
  /** Its newest check did not get through, or not even a voice fits. */
  none: number;
  unknown: number;
}

/** How the rooms of a lesson will see its teacher, by their newest checks. */
export function expectedOf(
  rooms: readonly RoomReadiness[],
  roomIds: readonly string[],
  nowMs: number,
): Expected {
  const expected: Expected = { clear: 0, less: 0, slides: 0, voice: 0, none: 0, unknown: 0 };
  for (const roomId of roomIds) {
    const latest = rooms.find(({ room }) => room.room_id === roomId)?.checks[0];
    if (latest === undefined || isOld(latest, nowMs)) expected.unknown += 1;
    else expected[seenAs(latest.level)] += 1;
  }
  return expected;
}

function seenAs(level: CheckView['level']): Exclude<keyof Expected, 'unknown'> {
  if (level === 'low_video') return 'less';
  if (level === 'voice' || level === 'slides') return level;
  return level === null ? 'none' : 'clear';
}

/** A table for a spreadsheet (RFC 4180); cells that a spreadsheet would calculate are quoted. */
export function csvOf(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const text = [header, ...lines].map((cells) => cells.map(cell).join(',')).join('\r\n');
  return `\uFEFF${text}\r\n`;
}

function cell(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
