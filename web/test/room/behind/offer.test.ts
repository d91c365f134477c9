import { describe, expect, it } from 'vitest';
import { Offer } from '../../../src/room/behind/offer';

const MINUTE_MS = 60_000;
/** Cut off for twenty seconds, until 100 s. */
const GAP = { startMs: 80_000, endMs: 100_000 };

describe('an offer of what was missed', () => {
  it('stays, small after a minute, and says at last where it went', () => {
    const offer = new Offer(GAP);
    const after = (ms: number): string => offer.standing(GAP.endMs + ms);
    expect(after(59_000)).toBe('large');
    expect(after(MINUTE_MS)).toBe('small');
    expect(after(9 * MINUTE_MS)).toBe('small');
    expect(after(10 * MINUTE_MS - 20_000)).toBe('past');
    expect(after(10 * MINUTE_MS - 10_000)).toBe('over');
  });

  it('stands a minute where ten were missed', () => {
    const offer = new Offer({ startMs: 0, endMs: 600_000 });
    expect(offer.standing(659_000)).toBe('large');
    expect(offer.standing(661_000)).toBe('past');
  });

  it('is large again when more was missed', () => {
    const offer = new Offer(GAP);
    offer.missed({ startMs: 290_000, endMs: 300_000 });
    expect(offer.standing(310_000)).toBe('large');
  });

  it('takes as long to be level, however late it is taken', () => {
    const offer = new Offer(GAP);
    offer.taken(400_000);
    expect(400_000 - GAP.startMs - offer.unplayedMs(GAP.startMs)).toBe(22_000);
    expect(offer.passOver(99_800)).toBeNull();
    expect(offer.passOver(100_100)).toBe(398_000);
    expect(offer.passOver(100_300), 'once').toBeNull();
    expect(offer.unplayedMs(398_000)).toBe(0);
  });

  it('passes over nothing where it is taken at once', () => {
    const offer = new Offer(GAP);
    offer.taken(110_000);
    expect(offer.passOver(100_000)).toBeNull();
    expect(offer.unplayedMs(GAP.startMs)).toBe(0);
  });

  it('plays each of two gaps, and nothing of what was heard between', () => {
    const offer = new Offer(GAP);
    offer.missed({ startMs: 200_000, endMs: 210_000 });
    offer.taken(300_000);
    expect(offer.passOver(100_000)).toBe(198_000);
    expect(offer.passOver(198_500)).toBeNull();
    expect(offer.passOver(210_000)).toBe(298_000);
  });
});
