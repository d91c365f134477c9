import { describe, expect, it } from 'vitest';
import type { QuestionView } from '$kit/protocol/schema';
import { Viewing } from '$kit/store/viewing.svelte';
import { aSnapshot } from '../support/lesson';

const question = (some: Partial<QuestionView> = {}): QuestionView => ({
  question_id: 'q1',
  viewer: 'v',
  room_id: 'room-a',
  room_name: '三年级',
  author_name: '',
  text: '几加几？',
  at_ms: 1,
  state: 'waiting',
  approved_at_ms: null,
  ...some,
});

describe('Viewing', () => {
  it('takes the snapshot, then what changes', () => {
    const viewing = new Viewing();
    viewing.hear(aSnapshot({ questions: [question()], viewers: null }));
    viewing.hear({
      type: 'viewers_changed',
      seq: 1,
      at_ms: 1,
      viewers: { present: 3, peak: 4, total: 5, lacks: null, rooms: [] },
    });
    viewing.hear({
      type: 'question_changed',
      seq: 2,
      at_ms: 2,
      question: question({ state: 'approved', approved_at_ms: 2 }),
    });
    expect(viewing.viewers?.present).toBe(3);
    expect(viewing.open.map(({ state }) => state)).toEqual(['approved']);
    viewing.hear({
      type: 'question_changed',
      seq: 3,
      at_ms: 3,
      question: question({ state: 'answered' }),
    });
    expect(viewing.open).toEqual([]);
    expect(viewing.questions).toHaveLength(1);
  });

  it('forgets what is done first', () => {
    const viewing = new Viewing();
    const done = Array.from({ length: 200 }, (_, n) =>
      question({ question_id: `d${n}`, state: 'answered' }),
    );
    viewing.hear(aSnapshot({ questions: done }));
    viewing.hear({ type: 'question_changed', seq: 1, at_ms: 1, question: question() });
    expect(viewing.questions).toHaveLength(200);
    expect(viewing.questions.some(({ question_id }) => question_id === 'd0')).toBe(false);
    expect(viewing.open).toHaveLength(1);
  });
});
