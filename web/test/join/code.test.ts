import { expect, it } from 'vitest';
import { codeOf, digitsOf } from '../../src/join/code';

it.each([
  ['407 213', '407213'],
  ['４０７２１３', '407213'],
  ['40a7-2', '4072'],
  ['12345678', '123456'],
])('digits of %s', (text, expected) => {
  expect(digitsOf(text)).toBe(expected);
});

it.each([
  ['?code=407213', '407213'],
  ['?code=4072', null],
  ['', null],
])('the code of %s', (search, expected) => {
  expect(codeOf(search)).toBe(expected);
});
