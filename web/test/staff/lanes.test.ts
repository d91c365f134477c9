import { describe, expect, test } from 'vitest';
import type { TimelineEvent } from '$kit/protocol/schema';
import { axisTicks, gapAt, lanesOf, percent } from '../../src/staff/player/lanes';

function event(at_ms: number, type: TimelineEvent['type'], room_id = 'a'): TimelineEvent {
  return { at_ms, type, room_id, room_name: `room ${room_id}` };
}

describe('lanesOf', () => {
  test('pairs what begins and ends, per room', () => {
    const lanes = lanesOf(
      [
        event(10, 'stage_on'),
        event(15, 'room_lost', 'b'),
        event(20, 'stage_off'),
        event(30, 'room_back', 'b'),
        event(5, 'hand'),
      ],
      100,
    );
    expect(lanes.stage).toMatchObject([{ fromMs: 10, toMs: 20, room_id: 'a' }]);
    expect(lanes.lost).toMatchObject([{ fromMs: 15, toMs: 30, room_id: 'b' }]);
    expect(lanes.hands).toEqual([{ at_ms: 5, room_id: 'a', room_name: 'room a' }]);
  });

  test('lets what never ended last to the end, and ignores an end without a beginning', () => {
    const lanes = lanesOf([event(40, 'room_lost'), event(50, 'stage_off')], 100);
    expect(lanes.lost).toMatchObject([{ fromMs: 40, toMs: 100 }]);
    expect(lanes.stage).toEqual([]);
  });

  test('a second beginning without an end is the same span', () => {
    const lanes = lanesOf(
      [event(10, 'stage_on'), event(20, 'stage_on'), event(30, 'stage_off')],
      100,
    );
    expect(lanes.stage).toMatchObject([{ fromMs: 10, toMs: 30 }]);
  });
});

test('percent stays on the axis', () => {
  expect([percent(-1, 10), percent(5, 10), percent(20, 10), percent(5, 0)]).toEqual([
    0, 50, 100, 0,
  ]);
});

test.each([
  [8_000, 1],
  [60_000, 7],
  [2_400_000, 5],
  [7_200_000, 5],
])('an axis of %i ms has %i ticks', (endMs, count) => {
  expect(axisTicks(endMs)).toHaveLength(count);
});

describe('gaps of the teacher', () => {
  const { gaps } = lanesOf([event(1_000, 'lead_gone', ''), event(5_000, 'lead_back', '')], 9_000);

  test('are spans', () => {
    expect(gaps).toMatchObject([{ fromMs: 1_000, toMs: 5_000 }]);
  });

  test.each([
    [999, null],
    [1_000, 5_000],
    [4_999, 5_000],
    [5_000, null],
  ])('a position of %i lies in the one that ends at %s', (positionMs, endMs) => {
    expect(gapAt(gaps, positionMs)?.toMs ?? null).toBe(endMs);
  });
});
