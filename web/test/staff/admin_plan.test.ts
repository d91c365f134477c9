import { describe, expect, test } from 'vitest';
import type { LessonInfo } from '../../src/kit/protocol/schema';
import { isMakingFull } from '../../src/staff/admin/server_parts';
import { changeOf, isPlanSound, type LessonPlan } from '../../src/staff/admin/plan';
import { isCapSound, isSmallestVoice } from '../../src/staff/admin/policy';

const lesson = {
  title: '分数',
  scheduled_start_ms: 60_000,
  duration_minutes: 40,
  room_ids: ['a', 'b'],
  picture_profile: 'slides_first',
  sound_profile: 'speech',
} as LessonInfo;
const plan: LessonPlan = {
  title: '分数',
  startMs: 60_000,
  minutes: 40,
  roomIds: ['b', 'a'],
  profile: 'slides_first',
  sound: 'speech',
};

describe('changeOf', () => {
  test('says nothing of what stayed, whatever the order of the rooms', () => {
    expect(changeOf(lesson, plan)).toEqual({});
  });

  test.each<[Partial<LessonPlan>, object]>([
    [{ title: ' 小数 ' }, { title: '小数' }],
    [{ startMs: 120_000 }, { scheduled_start_ms: 120_000 }],
    [{ minutes: 45 }, { duration_minutes: 45 }],
    [{ roomIds: ['a'] }, { room_ids: ['a'] }],
    [{ profile: 'movement_first' }, { picture_profile: 'movement_first' }],
    [{ sound: 'music' }, { sound_profile: 'music' }],
  ])('%o', (edit, change) => {
    expect(changeOf(lesson, { ...plan, ...edit })).toEqual(change);
  });
});

test.each<[Partial<LessonPlan>, boolean]>([
  [{}, true],
  [{ title: ' ' }, false],
  [{ startMs: null }, false],
  [{ minutes: null }, false],
  [{ minutes: 4 }, false],
  [{ minutes: 7.5 }, false],
  [{ minutes: 240 }, true],
])('a plan with %o is sound: %s', (edit, isSound) => {
  expect(isPlanSound({ ...plan, ...edit })).toBe(isSound);
});

test.each([
  [null, true],
  [64, true],
  [63, false],
  [300.5, false],
  [100_000, true],
  [100_001, false],
])('a cap of %s is sound: %s', (kbps, isSound) => {
  expect(isCapSound(kbps)).toBe(isSound);
});

test.each([
  [64, true, true],
  [64, false, false],
  [65, true, false],
  [null, true, false],
])('with a cap of %s, voice alone %s: the smallest voice %s', (kbps, isVoice, isSmallest) => {
  expect(isSmallestVoice(kbps, isVoice)).toBe(isSmallest);
});

test.each([
  [{ status: 'degraded', parts: { lower_pictures: 'transcoders-full' } }, true],
  [{ status: 'ok', parts: { lower_pictures: 'ok' } }, false],
  [{ parts: {} }, false],
  [{ parts: null }, false],
  ['<html>', false],
  [null, false],
])('a machine that says %j makes no more pictures: %s', (answer, isFull) => {
  expect(isMakingFull(answer)).toBe(isFull);
});
