import { describe, expect, it } from 'vitest';
import { accepted, briefOf, percentOf, refusalOf } from '../../src/staff/courseware/plan';

const LIMITS = {
  max_bytes: 300_000_000,
  max_slides: 500,
  max_of_lesson: 20,
  reads_presentations: false,
};

function why(name: string, size = 1_000, taken = 0, reads = false) {
  return refusalOf({ name, size }, { ...LIMITS, reads_presentations: reads }, taken)?.why ?? null;
}

describe('a file before its upload', () => {
  it.each([
    ['面积.pdf', null],
    ['PHOTO.JPG', null],
    ['a.b.webp', null],
    ['面积.pptx', 'bad.office'],
    ['movie.mp4', 'bad.kind'],
    ['no ending', 'bad.kind'],
  ])('%s', (name, expected) => expect(why(name)).toBe(expected));

  it('may be a presentation where LibreOffice is', () => {
    expect(why('面积.pptx', 1_000, 0, true)).toBeNull();
  });

  it('is neither empty, nor too large, nor one too many', () => {
    expect(why('a.pdf', 0)).toBe('bad.empty');
    expect(why('a.pdf', 300_000_000)).toBeNull();
    expect(why('a.pdf', 300_000_001)).toBe('bad.large');
    expect(why('a.pdf', 1_000, 20)).toBe('bad.many');
  });

  it('is chosen by what the server reads', () => {
    expect(accepted(LIMITS)).not.toContain('.pptx');
    expect(accepted({ ...LIMITS, reads_presentations: true })).toContain('.pptx');
  });
});

describe('how far it is', () => {
  it.each([
    [0, 12, 0],
    [5, 12, 41],
    [12, 12, 100],
    [3, null, null],
  ])('%d of %s', (part, whole, expected) => expect(percentOf(part, whole)).toBe(expected));

  const ready = { status: 'ready', done_slides: 12, total_slides: 12 } as const;
  const failed = { status: 'failed', done_slides: 0, total_slides: null } as const;
  const busy = { status: 'converting', done_slides: 3, total_slides: 9 } as const;

  it('in one line: what is done now, then what failed, then what is ready', () => {
    expect(briefOf([])).toEqual({ key: 'brief.none', args: {} });
    expect(briefOf([ready, ready])).toEqual({ key: 'brief.ready', args: { n: 24 } });
    expect(briefOf([ready, failed]).key).toBe('brief.failed');
    expect(briefOf([failed, busy])).toEqual({
      key: 'brief.converting',
      args: { done: 3, total: 9 },
    });
    expect(briefOf([{ ...busy, total_slides: null }]).key).toBe('brief.opening');
  });
});
