import { expect, it } from 'vitest';
import { behindMs } from '$kit/behind';

const TOLD = { ms: 42_000, at_ms: 1_000, speed: 1.2, state: 'catching' } as const;

it('goes on from what was told', () => {
  expect(behindMs(TOLD, 1_000)).toBe(42_000);
  expect(behindMs(TOLD, 11_000)).toBeCloseTo(40_000);
  expect(behindMs({ ...TOLD, speed: 0 }, 11_000)).toBe(52_000);
  expect(behindMs({ ...TOLD, speed: 1 }, 999_000)).toBe(42_000);
});
it('is never negative, nor before it was told', () => {
  expect(behindMs(TOLD, 900_000)).toBe(0);
  expect(behindMs(TOLD, 0)).toBe(42_000);
});
