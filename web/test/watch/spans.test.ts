import { describe, expect, it } from 'vitest';
import { spanAt, spansOf } from '../../src/watch/spans';

const segment = (programDateTime: number | null, start: number, duration = 2) => ({
  programDateTime,
  start,
  duration,
});

describe('stretches of a playlist', () => {
  const spans = spansOf([
    segment(10_000, 0),
    segment(12_004, 2),
    segment(null, 3),
    segment(60_000, 4, 3.5),
  ]);

  it('end where dates jump', () => {
    expect(spans).toEqual([
      { fromMs: 10_000, toMs: 14_004, startS: 0 },
      { fromMs: 60_000, toMs: 63_500, startS: 4 },
    ]);
  });

  it('hold the moments between, and no others', () => {
    expect(spanAt(spans, 13_000)?.startS).toBe(0);
    expect(spanAt(spans, 14_004)).toBeNull();
    expect(spanAt(spans, 61_000)?.startS).toBe(4);
    expect(spanAt(spans, 63_500)).toBeNull();
    expect(spanAt([], 1)).toBeNull();
  });
});
