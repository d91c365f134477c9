import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Checking } from '../../../src/room/checking.svelte';

const unattended = { follow: vi.fn(), stop: vi.fn() };
const link = vi.hoisted(() => ({ isUp: false, asked: 0 }));

/** The link's part: the code comes while it is up. */
vi.mock('$kit/lazy', () => ({
  importUntilHere: async () => {
    link.asked += 1;
    while (!link.isUp) await new Promise((go) => setTimeout(go, 500));
    return { unattended, CheckScene: null };
  },
}));

const DUE = [{ slot: 'before', from_ms: 0, until_ms: 3_600_000 }];
const camera = () => null;

async function seconds(checking: Checking, count: number, slots = DUE.slice(1)): Promise<void> {
  for (let s = 0; s < count; s += 1) {
    checking.follow(slots, 1_000 * s, true, camera);
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(link, { isUp: false, asked: 0 });
  unattended.follow.mockClear();
});
afterEach(() => vi.useRealTimers());

describe('a check that a person asks for while the server is away', () => {
  it('says so, is given up, and does not begin by itself later', async () => {
    const checking = new Checking();
    checking.open();
    await seconds(checking, 5);
    expect([checking.shown, checking.words]).toEqual([null, 'wait.link.lost']);
    await seconds(checking, 7);
    expect([checking.isOpen, checking.words]).toEqual([false, 'check.lost']);
    link.isUp = true;
    await seconds(checking, 5);
    expect(checking.shown).toBeNull();
  });

  it('begins when it is asked for again', async () => {
    const checking = new Checking();
    checking.open();
    await seconds(checking, 15);
    link.isUp = true;
    checking.open();
    await seconds(checking, 1);
    expect(checking.shown).not.toBeNull();
    checking.isOpen = false;
    expect(checking.words).toBe('check');
  });
});

it('a check that is due is loaded once, and begins when it is there', async () => {
  const checking = new Checking();
  await seconds(checking, 30, DUE);
  expect(link.asked).toBe(1);
  link.isUp = true;
  await seconds(checking, 3, DUE);
  expect(unattended.follow).toHaveBeenCalledWith(DUE, expect.any(Number), camera);
  expect(link.asked).toBe(1);
});
