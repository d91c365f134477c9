import { describe, expect, it } from 'vitest';
import { bestRateBps, downBps, nextBurstBps, type Look } from '../../../src/room/check/arrival';

/** Looks each 100 ms at a connection of these rates, one for each stretch. */
function looks(rates: readonly number[]): Look[] {
  const seen: Look[] = [{ atMs: 0, bytes: 0 }];
  for (const bps of rates) {
    const last = seen[seen.length - 1] as Look;
    seen.push({ atMs: last.atMs + 100, bytes: last.bytes + bps / 80 });
  }
  return seen;
}

describe('bestRateBps', () => {
  it('is the rate of the best stretch', () => {
    const quiet = Array<number>(10).fill(80_000);
    const burst = Array<number>(5).fill(800_000);
    expect(bestRateBps(looks([...quiet, ...burst, ...quiet]), 500)).toBe(800_000);
  });

  it('is not fooled by one moment', () => {
    const steady = [...Array<number>(9).fill(0), 1_000_000];
    expect(bestRateBps(looks(steady), 500)).toBe(200_000);
  });

  it('says nothing of too short a time', () => {
    expect(bestRateBps(looks([80_000]), 500)).toBe(0);
    expect(bestRateBps([], 500)).toBe(0);
  });
});

describe('nextBurstBps', () => {
  it('begins small and grows while all comes through', () => {
    const rates: number[] = [];
    for (let next = nextBurstBps([], 5e6); next !== null;) {
      rates.push(next);
      next = nextBurstBps(
        rates.map((bps) => ({ askedBps: bps, arrivedBps: bps })),
        5e6,
      );
    }
    expect(rates).toEqual([150_000, 350_000, 800_000, 1_600_000, 2_000_000]);
  });

  it('ends where the link is full, and not for bad luck', () => {
    const full = { askedBps: 350_000, arrivedBps: 200_000 };
    expect(nextBurstBps([full], 5e6)).toBe(350_000);
    expect(nextBurstBps([full, { ...full }], 5e6)).toBeNull();
    expect(nextBurstBps([full, { ...full, arrivedBps: 340_000 }], 5e6)).toBe(800_000);
  });

  it('never asks for more than the policy allows, and asks for that', () => {
    expect(nextBurstBps([{ askedBps: 150_000, arrivedBps: 150_000 }], 300_000)).toBe(300_000);
    expect(nextBurstBps([{ askedBps: 300_000, arrivedBps: 300_000 }], 300_000)).toBeNull();
    expect(nextBurstBps([], 64_000)).toBe(64_000);
  });
});

it('down is the best that was seen, or not known', () => {
  expect(downBps([{ askedBps: 150_000, arrivedBps: 90_000 }], 100_000)).toBe(100_000);
  expect(downBps([], 0)).toBeNull();
});
