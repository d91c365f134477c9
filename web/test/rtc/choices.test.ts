import { describe, expect, it } from 'vitest';
import { preferred } from '$rtc/codecs';
import { faultOf } from '$rtc/devices';
import { encodings } from '$rtc/layers';

describe('codecs', () => {
  it('H.264 with packetization 1 first, then the other H.264, VP8, retransmission, nothing else', () => {
    const offered = [
      { mimeType: 'video/VP8' },
      { mimeType: 'video/rtx' },
      { mimeType: 'video/AV1' },
      { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=0' },
      { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1' },
      { mimeType: 'video/VP9' },
    ];
    const names = preferred(offered).map((codec) => codec.sdpFmtpLine ?? codec.mimeType);
    expect(names).toEqual([
      'packetization-mode=1',
      'packetization-mode=0',
      'video/VP8',
      'video/rtx',
    ]);
  });
});

describe('layers', () => {
  it.each([
    ['camera', 1280, 720, ['q', 'h', 'f']],
    ['camera', 960, 540, ['q', 'h', 'f']],
    ['camera', 720, 960, ['q', 'h', 'f']],
    ['camera', 640, 480, ['h', 'f']],
    ['stage', 640, 360, ['h', 'f']],
    ['screen', 1920, 1080, [undefined]],
  ] as const)('%s of %dx%d', (kind, width, height, rids) => {
    const found = encodings(kind, width, height, true);
    expect(found.map((encoding) => encoding.rid)).toEqual(rids);
    expect(new Set(found.map((encoding) => encoding.scalabilityMode))).toEqual(new Set(['L1T2']));
  });

  it('leaves the temporal layers of VP8 to the browser', () => {
    const found = encodings('camera', 1280, 720, false);
    expect(found.some((encoding) => 'scalabilityMode' in encoding)).toBe(false);
  });
});

describe('device faults', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'busy'],
    ['TypeError', 'failed'],
  ])('%s is %s', (name, expected) => {
    expect(faultOf(Object.assign(new Error('no'), { name }))).toBe(expected);
  });
});
