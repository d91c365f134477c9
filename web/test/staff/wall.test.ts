import { describe, expect, test } from 'vitest';
import {
  conditionOf,
  handQueue,
  signalOf,
  tallyOf,
  tilesOf,
  unheardRooms,
  wallGrid,
} from '../../src/staff/console/wall';
import { heldKey, stateKey } from '../../src/staff/console/held';
import { room, stageOf } from './rooms';

const LIVE = { state: 'live' } as const;

describe('conditionOf', () => {
  test.each([
    ['full', 'full', 'full', true, 'fine'],
    ['full', 'none', 'full', false, 'fine'],
    ['full', 'none', 'full', true, 'reduced'],
    ['full', 'full', 'half', true, 'reduced'],
    ['half', 'full', 'full', true, 'reduced'],
    ['full', 'full', 'none', true, 'voice'],
    ['none', 'full', 'full', true, 'connecting'],
  ] as const)('voice %s, slides %s, picture %s, shared %s: %s', (...row) => {
    const [voice, slides, picture, hasScreen, condition] = row;
    const one = room('a', { link: { voice, slides, picture } });
    expect(conditionOf(one, true, hasScreen)).toBe(condition);
  });

  test.each([
    ['high_video', 'high_video', 'full', 'fine', 'full'],
    ['high_video', 'high_video', 'half', 'reduced', 'full'],
    ['high_video', 'screen_video', 'full', 'reduced', 'full'],
    ['low_video', 'high_video', 'full', 'reduced', 'half'],
    ['slides', 'high_video', 'full', 'voice', 'none'],
    ['voice', 'high_video', 'full', 'voice', 'none'],
    ['slides', 'slides', 'full', 'fine', 'full'],
    ['slides', 'high_video', 'none', 'connecting', 'none'],
  ] as const)('%s of %s, voice %s: %s, picture %s', (level, top, voice, condition, picture) => {
    const ladder = { level, top, held_by: 'link' } as const;
    const one = room('a', { ladder, link: { voice, slides: 'full', picture: 'half' } });
    expect(conditionOf(one, true, true)).toBe(condition);
    expect(signalOf(one).picture).toBe(picture);
  });

  test('says why a room goes without', () => {
    const ladder = { level: 'slides', top: 'high_video', held_by: 'setting' } as const;
    expect(heldKey(room('a', { ladder }), 'voice')).toBe('pop.held.setting');
    expect(heldKey(room('a', { ladder }), 'lost')).toBeNull();
    expect(heldKey(room('a'), 'reduced')).toBeNull();
    expect(stateKey(room('a', { ladder }), 'voice')).toBe('state.voice');
  });

  test('says nothing of links before anything is sent', () => {
    const one = room('a', { link: { voice: 'none', slides: 'none', picture: 'none' } });
    expect(conditionOf(one, false, false)).toBe('fine');
    expect(conditionOf(room('b', { presence: 'absent' }), false, false)).toBe('absent');
  });
});

describe('tilesOf', () => {
  test('keeps the order given and puts the stage before a hand', () => {
    const rooms = [room('b', { hand_place: 1 }), room('a', { hand_place: 2 }), room('c')];
    const tiles = tilesOf(rooms, stageOf('b'), LIVE, false);
    expect(tiles.map(({ room: { room_id }, badge }) => [room_id, badge])).toEqual([
      ['b', 'stage'],
      ['a', 'hand'],
      ['c', null],
    ]);
  });

  test('shows a called room as being called until it is on stage', () => {
    const [tile] = tilesOf([room('a')], stageOf('a', 'accepted'), LIVE, false);
    expect(tile?.badge).toBe('calling');
  });

  test('counts voice-only rooms as reduced', () => {
    const rooms = [
      room('a', { link: { voice: 'full', slides: 'full', picture: 'none' } }),
      room('b', { link: { voice: 'full', slides: 'full', picture: 'half' } }),
      room('c', { presence: 'lost' }),
      room('d', { presence: 'absent' }),
      room('e'),
    ];
    const tally = tallyOf(tilesOf(rooms, null, LIVE, false));
    expect(tally).toEqual({ fine: 1, reduced: 2, lost: 1, absent: 1 });
  });
});

describe('wallGrid', () => {
  test.each([
    [3, 900, { columns: 6, pages: 1, isCompact: false }],
    [12, 900, { columns: 6, pages: 1, isCompact: false }],
    [8, 657, { columns: 8, pages: 1, isCompact: true }],
    [12, 657, { columns: 12, pages: 1, isCompact: true }],
    [13, 900, { columns: 10, pages: 1, isCompact: true }],
    [30, 657, { columns: 15, pages: 1, isCompact: true }],
    [31, 900, { columns: 12, pages: 2, isCompact: true }],
    [1000, 900, { columns: 12, pages: 42, isCompact: true }],
  ])('%i rooms on %i px', (count, height, grid) => {
    expect(wallGrid(count, height)).toMatchObject(grid);
  });

  test('never loses a room between its pages', () => {
    for (let count = 0; count <= 200; count += 1) {
      const { perPage, pages } = wallGrid(count, 900);
      expect(perPage * pages).toBeGreaterThanOrEqual(count);
    }
  });
});

test('hands stand first come first', () => {
  const rooms = [room('a', { hand_place: 2 }), room('b'), room('c', { hand_place: 1 })];
  expect(handQueue(rooms).map(({ room_id }) => room_id)).toEqual(['c', 'a']);
});

test('unheard rooms are here, never on stage and not on it now', () => {
  const rooms = [
    room('a', { stage_count: 1 }),
    room('b'),
    room('c', { presence: 'absent' }),
    room('d'),
  ];
  expect(unheardRooms(rooms, stageOf('d')).map(({ room_id }) => room_id)).toEqual(['b']);
});
