import { expect, test } from 'vitest';
import { dayInput, localInput, msOf } from '../../src/staff/admin/day';

test('what a field shows is what it says', () => {
  const ms = new Date(2026, 3, 5, 9, 5).getTime();
  expect(dayInput(ms)).toBe('2026-04-05');
  expect(localInput(ms)).toBe('2026-04-05T09:05');
  expect(msOf(localInput(ms))).toBe(ms);
  expect(msOf('2026-04-05')).toBe(new Date(2026, 3, 5).getTime());
});

test('starts are offered at round minutes, never in the past', () => {
  const ms = new Date(2026, 3, 5, 23, 58, 30).getTime();
  expect(localInput(ms)).toBe('2026-04-06T00:00');
});

test('an empty or broken field says nothing', () => {
  expect([msOf(''), msOf('soon')]).toEqual([null, null]);
});
