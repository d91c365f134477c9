import { describe, expect, it } from 'vitest';
import { answerOf } from '../../../src/room/strand/invitation';

const CANDIDATES = [
  'a=candidate:1 1 udp 2130706431 198.18.0.1 7000 typ host',
  'a=candidate:1000 1 tcp 1520435199 198.18.0.1 7000 typ host tcptype passive',
];
const MEDIA = [
  ...['v=0', 'a=group:BUNDLE a b', 'a=ice-lite'],
  ...['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:a', 'a=ice-ufrag:0123456789ab', 'a=ice-pwd:secret'],
  ...['a=fingerprint:sha-256 AA:BB', 'a=setup:passive', ...CANDIDATES],
  ...['m=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:b', 'a=ice-ufrag:0123456789ab', 'a=ice-pwd:secret'],
  ...['a=fingerprint:sha-256 AA:BB', 'a=setup:passive', ...CANDIDATES],
].join('\r\n');
const OFFER = 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\n';

describe("the answer to a data channel's offer", () => {
  it("is made of what the media's answer says, with the name of a lane, for UDP alone", () => {
    const lines = answerOf(MEDIA, OFFER, 2).split('\r\n');
    for (const line of [
      ...['a=group:BUNDLE data', 'a=mid:data', 'a=ice-lite', 'a=setup:active', 'a=sctp-port:5000'],
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
      ...['a=ice-ufrag:0123456789abc2', 'a=ice-pwd:secret', 'a=fingerprint:sha-256 AA:BB'],
    ])
      expect(lines.filter((one) => one === line)).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('a=candidate'))).toEqual([CANDIDATES[0]]);
    expect(lines[lines.length - 1]).toBe('');
  });

  it.each(['ice-ufrag', 'ice-pwd', 'fingerprint'])('can not be made without %s', (name) => {
    const lacking = MEDIA.replace(new RegExp(`a=${name}:.*`, 'g'), '');
    expect(() => answerOf(lacking, OFFER, 0)).toThrow(name);
    expect(() => answerOf('', OFFER, 0)).toThrow('no');
  });
});
