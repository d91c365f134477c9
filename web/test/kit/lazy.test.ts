import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { importUntilHere } from '$kit/lazy';

const URL_OF_CHUNK = 'https://school.example/assets/board_lazy-x1.js';
const PARTS = { name: 'parts' };

describe('a chunk on a bad link', () => {
  const asked: string[] = [];
  let failing = 0;
  let isOver = false;
  let message = '';

  /** As Chromium: an address that failed once fails for ever, without being asked for. */
  const remembered = new Set<string>();
  function load(url: string): Promise<typeof PARTS> {
    asked.push(url);
    if (failing > 0) remembered.add(url);
    failing -= 1;
    return remembered.has(url) ? Promise.reject(new TypeError(message)) : Promise.resolve(PARTS);
  }
  const run = () =>
    importUntilHere({ first: () => load(URL_OF_CHUNK), anew: load, isOver: () => isOver });

  beforeEach(() => {
    vi.useFakeTimers();
    asked.length = 0;
    remembered.clear();
    isOver = false;
    message = `Failed to fetch dynamically imported module: ${URL_OF_CHUNK}`;
  });
  afterEach(() => vi.useRealTimers());

  it('comes under another address after failures', async () => {
    failing = 3;
    const parts = run();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await parts).toBe(PARTS);
    expect(asked).toEqual([URL_OF_CHUNK, ...[1, 2, 3].map((n) => `${URL_OF_CHUNK}?again=${n}`)]);
  });

  it('is asked for as before where the browser does not name it', async () => {
    failing = 1;
    message = 'Importing a module script failed.';
    const parts = run();
    remembered.clear();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await parts).toBe(PARTS);
    expect(asked).toEqual([URL_OF_CHUNK, URL_OF_CHUNK]);
  });

  it('is given up when nobody wants it any more', async () => {
    failing = 100;
    const parts = run();
    await vi.advanceTimersByTimeAsync(60_000);
    const tries = asked.length;
    expect(tries).toBeGreaterThan(5);
    isOver = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await parts).toBeNull();
    expect(asked.length).toBe(tries);
  });
});
