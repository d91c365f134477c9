import { describe, expect, it } from 'vitest';
import { format } from '$kit/i18n/format';
import { clockText, countdownText, dayText, durationText } from '$kit/i18n/time';

const ROOMS = '{n, plural, =0 {no rooms} one {# room} other {# rooms}} of {all}';

describe('format', () => {
  it.each([
    ['named arguments', '{n} / {all} 间', { n: 8, all: 12 }, '8 / 12 间'],
    ['an argument twice', '{a}, {a}', { a: 'x' }, 'x, x'],
    ['plural one', ROOMS, { n: 1, all: 3 }, '1 room of 3'],
    ['plural other', ROOMS, { n: 2, all: 3 }, '2 rooms of 3'],
    ['plural exact', ROOMS, { n: 0, all: 3 }, 'no rooms of 3'],
    ['a missing argument shows', '{who} is here', {}, 'who is here'],
    ['values are not messages', '{a}', { a: '{b}', b: 'no' }, '{b}'],
  ])('%s', (_name, message, args, expected) => {
    expect(format(message, args as Record<string, string | number>, 'en')).toBe(expected);
  });
});

describe('time', () => {
  const at = new Date(2026, 3, 15, 9, 5, 28).getTime();
  it.each([
    [clockText(at), '09:05'],
    [clockText(at, true), '09:05:28'],
    [dayText(at, 'zh-CN'), '4月15日 周三'],
    [dayText(at, 'en'), 'Wed 15 April'],
    [durationText(272_900), '4:32'],
    [durationText(3_729_000), '1:02:09'],
    [durationText(-5), '0:00'],
    [countdownText(271_001), '04:32'],
    [countdownText(-1), '00:00'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
