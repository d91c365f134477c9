import { describe, expect, it } from 'vitest';
import { lengthOf } from '../../src/room/captions/long';

describe('a line that needs smaller letters', () => {
  it('is counted by what it takes on the screen', () => {
    expect(lengthOf('一行有五个小方格，那三行呢？')).toBe('');
    expect(lengthOf('一'.repeat(28))).toBe('');
    expect(lengthOf('一'.repeat(29))).toBe('long');
    expect(lengthOf('How many squares are there in three rows?')).toBe('');
    expect(lengthOf('x'.repeat(100))).toBe('long');
    expect(lengthOf('一'.repeat(100))).toBe('long longer');
    expect(lengthOf('')).toBe('');
  });
});
