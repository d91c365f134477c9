import { beforeEach, describe, expect, it } from 'vitest';
import type { LessonEvent } from '$kit/protocol/schema';
import type { LessonState } from '$kit/store/state';
import { Holes } from '../../../src/room/strand/holes';

const turned = (seq: number): LessonEvent => ({ type: 'slide_turned', seq, at_ms: 1, slide: null });
const withheld = (first_seq: number, seq: number): LessonEvent => ({
  type: 'withheld',
  first_seq,
  seq,
  at_ms: 1,
  totals: null,
});

/** A store that takes what follows on what it has. */
const store = {
  state: null as LessonState | null,
  heard: [] as number[],
  hear(event: LessonEvent): void {
    this.heard.push(event.seq);
    this.at(event.seq);
  },
  at(seq: number): void {
    this.state = { seq } as LessonState;
  },
};
let holes: Holes;

beforeEach(() => {
  store.heard = [];
  store.at(10);
  holes = new Holes(store);
});

describe('events that come in any order', () => {
  it('are forgotten where a server counts from before', () => {
    holes.take([turned(11), turned(20)]);
    store.at(5);
    holes.take([turned(6)]);
    store.at(19);
    holes.fill();
    expect(store.heard).toEqual([11, 6]);
  });

  it('are heard once and in theirs', () => {
    holes.take([turned(13), turned(12)]);
    expect(store.heard).toEqual([]);
    holes.take([turned(11)]);
    holes.take([turned(11), turned(12), turned(13), turned(14)]);
    expect(store.heard).toEqual([11, 12, 13, 14]);
  });

  it('wait until somebody else has brought what was missing', () => {
    holes.take([turned(12)]);
    holes.fill();
    expect(store.heard).toEqual([]);
    store.at(11);
    holes.fill();
    expect(store.heard).toEqual([12]);
  });

  it('may stand for a run of numbers, of which some are known', () => {
    holes.take([withheld(13, 14)]);
    holes.take([withheld(9, 12)]);
    expect(store.heard).toEqual([12, 14]);
  });

  it('are nothing before there is a lesson', () => {
    store.state = null;
    holes.take([turned(11)]);
    expect(store.heard).toEqual([]);
  });

  it('are not kept without end', () => {
    for (let seq = 12; seq < 200; seq += 1) holes.take([turned(seq)]);
    holes.take([turned(11)]);
    store.at(11);
    holes.fill();
    expect(store.heard).toHaveLength(100);
  });
});
