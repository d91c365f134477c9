import { expect, it } from 'vitest';
import { AGAIN_AFTER_MS, MOST_TRIES, Tries } from '../../../src/room/check/tries';

const [A, B] = [{ slot: 'a' }, { slot: 'b' }];

it('a slot is tried again a little later, and not for ever', () => {
  const tries = new Tries();
  const tried: number[] = [];
  for (let nowMs = 0; nowMs < 10 * AGAIN_AFTER_MS; nowMs += 1_000)
    if (tries.next([A], nowMs) !== null) tried.push(nowMs);
  expect(tried).toEqual([0, AGAIN_AFTER_MS, 2 * AGAIN_AFTER_MS]);
  expect(tried).toHaveLength(MOST_TRIES);
});

it('a slot that is spent or done hides no other', () => {
  const tries = new Tries();
  for (let time = 0; time < MOST_TRIES; time += 1)
    expect(tries.next([A], time * AGAIN_AFTER_MS)).toBe('a');
  const nowMs = MOST_TRIES * AGAIN_AFTER_MS;
  expect(tries.next([A, B], nowMs)).toBe('b');
  tries.done('b');
  expect(tries.next([A, B], nowMs + AGAIN_AFTER_MS)).toBeNull();
});
