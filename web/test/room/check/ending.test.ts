import { afterEach, expect, it, vi } from 'vitest';
import { Ears } from '../../../src/room/check/ears';
import { CheckRun } from '../../../src/room/check/run.svelte';

afterEach(() => vi.unstubAllGlobals());

it('a check that is closed while it is asked for is ended on the server', async () => {
  const asked: string[] = [];
  let open = (): void => undefined;
  vi.stubGlobal('fetch', (path: string, { method }: RequestInit) => {
    asked.push(`${method} ${path}`);
    if (method === 'DELETE') return Promise.resolve(new Response(null, { status: 204 }));
    return new Promise((resolve) => (open = () => resolve(Response.json({ check_id: 'chk' }))));
  });
  const run = new CheckRun({ slot: null, camera: () => null });
  const over = run.run();
  run.close();
  open();
  expect(await over).toBeNull();
  expect(run.phase).toBe('closed');
  expect(asked).toEqual(['POST /api/room/checks', 'DELETE /api/room/checks/chk']);
});

class Node {
  gain = { value: 0 };
  stream = { getAudioTracks: () => [] };
  connect = (next: Node): Node => next;
  start = (): void => undefined;
}
class Context {
  createAnalyser = (): Node => new Node();
  createOscillator = (): Node => new Node();
  createGain = (): Node => new Node();
  createMediaStreamDestination = (): Node => new Node();
  createMediaStreamSource = (): Node => new Node();
  close = (): Promise<void> => Promise.resolve();
}

it.each([true, false])('a microphone is closed in the end; permitted late: %s', async (isLate) => {
  const stop = vi.fn();
  let permit = (): void => undefined;
  const asked = new Promise((resolve) => (permit = () => resolve({ getTracks: () => [{ stop }] })));
  vi.stubGlobal('AudioContext', Context);
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => asked } });
  const ears = new Ears();
  const opened = ears.open();
  if (isLate) ears.close();
  permit();
  await opened;
  if (!isLate) ears.close();
  expect(stop).toHaveBeenCalledOnce();
  expect(ears.fault).toBeNull();
});
