import { describe, expect, it } from 'vitest';
import { reduce } from '$kit/store/reduce';
import { MOST_MESSAGES } from '$kit/store/state';
import type { LessonEvent } from '$kit/protocol/schema';
import { aCourseware, aMessage, aRoom, aSnapshot, aStage } from '../support/lesson';

const NOW = 5_000;
const start = reduce(null, aSnapshot({ seq: 7, now_ms: 9_000 }), NOW);

function after(event: LessonEvent) {
  return reduce(start, event, NOW);
}

describe('a snapshot', () => {
  it('is the whole state, and tells the server’s clock', () => {
    expect(start).toMatchObject({ seq: 7, hasGap: false, clockOffsetMs: 4_000 });
  });

  it('heals a gap', () => {
    const gapped = after({ type: 'lesson_started', seq: 9, at_ms: 1 });
    expect(gapped?.hasGap).toBe(true);
    expect(reduce(gapped, aSnapshot({ seq: 9 }), NOW)).toMatchObject({ seq: 9, hasGap: false });
  });

  it('is not needed after a resumption, which sends everything missed', () => {
    const gapped = after({ type: 'lesson_started', seq: 9, at_ms: 1 });
    const { me } = aSnapshot();
    const resumed = { type: 'resumed' as const, seq: 9, now_ms: 9_000, me };
    expect(reduce(gapped, resumed, NOW)).toMatchObject({ seq: 7, hasGap: false });
  });
});

describe('events', () => {
  it.each([
    [
      'lesson_started',
      { type: 'lesson_started' },
      { lesson: { state: 'live', started_at_ms: 11 } },
    ],
    ['lesson_ended', { type: 'lesson_ended' }, { lesson: { state: 'ended' }, stage: null }],
    [
      'withheld',
      { type: 'withheld', first_seq: 8, totals: null },
      { lesson: { state: 'scheduled' }, totals: { total: 2, online: 2 } },
    ],
    [
      'withheld with totals',
      { type: 'withheld', first_seq: 8, totals: { total: 9, online: 4 } },
      { totals: { total: 9, online: 4 } },
    ],
    [
      'room_uninvited',
      { type: 'room_uninvited', room_id: 'room-a', totals: { total: 1, online: 1 } },
      { rooms: [{ room_id: 'room-b' }], totals: { total: 1 } },
    ],
    [
      'lesson_changed',
      { type: 'lesson_changed', lesson: { ...aSnapshot().lesson, title: '周长' } },
      { lesson: { title: '周长' } },
    ],
    [
      'stage_changed',
      { type: 'stage_changed', stage: aStage(), because: 'called' },
      { stage: { room_id: 'room-a', state: 'calling' }, stageBecause: 'called' },
    ],
    [
      'publications_changed',
      { type: 'publications_changed', publications: { lead: true, screen: true, stage: false } },
      { publications: { screen: true } },
    ],
    [
      'recording_changed',
      { type: 'recording_changed', recording: { state: 'recording', reason: null } },
      { recording: { state: 'recording' } },
    ],
    [
      'courseware_changed',
      { type: 'courseware_changed', courseware: [aCourseware({ done_slides: 3 })] },
      { courseware: [{ done_slides: 3 }] },
    ],
  ])('%s', (_name, event, expected) => {
    const state = after({ seq: 8, at_ms: 11, ...event } as LessonEvent);
    expect(state).toMatchObject({ seq: 8, ...expected });
  });
});

describe('events of rooms, old ones and ones too many', () => {
  it('change a room where it stands, and add a new one last', () => {
    const changed = aRoom({ room_id: 'room-a', presence: 'lost' });
    const totals = { total: 3, online: 2 };
    const state = after({ type: 'room_changed', seq: 8, at_ms: 1, room: changed, totals });
    const added = aRoom({ room_id: 'room-z' });
    const last = { type: 'room_changed', seq: 9, at_ms: 1, room: added, totals } as const;
    const more = reduce(state, last, NOW);
    expect(more?.totals).toEqual(totals);
    expect(more?.rooms.map((room) => room.room_id)).toEqual(['room-a', 'room-b', 'room-z']);
    expect(more?.rooms[0]?.presence).toBe('lost');
  });

  it('withheld in a row are one message, and a gap before them is still a gap', () => {
    const run = { type: 'withheld', at_ms: 1, totals: null } as const;
    expect(after({ ...run, first_seq: 8, seq: 40 })).toMatchObject({ seq: 40, hasGap: false });
    expect(after({ ...run, first_seq: 5, seq: 12 })).toMatchObject({ seq: 12, hasGap: false });
    expect(after({ ...run, first_seq: 9, seq: 40 })).toMatchObject({ seq: 7, hasGap: true });
  });

  it('already seen change nothing', () => {
    expect(after({ type: 'lesson_ended', seq: 7, at_ms: 1 })).toBe(start);
  });

  it('after a missed one change nothing and mark the gap', () => {
    const state = after({ type: 'lesson_ended', seq: 9, at_ms: 1 });
    expect(state).toMatchObject({ seq: 7, hasGap: true, lesson: { state: 'scheduled' } });
  });

  it('keep a bounded number of messages', () => {
    let state = start;
    for (let n = 0; n < MOST_MESSAGES + 5; n += 1) {
      const message = aMessage({ message_id: n });
      state = reduce(state, { type: 'message_posted', seq: 8 + n, at_ms: 1, message }, NOW);
    }
    expect(state?.messages).toHaveLength(MOST_MESSAGES);
    expect(state?.messages[0]?.message_id).toBe(5);
  });

  it('before any snapshot are nothing', () => {
    expect(reduce(null, { type: 'lesson_ended', seq: 1, at_ms: 1 }, NOW)).toBeNull();
  });
});
