import { afterEach, describe, expect, it, vi } from 'vitest';
import { gzip, iceFragment, restartIce, voicesApart, withIce } from '$rtc/negotiation';

const OFFER = [
  'v=0',
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=ice-ufrag:ours',
  'a=ice-pwd:ourpassword',
  'a=mid:0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=ice-ufrag:ours',
  'a=mid:1',
  '',
].join('\r\n');

const ANSWER = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=ice-ufrag:old',
  'a=ice-pwd:oldpassword',
  'a=candidate:1 1 udp 1 10.0.0.1 1 typ host',
  'a=setup:passive',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=ice-ufrag:old',
  'a=ice-pwd:oldpassword',
  '',
].join('\r\n');

it('a fragment carries name, password and the first m-line', () => {
  expect(iceFragment(OFFER).split('\r\n')).toEqual([
    'a=group:BUNDLE 0 1',
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'a=mid:0',
    'a=ice-ufrag:ours',
    'a=ice-pwd:ourpassword',
    '',
  ]);
});

it('an answer takes the fragment’s name and password on every m-line, and its candidates once', () => {
  const fragment =
    'a=ice-ufrag:new\r\na=ice-pwd:newpassword\r\na=candidate:2 1 udp 1 10.0.0.2 1 typ host\r\n';
  const sdp = withIce(ANSWER, fragment);
  expect(sdp).not.toContain('old');
  expect(sdp).not.toContain('10.0.0.1');
  expect(sdp.match(/a=ice-ufrag:new\r\n/g)).toHaveLength(2);
  expect(sdp.match(/a=candidate:2 1 udp 1 10\.0\.0\.2 1 typ host\r\n/g)).toHaveLength(1);
  expect(sdp).toContain('a=setup:passive\r\n');
});

it('voices leave the streams of their pictures', () => {
  const stage = 'a=msid:stage stage-audio\r\nm=video\r\na=msid:stage stage-video\r\n';
  const apart = 'a=msid:stage-voice stage-audio\r\nm=video\r\na=msid:stage stage-video\r\n';
  expect(voicesApart(stage)).toBe(apart);
  expect(voicesApart(ANSWER)).toBe(ANSWER);
});

it('an answer keeps its candidates when the fragment has none', () => {
  expect(withIce(ANSWER, 'a=ice-ufrag:new\r\n')).toContain('10.0.0.1');
});

it('an offer is packed to a fraction', async () => {
  const offer = OFFER.repeat(50);
  const packed = await gzip(offer);
  expect(packed?.byteLength).toBeLessThan(offer.length / 5);
  const stream = new Blob([packed ?? '']).stream().pipeThrough(new DecompressionStream('gzip'));
  expect(await new Response(stream).text()).toBe(offer);
});

describe('an ICE restart with other servers', () => {
  const SERVERS = [{ urls: 'turn:school.example', username: 'until', credential: 'secret' }];
  const answer = vi.fn();
  const pc = {
    createOffer: () => Promise.resolve({ type: 'offer', sdp: OFFER }),
    setLocalDescription: () => Promise.resolve(),
    remoteDescription: { sdp: ANSWER },
    setRemoteDescription: answer,
    getConfiguration: () => ({ bundlePolicy: 'max-bundle' }),
  };
  const restarted = async (connection: object): Promise<void> => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('a=ice-ufrag:new\r\n')));
    await restartIce(connection as RTCPeerConnection, '/whep/sessions/1', 'g', 'speech', SERVERS);
  };
  afterEach(() => {
    vi.unstubAllGlobals();
    answer.mockClear();
  });

  it('tries them, too', async () => {
    const setConfiguration = vi.fn();
    await restarted({ ...pc, setConfiguration });
    expect(setConfiguration).toHaveBeenCalledWith({
      bundlePolicy: 'max-bundle',
      iceServers: SERVERS,
    });
  });

  it('still takes place in a browser that takes no servers later', async () => {
    await restarted(pc);
    expect(answer).toHaveBeenCalledOnce();
  });
});
