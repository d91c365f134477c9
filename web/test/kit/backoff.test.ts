import { expect, it } from 'vitest';
import { backoffMs } from '$kit/protocol/backoff';

it.each([
  [0, 0, 250],
  [0, 1, 500],
  [1, 1, 1_000],
  [4, 1, 8_000],
  [50, 1, 8_000],
  [50, 0, 4_000],
])('try %d with luck %d waits %d ms', (attempt, random, expected) => {
  expect(backoffMs(attempt, random)).toBe(expected);
});
