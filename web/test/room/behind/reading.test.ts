import { describe, expect, it } from 'vitest';
import { codecsOf, extentAt, nextRange, type Ranges } from '../../../src/room/behind/buffered';
import { LiveLag } from '../../../src/room/behind/live_lag';
import { begunOf, completeOf, isFinal, segmentsOf } from '../../../src/room/behind/playlist';

const PLAYLIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-MAP:URI="voice-init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:02.500+00:00
#EXTINF:1.987,
voice-000007.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="voice-init-3.mp4"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:10.000+00:00
#EXTINF:4.000,
voice-000008.m4s
`;
const START_MS = Date.parse('2027-01-15T08:00:00Z');

describe('a playlist', () => {
  it('gives segments with their numbers, sections and wall times', () => {
    const [first, second, ...more] = segmentsOf(PLAYLIST, '/api/x/window/lead/voice.m3u8');
    expect(more).toEqual([]);
    expect(first).toEqual({
      number: 7,
      url: '/api/x/window/lead/voice-000007.m4s',
      initUrl: '/api/x/window/lead/voice-init-2.mp4',
      startMs: START_MS + 2_500,
      endMs: START_MS + 4_487,
    });
    expect(second?.number).toBe(8);
    expect(second?.initUrl).toContain('init-3');
  });
  it('names what there is of the next segment, and what it will be', () => {
    const hint = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="begun-voice-000009.m4s"\n';
    const url = '/api/x/window/lead/voice.m3u8';
    const begun = begunOf(PLAYLIST + hint, url) ?? '';
    expect(begun).toBe('/api/x/window/lead/begun-voice-000009.m4s');
    expect(completeOf(begun)).toBe('/api/x/window/lead/voice-000009.m4s');
    expect(begunOf(PLAYLIST, url)).toBeNull();
    expect(segmentsOf(PLAYLIST + hint, url)).toHaveLength(2);
  });
  it('says when nothing will be added', () => {
    expect(isFinal(PLAYLIST)).toBe(false);
    expect(isFinal(`${PLAYLIST}#EXT-X-ENDLIST\n`)).toBe(true);
  });
  it('that holds nothing gives nothing', () => {
    expect(segmentsOf('#EXTM3U\n', '/x.m3u8')).toEqual([]);
    expect(segmentsOf('#EXTINF:nonsense\nx.m4s\n', '/x.m3u8')).toEqual([]);
  });
});

function ranges(...pairs: [number, number][]): Ranges {
  const at = (n: number) => pairs[n] ?? [0, 0];
  return { length: pairs.length, start: (n) => at(n)[0], end: (n) => at(n)[1] };
}

describe('what a media element has', () => {
  it('ahead, up to the next hole', () => {
    const held = ranges([10, 20], [30, 34]);
    expect(extentAt(held, 12)).toBe(8);
    expect(extentAt(held, 9.95)).toBeCloseTo(10.05);
    expect(extentAt(held, 25)).toBe(0);
    expect(nextRange(held, 25)).toBe(30);
    expect(nextRange(held, 40)).toBeNull();
  });
});

function box(text: string, ...more: number[]): number[] {
  return [...[...text].map((char) => char.charCodeAt(0)), ...more];
}

it('a section tells what it takes to play it', () => {
  const picture = new Uint8Array([0, 0, ...box('avcC', 1, 0x42, 0xc0, 0x1f), ...box('Opus')]);
  expect(codecsOf(picture.buffer)).toBe('video/mp4; codecs="avc1.42c01f,opus"');
  expect(codecsOf(new Uint8Array(box('Opus')).buffer)).toBe('audio/mp4; codecs="opus"');
});

describe('how far behind the live voice plays', () => {
  const report = (delayS: number, emitted: number) =>
    new Map([
      ['in', { type: 'inbound-rtp', jitterBufferDelay: delayS, jitterBufferEmittedCount: emitted }],
      ['way', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.6 }],
    ]) as unknown as RTCStatsReport;
  it('is what samples waited of late, and their way', () => {
    const lag = new LiveLag();
    lag.see(report(48_000, 48_000));
    expect(lag.ms).toBe(1_500);
    lag.see(report(48_000 + 3 * 48_000, 96_000));
    expect(lag.ms).toBeCloseTo(3_300);
  });
  it('stays where nothing came', () => {
    const lag = new LiveLag();
    lag.see(report(48_000, 48_000));
    lag.see(report(48_000, 48_000));
    expect(lag.ms).toBe(1_500);
  });
});
