import { describe, expect, it } from 'vitest';
import { SLOTS, type Sight, type SlotName } from '$rtc/liveness';
import { NO_FLOW, type FlowCounters } from '$rtc/stats';
import { pathSight, StrandNeed } from '../../../src/room/strand/need';

interface Path {
  roundTripMs: number | null;
  packetsEach: number;
  missedEach: number;
}

const FAR: Path = { roundTripMs: 600, packetsEach: 50, missedEach: 3 };

/** Looks once a second and says at which of them a strand was needed. */
class Looking {
  readonly need = new StrandNeed();
  #second = 0;
  #packets = 0;
  #missed = 0;

  look(seconds: number, path: Path): boolean[] {
    return Array.from({ length: seconds }, () => {
      this.#packets += path.packetsEach;
      this.#missed += path.missedEach;
      this.#second += 1;
      return this.need.see({
        atMs: 1_000 * this.#second,
        roundTripMs: path.roundTripMs,
        packets: this.#packets,
        missed: this.#missed,
      });
    });
  }

  newConnection(): void {
    this.#packets = this.#missed = 0;
  }
}

describe('a second strand is needed', () => {
  it('where the link is far and loses, once that has lasted three seconds', () => {
    expect(new Looking().look(5, FAR)).toEqual([false, false, false, true, true]);
  });

  it.each([
    ['near', { ...FAR, roundTripMs: 200 }],
    ['without losses to speak of', { ...FAR, packetsEach: 200, missedEach: 3 }],
    ['of unknown length', { ...FAR, roundTripMs: null }],
    ['silent', { ...FAR, packetsEach: 5 }],
  ])('but not where it is %s', (_how, path) => {
    expect(new Looking().look(20, path)).not.toContain(true);
  });

  it('and severely so on a link that has moved from near to far for good', () => {
    const looking = new Looking();
    looking.look(10, { ...FAR, roundTripMs: 60, missedEach: 0 });
    const lossy = { ...FAR, missedEach: 20 };
    looking.look(20, lossy);
    expect(looking.need.isSevere).toBe(false);
    looking.look(40, lossy);
    expect(looking.need.isSevere).toBe(true);
  });

  it('until it was good for a minute, not for less', () => {
    const looking = new Looking();
    looking.look(4, FAR);
    expect(looking.look(50, { ...FAR, missedEach: 0 })).not.toContain(false);
    looking.look(3, FAR);
    const good = looking.look(70, { ...FAR, missedEach: 0 });
    expect(good.indexOf(false)).toBeGreaterThanOrEqual(59);
    expect(good.indexOf(false)).toBeLessThan(65);
  });

  it('sooner where it loses much', () => {
    const looking = new Looking();
    const much = { ...FAR, missedEach: 20 };
    expect(looking.look(4, much)).toEqual([false, false, true, true]);
    expect(looking.need.isSevere).toBe(true);
  });

  it('and TCP is no help where it loses much, until it is good', () => {
    const looking = new Looking();
    looking.look(5, FAR);
    expect(looking.need.isSevere).toBe(false);
    looking.look(5, { ...FAR, missedEach: 8 });
    expect(looking.need.isSevere).toBe(false);
    looking.look(5, { ...FAR, missedEach: 20 });
    expect(looking.need.isSevere).toBe(true);
    looking.look(80, FAR);
    expect(looking.need.isSevere).toBe(true);
    looking.look(70, { ...FAR, missedEach: 0 });
    expect(looking.need.isSevere).toBe(false);
  });

  it('but what a full queue drops is not much', () => {
    const looking = new Looking();
    looking.look(3, { ...FAR, missedEach: 0 });
    looking.look(5, { ...FAR, roundTripMs: 900, missedEach: 20 });
    expect(looking.need.isNeeded).toBe(true);
    expect(looking.need.isSevere).toBe(false);
    looking.look(6, { ...FAR, missedEach: 20 });
    expect(looking.need.isSevere).toBe(true);
  });

  it('by what one connection counts, not by the difference of two', () => {
    const looking = new Looking();
    looking.look(10, { ...FAR, missedEach: 0 });
    looking.newConnection();
    expect(looking.look(4, { ...FAR, missedEach: 0 })).not.toContain(true);
    expect(looking.look(4, FAR)).toContain(true);
  });
});

describe('a look at the path', () => {
  it('counts what came again as missed, voice by what is asked in a round trip', () => {
    const flow = (some: Partial<FlowCounters>) => ({ ...NO_FLOW, ...some });
    const flows = {
      ...(Object.fromEntries(SLOTS.map((slot) => [slot, NO_FLOW])) as Record<
        SlotName,
        FlowCounters
      >),
      voice: flow({ packets: 100, packetsLost: 1, nacks: 14 }),
      picture: flow({ packets: 300, packetsLost: 9, nacks: 4 }),
    };
    const sight: Sight = { atMs: 7, connected: true, path: 1, flows };
    expect(pathSight(sight, 600)).toEqual({
      atMs: 7,
      roundTripMs: 600,
      packets: 400,
      missed: 11,
    });
  });
});
