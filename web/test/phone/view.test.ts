import { expect, it } from 'vitest';
import { reduce } from '$kit/store/reduce';
import { minutesLeft, secretOf, stageWords, viewOf } from '../../src/phone/view';
import { aRoom, aSnapshot, aStage } from '../support/lesson';

const LESSON = { ...aSnapshot().lesson, scheduled_start_ms: 0, duration_minutes: 40 };

it.each([
  ['before the start', 'scheduled', null, {}, 'waiting'],
  ['live', 'live', null, {}, 'remote'],
  ['called, even while the screen is cut off', 'live', aStage(), { presence: 'lost' }, 'called'],
  ['on stage', 'live', aStage({ state: 'on_stage' }), {}, 'onstage'],
  ['another is on stage', 'live', aStage({ room_id: 'room-b', state: 'on_stage' }), {}, 'remote'],
  ['the screen is cut off', 'live', null, { presence: 'lost' }, 'lost'],
  ['the screen never came', 'live', null, { presence: 'absent' }, 'absent'],
  ['over', 'ended', null, {}, 'over'],
] as const)('%s', (_name, state, stage, room, expected) => {
  const lesson = reduce(null, aSnapshot({ lesson: { ...LESSON, state }, stage }), 0);
  expect(lesson && viewOf(lesson, aRoom(room))).toBe(expected);
});

it.each([
  [{ state: 'accepted' }, 'stage.soon'],
  [{ state: 'on_stage' }, 'stage.seen'],
  [{ state: 'on_stage', is_picture_paused: true }, 'stage.heard'],
  [{ state: 'on_stage', is_picture_paused: true, is_muted: true }, 'stage.muted'],
] as const)('of a stage %o says %s', (stage, expected) => {
  const lesson = reduce(null, aSnapshot({ stage: aStage(stage) }), 0);
  expect(lesson && stageWords(lesson)).toBe(expected);
});

it.each([
  [0, 40],
  [39 * 60_000 + 1, 1],
  [50 * 60_000, 0],
])('at %d ms there are %d minutes left', (nowMs, expected) => {
  expect(minutesLeft(LESSON, nowMs)).toBe(expected);
});

it.each([
  ['/p/secret-1', 'secret-1'],
  ['/p', null],
  ['/p/a/b', null],
])('secret of %s', (path, expected) => {
  expect(secretOf(path)).toBe(expected);
});
