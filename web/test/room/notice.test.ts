import { describe, expect, it } from 'vitest';
import { LinkNotice, type Sighting } from '../../src/room/notice';
import { paceOf } from '$kit/board/pace';
import {
  isScreenPaused,
  isUploadPaused,
  linkBeside,
  toldOf,
  type HeldBy,
  type Quality,
} from '../../src/room/quality';

const GOOD: Omit<Sighting, 'nowMs'> = {
  isVoiceDue: true,
  voiceSilentMs: 0,
  leadSilentMs: null,
  brokenSinceMs: null,
  link: { voice: 'full', slides: 'full', picture: 'full' },
  hadPicture: true,
  told: null,
};
const LOW = { ...GOOD, link: { ...GOOD.link, picture: 'half' as const } };
const STOPPED = { ...GOOD, link: { ...GOOD.link, picture: 'none' as const } };
const MUTE = { voice: 'none', slides: 'full', picture: 'none' } as const;

/** Sees the same for a while, each second; the kinds it said, without repeats. */
function follow(notice: LinkNotice, from: number, to: number, some: Omit<Sighting, 'nowMs'>) {
  const kinds: string[] = [];
  for (let second = from; second <= to; second += 1) {
    const { kind } = notice.see({ ...some, nowMs: second * 1000 });
    if (kinds[kinds.length - 1] !== kind) kinds.push(kind);
  }
  return kinds;
}

describe('a slow link', () => {
  it('is said after ten seconds of a low picture, and unsaid after twenty good ones', () => {
    const notice = new LinkNotice();
    expect(follow(notice, 0, 9, LOW)).toEqual(['none']);
    expect(follow(notice, 10, 12, LOW)).toEqual(['lifeline']);
    expect(follow(notice, 13, 32, GOOD)).toEqual(['lifeline']);
    expect(follow(notice, 33, 34, GOOD)).toEqual(['none']);
  });

  it('climbs one step at a time', () => {
    const notice = new LinkNotice();
    expect(follow(notice, 0, 7, STOPPED)).toEqual(['none', 'audio']);
    expect(follow(notice, 8, 49, GOOD)).toEqual(['audio', 'lifeline', 'none']);
  });

  it('says nothing about a picture that never came', () => {
    expect(follow(new LinkNotice(), 0, 60, { ...STOPPED, hadPicture: false })).toEqual(['none']);
  });
});

describe("the server's word", () => {
  const told = (quality: Quality, heldBy: HeldBy = 'link') => ({
    ...GOOD,
    told: { quality, heldBy },
  });

  it('holds at once, both ways: it has lasted before it was said', () => {
    const notice = new LinkNotice();
    expect(follow(notice, 0, 1, told('none'))).toEqual(['none']);
    expect(follow(notice, 2, 3, told('audio'))).toEqual(['audio']);
    expect(follow(notice, 4, 5, told('lifeline', 'server'))).toEqual(['lifeline']);
    expect(notice.now).toEqual({ kind: 'lifeline', heldBy: 'server' });
    expect(follow(notice, 6, 7, told('none'))).toEqual(['none']);
  });

  it('outweighs what a small picture looks like', () => {
    const small = { ...LOW, told: { quality: 'none', heldBy: 'link' } as const };
    expect(follow(new LinkNotice(), 0, 60, small)).toEqual(['none']);
  });

  it('gives way to a lost link', () => {
    const notice = new LinkNotice();
    const broken = { ...told('audio'), link: MUTE, brokenSinceMs: 10_000 };
    expect(follow(notice, 14, 15, broken)).toEqual(['lost']);
  });
});

it.each([
  [null, null, false],
  [{ level: 'high_video', top: 'high_video', held_by: 'link' }, 'none', false],
  [{ level: 'high_video', top: 'screen_video', held_by: 'link' }, 'screen', false],
  [{ level: 'low_video', top: 'screen_video', held_by: 'server' }, 'lifeline', false],
  [{ level: 'slides', top: 'high_video', held_by: 'link' }, 'audio', true],
  [{ level: 'slides', top: 'high_video', held_by: 'setting' }, 'audio', false],
  [{ level: 'slides', top: 'slides', held_by: 'link' }, 'none', false],
  [{ level: 'voice', top: 'high_video', held_by: 'link' }, 'voice', true],
] as const)('%o is %s', (ladder, quality, isPaused) => {
  const told = toldOf(ladder);
  expect(told?.quality ?? null).toBe(quality);
  expect(isUploadPaused(told)).toBe(isPaused);
});

