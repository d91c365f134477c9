import { describe, expect, test } from 'vitest';
import {
  conditionOf,
  handQueue,
  tallyOf,
  tilesOf,
  unheardRooms,
  wallGrid,
} from '../../src/staff/console/wall';
import { heldKey } from '../../src/staff/console/held';
import { signalOf } from '../../src/kit/ui/signal';
import { room, stageOf } from './rooms';

const LIVE = { state: 'live' } as const;
const SCREEN = { screen: true, slide: false };
const SLIDE = { screen: false, slide: true };
const BOTH = { screen: true, slide: true };
const NEITHER = { screen: false, slide: false };

describe('conditionOf', () => {
  test.each([
    ['full', 'full', 'full', SCREEN, 'fine'],
    ['full', 'none', 'full', NEITHER, 'fine'],
    ['full', 'none', 'full', SCREEN, 'screen'],
    ['full', 'full', 'half', SCREEN, 'reduced'],
    ['half', 'full', 'full', SCREEN, 'choppy'],
    ['full', 'full', 'none', SCREEN, 'slides'],
    ['full', 'none', 'none', SCREEN, 'voice'],
    ['full', 'full', 'none', NEITHER, 'voice'],
    ['none', 'full', 'full', SCREEN, 'connecting'],
  ] as const)('voice %s, slides %s, picture %s, shown %o: %s', (...row) => {
    const [voice, slides, picture, shown, condition] = row;
    const one = room('a', { link: { voice, slides, picture } });
    expect(conditionOf(one, true, shown)).toBe(condition);
  });

  test.each(['catching', 'following'] as const)(
    '%s comes before what its link carries',
    (state) => {
      const behind = { ms: 18_000, at_ms: 0, speed: 1.2, state };
      const one = room('a', { behind, link: { voice: 'full', slides: 'full', picture: 'none' } });
      expect(conditionOf(one, true, SCREEN)).toBe(state);
      expect(conditionOf({ ...one, presence: 'lost' }, true, SCREEN)).toBe('lost');
      const tiles = tilesOf([one], null, LIVE, SCREEN);
      expect(tallyOf(tiles)).toMatchObject({ behind: 1, fine: 0 });
    },
  );

  // Each level of the ladder, in a lesson that shares a screen, shows courseware, both or neither.
  test.each([
    ['screen_video', 'screen_video', SCREEN, 'state.fine', 'full full'],
    ['high_video', 'high_video', SLIDE, 'state.fine', 'full full'],
    ['slides', 'slides', NEITHER, 'state.fine', 'full full'],
    ['high_video', 'screen_video', SCREEN, 'state.screen', 'half full'],
    ['high_video', 'screen_video', BOTH, 'state.screen', 'half full'],
    ['low_video', 'screen_video', SCREEN, 'state.reduced', 'full half'],
    ['low_video', 'high_video', NEITHER, 'state.reduced', 'full half'],
    ['slides', 'screen_video', SCREEN, 'state.slides', 'full none'],
    ['slides', 'screen_video', BOTH, 'state.slides', 'full none'],
    ['slides', 'high_video', SLIDE, 'state.slides', 'full none'],
    ['slides', 'high_video', NEITHER, 'state.voice', 'full none'],
    ['voice', 'screen_video', SCREEN, 'state.voice.screen', 'none none'],
    ['voice', 'high_video', SLIDE, 'state.voice.slide', 'none none'],
    ['voice', 'high_video', NEITHER, 'state.voice', 'none none'],
  ] as const)(
    '%s of %s, shown %o: %s, slides and picture %s',
    (level, top, shown, state, parts) => {
      const one = room('a', { ladder: { level, top, held_by: 'link' } });
      const [tile] = tilesOf([one], null, LIVE, shown);
      expect(tile?.state).toBe(state);
      const { slides, picture } = signalOf(one);
      expect(`${slides} ${picture}`).toBe(parts);
      const isHeld = level !== top;
      expect(heldKey(one, tile?.condition ?? 'lost')).toBe(isHeld ? 'pop.held.link' : null);
    },
  );

  test('says a broken voice before a picture that is reduced, and a silent one before all', () => {
    const ladder = { level: 'low_video', top: 'high_video', held_by: 'link' } as const;
    const half = room('a', { ladder, link: { voice: 'half', slides: 'full', picture: 'half' } });
    const none = room('a', { ladder, link: { voice: 'none', slides: 'full', picture: 'half' } });
    expect(conditionOf(half, true, SLIDE)).toBe('choppy');
    expect(conditionOf(none, true, SLIDE)).toBe('connecting');
  });

  test('says why a room goes without', () => {
    const ladder = { level: 'slides', top: 'high_video', held_by: 'setting' } as const;
    expect(heldKey(room('a', { ladder }), 'voice')).toBe('pop.held.setting');
    expect(heldKey(room('a', { ladder }), 'lost')).toBeNull();
    expect(heldKey(room('a'), 'reduced')).toBeNull();
  });

  test('says nothing of links before anything is sent', () => {
    const one = room('a', { link: { voice: 'none', slides: 'none', picture: 'none' } });
    expect(conditionOf(one, false, NEITHER)).toBe('fine');
    expect(conditionOf(room('b', { presence: 'absent' }), false, NEITHER)).toBe('absent');
  });
});

test('says that the big place stands still where the room itself says so', () => {
  const ladder = { level: 'low_video', top: 'screen_video', held_by: 'link' } as const;
  const link = { voice: 'full', slides: 'none', picture: 'half' } as const;
  const one = room('a', { ladder, link, hand_place: 1 });
  const tiles = tilesOf([one], null, LIVE, SCREEN);
  const shown = { condition: 'still', state: 'state.still', badge: 'hand' };
  expect(tiles).toMatchObject([shown]);
  expect(signalOf(one)).toEqual(link);
  expect(heldKey(one, 'still')).toBe('pop.held.link');
  expect(tallyOf(tiles)).toMatchObject({ reduced: 1, fine: 0 });
  expect(conditionOf(one, true, SLIDE)).toBe('reduced');
});

describe('tilesOf', () => {
  test('keeps the order given and puts the stage before a hand', () => {
    const rooms = [room('b', { hand_place: 1 }), room('a', { hand_place: 2 }), room('c')];
    const tiles = tilesOf(rooms, stageOf('b'), LIVE, NEITHER);
    expect(tiles.map(({ room: { room_id }, badge }) => [room_id, badge])).toEqual([
      ['b', 'stage'],
      ['a', 'hand'],
      ['c', null],
    ]);
  });

  test('shows a called room as being called until it is on stage', () => {
    const [tile] = tilesOf([room('a')], stageOf('a', 'accepted'), LIVE, NEITHER);
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
    const tally = tallyOf(tilesOf(rooms, null, LIVE, NEITHER));
    expect(tally).toEqual({ fine: 1, behind: 0, reduced: 2, lost: 1, absent: 1 });
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
