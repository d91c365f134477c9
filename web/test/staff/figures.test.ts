import { expect, test } from 'vitest';
import type { AttendanceView } from '$kit/protocol/schema';
import { figuresOf, levelTimes, unheard } from '../../src/staff/summary/figures';

function row(room_id: string, differs: Partial<AttendanceView>): AttendanceView {
  return {
    room_id,
    room_name: room_id,
    school_name: 's',
    first_joined_ms: 1,
    last_seen_ms: 2,
    voice_ms: 0,
    picture_ms: 0,
    cut_off_ms: 0,
    stage_count: 0,
    stage_ms: 0,
    hand_count: 0,
    levels: { voice_ms: 0, slides_ms: 0, low_video_ms: 0, high_video_ms: 0, screen_video_ms: 0 },
    ...differs,
  };
}

test('voice counts against the time a room was here, never rounded up to whole', () => {
  const rows = [row('a', { voice_ms: 99_960, cut_off_ms: 40 }), row('b', { stage_count: 1 })];
  expect(figuresOf(rows)).toEqual({
    voicePercent: 99.9,
    heardRooms: 1,
    attendedRooms: 2,
    cutOffMs: 40,
  });
});

test('says nothing about voice when nobody came', () => {
  expect(figuresOf([row('a', { first_joined_ms: null })])).toMatchObject({
    voicePercent: null,
    attendedRooms: 0,
  });
});

test('rooms that never came are not called unheard', () => {
  const rows = [row('a', {}), row('b', { first_joined_ms: null }), row('c', { stage_count: 2 })];
  expect(unheard(rows).map(({ room_id }) => room_id)).toEqual(['a']);
});

test('levels that never were are left out, the best comes first', () => {
  const levels = {
    voice_ms: 0,
    slides_ms: 2_000,
    low_video_ms: 0,
    high_video_ms: 9_000,
    screen_video_ms: 0,
  };
  expect(levelTimes(row('a', { levels }))).toEqual([
    { level: 'high_video', ms: 9_000 },
    { level: 'slides', ms: 2_000 },
  ]);
  expect(levelTimes(row('b', {}))).toEqual([]);
});
