import { describe, expect, it } from 'vitest';
import { dataAfter, StandingHole, type Ranges } from '../../src/staff/player/hole';

const ranges = (...pairs: [number, number][]): Ranges => ({
  length: pairs.length,
  start: (n) => pairs[n]?.[0] ?? 0,
  end: (n) => pairs[n]?.[1] ?? 0,
});

describe('a seek into a segment without a key frame', () => {
  it.each([
    ['lands before its first key frame', ranges([10.4, 16]), 9, 10.4],
    ['lands between two pieces', ranges([0, 4], [8.2, 12]), 5, 8.2],
    ['lands on data', ranges([8, 12]), 9, null],
    ['waits while nothing came', ranges(), 9, null],
    ['waits where all that is here came before', ranges([0, 4]), 9, null],
    ['waits where what follows is far', ranges([40, 44]), 9, null],
  ])('%s', (_name, buffered, at, expected) => {
    expect(dataAfter(buffered, at)).toBe(expected);
  });

  it('plays on from the next key frame once nothing has filled the hole', () => {
    const hole = new StandingHole();
    expect(hole.see(10_400, 0)).toBeNull();
    expect(hole.see(10_400, 1_400)).toBeNull();
    expect(hole.see(10_400, 1_500)).toBe(10_420);
    expect(hole.see(10_400, 1_600), 'and not again at once').toBeNull();
  });

  it('waits anew while the hole gets smaller', () => {
    const hole = new StandingHole();
    hole.see(10_400, 0);
    expect(hole.see(9_200, 1_500)).toBeNull();
    expect(hole.see(null, 2_000)).toBeNull();
    expect(hole.see(9_200, 3_400)).toBeNull();
  });
});
