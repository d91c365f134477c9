import { afterEach, expect, it, vi } from 'vitest';
import { newConnection } from '$rtc/relays';

const STUN = { urls: 'stun:school.example' };
const TURN = { urls: 'turn:school.example', username: 'until', credential: 'secret' };

class Connection {
  constructor(readonly configuration: RTCConfiguration) {}
}

afterEach(() => vi.unstubAllGlobals());

it.each([
  [false, [STUN]],
  [true, [STUN, TURN]],
])('a connection has relays from the start: %s', (withRelays, iceServers) => {
  vi.stubGlobal('RTCPeerConnection', Connection);
  const pc: unknown = newConnection([STUN, TURN], withRelays);
  expect((pc as Connection).configuration.iceServers).toEqual(iceServers);
});

it('a connection has a certificate of its own unless there is one for it', () => {
  vi.stubGlobal('RTCPeerConnection', Connection);
  const own: unknown = newConnection([], false);
  expect((own as Connection).configuration).not.toHaveProperty('certificates');
  const certificate = { expires: 1 } as RTCCertificate;
  const known: unknown = newConnection([], false, [certificate]);
  expect((known as Connection).configuration.certificates).toEqual([certificate]);
});
