import { describe, expect, it, vi } from 'vitest';
import type { WatchBeat, WatchLesson } from '$kit/protocol/schema';
import { behindMs, standingOf } from '../../src/watch/live_words';

vi.stubGlobal('location', { search: '?lang=en' });
vi.stubGlobal('document', { documentElement: {} });
const { clearMegabytes, dayWords, endMs, megabytes, titleOf } =
  await import('../../src/watch/lesson_words');

const LESSON: WatchLesson = {
  lesson_id: 'les',
  title: '长方形的面积',
  subject: '数学',
  grade: '三年级',
  school_name: '中心小学',
  lead_teacher_name: '林晓燕',
  state: 'live',
  scheduled_start_ms: 1_000,
  duration_minutes: 40,
  started_at_ms: 61_000,
  ended_at_ms: null,
  recording_id: null,
  bytes: 0,
  low_bytes: 0,
};
const BEAT: WatchBeat = {
  now_ms: 0,
  state: 'live',
  has_lead: true,
  playlist: '/live/x/main.m3u8',
  lacks: null,
  questions: [],
  next_beat_ms: 60_000,
};

describe('what is said of a lesson', () => {
  it('has a title with grade and subject where they are known', () => {
    expect(titleOf(LESSON)).toBe('三年级数学 长方形的面积');
    expect(titleOf({ ...LESSON, grade: '', subject: '' })).toBe('长方形的面积');
  });

  it('ends by plan from its real start, or when it ended', () => {
    expect(endMs(LESSON)).toBe(61_000 + 40 * 60_000);
    expect(endMs({ ...LESSON, ended_at_ms: 7 })).toBe(7);
  });

  it('names today and tomorrow', () => {
    const noon = new Date(2026, 10, 23, 12).getTime();
    expect(dayWords(noon + 3_600_000, noon, 'en')).toBe('today');
    expect(dayWords(noon + 86_400_000, noon, 'en')).toBe('tomorrow');
    expect(dayWords(noon + 2 * 86_400_000, noon, 'en')).toBe('Wed 25 November');
  });

  it('says whole megabytes, never none', () => {
    expect(megabytes(18_400_000)).toBe(18);
    expect(megabytes(10)).toBe(1);
    expect(clearMegabytes(LESSON)).toBe(270);
  });
});

describe('standingOf', () => {
  it('waits, connects, plays and ends', () => {
    expect(standingOf(null, false)).toBe('wait');
    expect(standingOf({ ...BEAT, state: 'scheduled' }, false)).toBe('wait');
    expect(standingOf({ ...BEAT, playlist: null }, false)).toBe('soon');
    expect(standingOf(BEAT, false)).toBe('plays');
    expect(standingOf({ ...BEAT, playlist: null }, true)).toBe('plays');
    expect(standingOf({ ...BEAT, state: 'ended' }, true)).toBe('over');
  });

  it('is never ahead of now', () => {
    expect(behindMs(10, 20)).toBe(0);
    expect(behindMs(20, 5)).toBe(15);
  });
});
