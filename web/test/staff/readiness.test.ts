import { describe, expect, it } from 'vitest';
import type { CheckView, RoomReadiness } from '../../src/kit/protocol/schema';
import {
  counts,
  csvOf,
  daysSince,
  expectedOf,
  height,
  OLD_AFTER_MS,
  rowsOf,
  shown,
} from '../../src/staff/readiness/rows';

const NOW = 1_800_000_000_000;

function check(differs: Partial<CheckView> = {}): CheckView {
  return {
    check_id: 'chk',
    at_ms: NOW - 3_600_000,
    is_auto: false,
    level: 'high_video',
    sends: 'video',
    readiness: 'ready',
    problems: [],
    unseen: [],
    found: {} as CheckView['found'],
    ...differs,
  };
}

function room(name: string, ...checks: CheckView[]): RoomReadiness {
  const info = { room_id: name, name, school_name: 'school', kind: 'recv_room' };
  return { room: info as RoomReadiness['room'], checks };
}

const ROOMS = [
  room('ready', check()),
  room('limited', check({ readiness: 'limited' })),
  room('old', check({ at_ms: NOW - OLD_AFTER_MS - 1 })),
  room('never'),
  room('bad', check({ readiness: 'not_ready', level: null })),
];

describe('rows', () => {
  it('come with those first that need somebody', () => {
    const rows = rowsOf(ROOMS, NOW);
    expect(rows.map(({ state }) => state)).toEqual([
      'not_ready',
      'never',
      'old',
      'limited',
      'ready',
    ]);
    expect(counts(rows)).toEqual({ not_ready: 1, never: 1, old: 1, limited: 1, ready: 1 });
  });

  it('are of receiving rooms, by name', () => {
    const lead = room('lead');
    const rows = rowsOf(
      [room('b'), room('a'), { ...lead, room: { ...lead.room, kind: 'lead_room' } }],
      NOW,
    );
    expect(rows.map(({ row }) => row.room.name)).toEqual(['a', 'b']);
  });

  it('are found by kind and letters', () => {
    const rows = rowsOf(ROOMS, NOW);
    expect(shown(rows, 'todo', '')).toHaveLength(4);
    expect(shown(rows, 'never', '').map(({ row }) => row.room.name)).toEqual(['never']);
    expect(shown(rows, 'all', ' SCHOOL OLD ').map(({ state }) => state)).toEqual(['old']);
    expect(shown(rows, 'ready', 'zzz')).toEqual([]);
  });
});

it('a level stands as high as it is', () => {
  expect([null, 'voice', 'screen_video'].map((level) => height(check({ level } as never)))).toEqual(
    [0, 1, 5],
  );
});

it('counts whole days', () => {
  expect(daysSince(NOW - 2.5 * 86_400_000, NOW)).toBe(2);
  expect(daysSince(NOW + 5, NOW)).toBe(0);
});

it('tells a teacher how her rooms will see her', () => {
  const rooms = [
    room('a', check()),
    room('b', check({ level: 'screen_video' })),
    room('c', check({ level: 'low_video' })),
    room('d', check({ level: 'slides' })),
    room('e', check({ at_ms: NOW - OLD_AFTER_MS - 1 })),
    room('f', check({ level: null })),
    room('g', check({ level: 'voice' })),
  ];
  const expected = expectedOf(rooms, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'unknown'], NOW);
  expect(expected).toEqual({ clear: 2, less: 1, slides: 1, voice: 1, none: 1, unknown: 2 });
});

it('writes a table that a spreadsheet reads as text', () => {
  const text = csvOf(
    ['room', 'next'],
    [
      ['=1+1', 'a "b", c'],
      ['-', '教室'],
    ],
  );
  expect(text).toBe('\uFEFFroom,next\r\n\'=1+1,"a ""b"", c"\r\n\'-,教室\r\n');
});
