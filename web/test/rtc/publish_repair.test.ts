import { describe, expect, it } from 'vitest';
import { PublishRepair, type RepairStep } from '$rtc/publish_repair';

const EVERY_MS = 250;

/** A publication whose path says something each `pauseMs`, until it breaks. */
class Path {
  readonly repair = new PublishRepair(0);
  nowMs = 0;
  #count = 0;

  lives(forMs: number, pauseMs = 100): RepairStep[] {
    return this.#pass(forMs, (atMs) => Math.floor(atMs / pauseMs) + 1);
  }

  isSilent(forMs: number): RepairStep[] {
    return this.#pass(forMs, () => this.#count);
  }

  /** What was asked for meanwhile. */
  #pass(forMs: number, countAt: (atMs: number) => number): RepairStep[] {
    const steps: RepairStep[] = [];
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs;) {
      this.nowMs += EVERY_MS;
      this.#count = Math.max(this.#count, countAt(this.nowMs));
      const step = this.repair.feel(this.nowMs, this.#count, 300);
      if (step !== 'none') steps.push(step);
    }
    return steps;
  }
}

function broken(): Path {
  const path = new Path();
  path.lives(10_000);
  expect(path.isSilent(1_000)).toEqual([]);
  expect(path.isSilent(500)).toEqual(['restart']);
  return path;
}

describe('a path that falls silent', () => {
  it('is repaired within two seconds, and broke when its last word was sent', () => {
    expect(broken().repair.brokenSinceMs).toBe(9_700);
  });

  it('is well again by itself', () => {
    const path = broken();
    expect(path.lives(1_000)).toEqual(['mended']);
    expect(path.repair.brokenSinceMs).toBeNull();
    expect(path.isSilent(1_500)).toEqual(['restart']);
  });

  it('is given longer where it says little by nature', () => {
    const path = new Path();
    path.lives(20_000, 1_000);
    expect(path.isSilent(2_500)).toEqual([]);
    expect(path.isSilent(3_000)).toEqual(['restart']);
  });

  it('is no path that is far, and loses every twentieth word', () => {
    const path = new Path();
    expect(path.lives(20_000, 400)).toEqual([]);
    expect(path.isSilent(1_000)).toEqual([]);
    expect(path.lives(5_000, 400)).toEqual([]);
  });
});

describe('a restart', () => {
  it('that nobody answers is tried again when the server is there', () => {
    const path = broken();
    expect(path.isSilent(3_000)).toEqual(['knock']);
    expect(path.repair.reached(path.nowMs)).toBe('restart');
    expect(path.lives(500)).toEqual(['mended']);
  });

  it('that cannot be sent waits for the server at once', () => {
    const path = broken();
    expect(path.repair.restartFailed(path.nowMs, false)).toBe('knock');
    expect(path.isSilent(5_000)).toEqual([]);
  });

  it('that is answered and brings nothing gives way to a new session', () => {
    const path = broken();
    expect(path.repair.restarted()).toBe('none');
    expect(path.isSilent(3_000)).toEqual(['renew']);
  });

  it('after a knock, that brings nothing, gives way too', () => {
    const path = broken();
    path.isSilent(3_000);
    path.repair.reached(path.nowMs);
    expect(path.isSilent(3_000)).toEqual(['renew']);
  });

  it('of a session that the server does not know gives way at once', () => {
    const path = broken();
    expect(path.repair.restartFailed(path.nowMs, true)).toBe('renew');
    expect(path.lives(500)).toEqual(['mended']);
  });
});

it('after half a minute the server has forgotten the session: no restart is tried', () => {
  const path = broken();
  path.isSilent(60_000);
  expect(path.repair.reached(path.nowMs)).toBe('renew');
});

it('a session that the server ended is broken at once and not restarted', () => {
  const path = new Path();
  path.lives(1_000);
  path.repair.ended(path.nowMs);
  expect(path.repair.brokenSinceMs).toBe(1_000);
  expect(path.isSilent(10_000)).toEqual([]);
  expect(path.repair.reached(path.nowMs)).toBe('none');
});
