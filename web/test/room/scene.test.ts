import { describe, expect, it } from 'vitest';
import type { RoomHome, RoomLesson } from '$kit/protocol/schema';
import { Liveness } from '$rtc/liveness';
import { layoutOf, lightsOf, nextLesson, partsHere, sceneOf } from '../../src/room/scene';
import { housesOf } from '../../src/room/valley';
import { aRoom, aStage } from '../support/lesson';

function aLesson(lesson_id: string, start: number, state: RoomLesson['state'] = 'scheduled') {
  return {
    lesson_id,
    title: 't',
    subject: 's',
    grade: 'g',
    school_name: 'n',
    lead_teacher_name: 'l',
    state,
    scheduled_start_ms: start,
    duration_minutes: 40,
    rooms_total: 3,
    rooms_online: 1,
    sound_profile: 'speech',
  } satisfies RoomLesson;
}

function aHome(some: Partial<RoomHome> = {}): RoomHome {
  return {
    type: 'room_home',
    now_ms: 0,
    room_id: 'room-a',
    room_name: 'r',
    school_name: 's',
    lessons: [aLesson('late', 90), aLesson('over', 10, 'ended'), aLesson('soon', 50)],
    open: null,
    grant: null,
    grant_expires_at_ms: null,
    ice_servers: [],
    helper: null,
    checks: [],
    ...some,
  };
}

const IN = { isEnded: false, isLive: false };

describe('the scene', () => {
  it.each([
    ['before anything is known', { home: null }, 'starting'],
    ['between lessons', {}, 'home'],
    ['entered by hand', { enteredId: 'soon' }, 'waiting'],
    ['entered by hand, but that lesson is gone', { enteredId: 'gone' }, 'home'],
    ['open, not started', { lesson: IN }, 'waiting'],
    ['started, nothing arrived', { lesson: { ...IN, isLive: true } }, 'connecting'],
    ['started and here', { lesson: { ...IN, isLive: true }, hasArrived: true }, 'lesson'],
    ['over', { lesson: { isEnded: true, isLive: false }, hasArrived: true }, 'ended'],
  ])('%s', (_name, some, expected) => {
    const facts = { home: aHome(), enteredId: null, lesson: null, hasArrived: false, ...some };
    expect(sceneOf(facts)).toBe(expected);
  });

  it('next is the open lesson, else the first that is not over', () => {
    expect(nextLesson(aHome())?.lesson_id).toBe('soon');
    expect(nextLesson(aHome({ open: aLesson('now', 1, 'live') }))?.lesson_id).toBe('now');
    expect(nextLesson(aHome({ lessons: [] }))).toBeNull();
  });
});

it.each([
  [false, 'none', false, 0],
  [false, 'full', true, 0],
  [true, 'none', false, 1],
  [true, 'none', true, 1],
  [true, 'half', false, 2],
  [true, 'full', true, 3],
] as const)('voice %s, slides %s, picture %s: %s ticked, in order', (...row) => {
  const [hadVoice, slides, hadPicture, ticked] = row;
  const { vitals } = new Liveness(0);
  const link = { voice: 'full', slides, picture: 'full' } as const;
  expect(partsHere({ ...vitals, hadVoice, hadPicture }, link)).toBe(ticked);
});

it('ticks nothing while nothing is known', () => {
  expect(partsHere(null, null)).toBe(0);
});

describe('the layout', () => {
  it.each([
    ['nobody', null, 'live'],
    ['we are only called', aStage(), 'live'],
    ['we accepted', aStage({ state: 'accepted' }), 'onstage'],
    ['we are up', aStage({ state: 'on_stage' }), 'onstage'],
    ['another is on its way', aStage({ room_id: 'x', state: 'accepted' }), 'live'],
    ['another is up', aStage({ room_id: 'x', state: 'on_stage' }), 'watching'],
  ])('%s', (_name, stage, expected) => {
    expect(layoutOf(stage, 'room-a')).toBe(expected);
  });
});

describe('lights', () => {
  it('come from the day list until the lesson tells', () => {
    expect(lightsOf(aLesson('a', 1), null)).toEqual({ on: 1, all: 3 });
    expect(lightsOf({ ...aLesson('a', 1), rooms_online: 0 }, null)).toEqual({ on: 1, all: 3 });
  });

  it.each([
    [0, 3, false, 0],
    [1, 3, true, 1],
    [3, 3, true, 3],
    [1, 40, true, 1],
    [39, 40, true, 11],
    [40, 40, true, 12],
  ])('%d of %d rooms', (on, all, isHere, lit) => {
    const houses = housesOf(on, all, isHere);
    expect(houses).toHaveLength(Math.min(all, 12));
    expect(houses.filter((house) => house.isLit)).toHaveLength(lit);
  });

  it('ours is dark until we are in', () => {
    const [ours] = housesOf(2, 3, false);
    expect(ours).toMatchObject({ isOurs: true, isLit: false });
    expect(aRoom().presence).toBe('online');
  });
});
