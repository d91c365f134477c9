import { describe, expect, test } from 'vitest';
import type { RecordingInfo } from '$kit/protocol/schema';
import { cardState, filterOf, sizeText, subjectHue } from '../../src/staff/library/shelf';

describe('the shelf', () => {
  test('both days are included, in local time', () => {
    const { from_ms, to_ms } = filterOf(' 开花 ', '2026-04-15', '2026-04-15');
    expect(new Date(from_ms ?? 0).getDate()).toBe(15);
    expect((to_ms ?? 0) - (from_ms ?? 0)).toBe(86_400_000);
    expect(filterOf(' 开花 ', '', '')).toEqual({ q: '开花', from_ms: null, to_ms: null });
  });

  test.each([
    [{ is_live: true, duration_ms: 0 }, 'live'],
    [{ is_live: false, duration_ms: 0 }, 'preparing'],
    [{ is_live: false, duration_ms: 9 }, 'ready'],
  ])('%j is %s', (recording, state) => {
    expect(cardState(recording as RecordingInfo)).toBe(state);
  });

  test.each([
    [10, '1 MB'],
    [18_400_000, '18 MB'],
    [1_250_000_000, '1.3 GB'],
  ])('%i bytes read %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  test('subjects keep their hue in both languages', () => {
    expect(subjectHue('数学')).toBe(subjectHue('Mathematics'));
    expect(subjectHue('')).toBe('--subj-morals');
  });
});
