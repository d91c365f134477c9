import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Tally } from '../../src/camera/tally.svelte';

const READY = { name: 'board', state: 'ready', whip: '/w', grant: 'g', expires_at_ms: 0 };
const REFUSED = { error: { id: 'camera-unknown', message: { 'zh-CN': '', en: '' }, details: {} } };
let asked: { url: URL; bearer: string | null; answer: (status: number, body: unknown) => void }[];

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    return new Promise<Response>((resolve) =>
      asked.push({
        url: new URL(path, 'http://x'),
        bearer: new Headers(init.headers).get('Authorization'),
        answer: (status, body) => resolve(new Response(JSON.stringify(body), { status })),
      }),
    );
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function soon(ms = 300): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

it('asks by its link, and then for what differs from what it has seen', async () => {
  const told: string[] = [];
  const tally = new Tally('les_1.secret', (view) => told.push(view.state));
  await soon(0);
  expect(asked[0]?.bearer).toBe('Bearer les_1.secret');
  expect(asked[0]?.url.searchParams.get('seen')).toBeNull();
  asked[0]?.answer(200, READY);
  await soon();
  expect(tally.view?.state).toBe('ready');
  expect(asked[1]?.url.searchParams.get('seen')).toBe('ready');
  asked[1]?.answer(200, { ...READY, state: 'on_air' });
  await soon();
  expect(told).toEqual(['ready', 'on_air']);
  tally.close();
});

it('says at once that its link is thin', async () => {
  const tally = new Tally('les_1.secret', () => undefined);
  await soon(0);
  asked[0]?.answer(200, READY);
  await soon();
  tally.isThin = true;
  await soon();
  expect(asked[2]?.url.searchParams.get('is_thin')).toBe('true');
  tally.close();
});

it('asks again after a break, without what it has seen; a refusal is the end', async () => {
  const tally = new Tally('les_1.secret', () => undefined);
  await soon(0);
  asked[0]?.answer(200, READY);
  await soon();
  asked[1]?.answer(503, REFUSED);
  await soon();
  expect(tally.isLost).toBe(true);
  await soon(30_000);
  expect(asked[2]?.url.searchParams.get('seen')).toBeNull();
  asked[2]?.answer(404, REFUSED);
  await soon(30_000);
  expect(tally.refusal?.id).toBe('camera-unknown');
  expect(asked).toHaveLength(3);
});