it.each([
  [null, 9_000, false],
  [{ level: 'screen_video', top: 'screen_video', held_by: 'link' }, 9_000, false],
  [{ level: 'low_video', top: 'screen_video', held_by: 'link' }, 1_000, false],
  [{ level: 'high_video', top: 'screen_video', held_by: 'link' }, 9_000, true],
  [{ level: 'high_video', top: 'high_video', held_by: 'setting' }, 9_000, true],
] as const)('with %o and a screen silent for %d ms its pause is %s', (ladder, ms, isPaused) => {
  expect(isScreenPaused(ladder, ms)).toBe(isPaused);
});

describe('slides beside the lesson', () => {
  const mute = { voice: 'none', slides: 'full', picture: 'full' } as const;
  const well = { ...mute, voice: 'full' } as const;

  it('wait for a voice that was lost', () => {
    for (const isShown of [true, false])
      expect(paceOf(linkBeside(mute, true, null), isShown)).toBeNull();
  });

  it('come thinly where no voice was ever heard: the teacher may have no microphone', () => {
    for (const isShown of [true, false])
      expect(paceOf(linkBeside(mute, false, null), isShown)).toMatchObject({ size: 'small' });
  });

  it('come thinly while our pictures pause, and not because somebody wants none', () => {
    const noPicture = { ...well, picture: 'none' } as const;
    const byLink = { quality: 'audio', heldBy: 'link' } as const;
    const bySetting = { quality: 'audio', heldBy: 'setting' } as const;
    expect(paceOf(linkBeside(well, true, byLink), true)).toMatchObject({ size: 'small' });
    expect(paceOf(linkBeside(noPicture, true, bySetting), true)).toMatchObject({ size: null });
    expect(linkBeside(well, true, null)).toEqual(well);
  });
});

describe('a lost link', () => {
  it('is quiet for four seconds, and over when voice is back', () => {
    const notice = new LinkNotice();
    const broken = { ...GOOD, link: MUTE, brokenSinceMs: 10_000 };
    expect(follow(notice, 10, 13, broken)).toEqual(['none']);
    expect(follow(notice, 14, 20, broken)).toEqual(['lost']);
    expect(notice.now).toEqual({ kind: 'lost', sinceMs: 10_000 });
    expect(follow(notice, 21, 22, { ...GOOD, link: MUTE })).toEqual(['lost']);
    expect(follow(notice, 23, 30, GOOD)).toEqual(['back', 'none']);
  });

  it('keeps its timer while a new connection brings no voice', () => {
    const notice = new LinkNotice();
    follow(notice, 10, 15, { ...GOOD, link: MUTE, brokenSinceMs: 10_000 });
    follow(notice, 16, 30, { ...GOOD, link: MUTE, voiceSilentMs: 9_000 });
    expect(notice.now).toEqual({ kind: 'lost', sinceMs: 10_000 });
  });
});

it('a silent teacher on a living path is the teacher’s trouble', () => {
  const notice = new LinkNotice();
  notice.see({ ...GOOD, link: MUTE, nowMs: 9_000, voiceSilentMs: 5_000 });
  expect(notice.now).toEqual({ kind: 'teacher', sinceMs: 4_000 });
  expect(notice.see({ ...GOOD, nowMs: 10_000 }).kind).toBe('none');
});

describe('a teacher of whom nothing comes, by the server', () => {
  const gone = (leadSilentMs: number): Omit<Sighting, 'nowMs'> => ({
    ...GOOD,
    isVoiceDue: false,
    leadSilentMs,
  });

  it('is said once it lasts, with the time since it began, and unsaid at once', () => {
    const notice = new LinkNotice();
    expect(notice.see({ ...gone(300), nowMs: 10_000 }).kind).toBe('none');
    expect(notice.see({ ...gone(1_250), nowMs: 11_000 })).toEqual({
      kind: 'teacher',
      sinceMs: 9_750,
    });
    expect(notice.see({ ...gone(30_000), nowMs: 39_750 })).toEqual({
      kind: 'teacher',
      sinceMs: 9_750,
    });
    expect(notice.see({ ...GOOD, nowMs: 40_000 }).kind).toBe('none');
  });

  it('is not said of a path of ours that is broken', () => {
    const notice = new LinkNotice();
    const both = { ...gone(20_000), brokenSinceMs: 0 };
    expect(notice.see({ ...both, nowMs: 20_000 }).kind).toBe('lost');
  });

  it('comes after what our own break took from us', () => {
    const notice = new LinkNotice();
    notice.see({ ...gone(20_000), brokenSinceMs: 0, nowMs: 20_000 });
    expect(notice.see({ ...gone(21_000), nowMs: 21_000 })).toEqual({
      kind: 'back',
      lostForMs: 21_000,
    });
    expect(follow(notice, 22, 30, gone(25_000))).toEqual(['back', 'teacher']);
  });
});
