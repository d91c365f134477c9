import { expect, it } from 'vitest';
import { least, SEND_LEVELS } from '$rtc/send_ladder';

it('is the lower of two levels, in any order', () => {
  expect(least('all', 'small')).toBe('small');
  expect(least('small', 'all')).toBe('small');
  expect(least('voice', 'still')).toBe('voice');
  for (const level of SEND_LEVELS) expect(least(level, level)).toBe(level);
});
