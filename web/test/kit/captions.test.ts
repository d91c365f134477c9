import { describe, expect, it } from 'vitest';
import { CaptionTrack, isSame } from '../../src/kit/captions';
import type { CaptionView } from '../../src/kit/protocol/schema';

function line(line_id: string, from_ms: number, more: Partial<CaptionView> = {}): CaptionView {
  return { line_id, text: line_id, lang: '', from_ms, to_ms: from_ms + 4_000, ...more };
}

function words(track: CaptionTrack, ms: number): (string | undefined)[] {
  const shown = track.at(ms);
  return [shown?.before?.text, shown?.now.text];
}

describe('the lines of a lesson', () => {
  it('are read from when they were said until they are read or the next one comes', () => {
    const track = new CaptionTrack();
    expect(track.isEmpty).toBe(true);
    track.add([line('a', 1_000), line('b', 3_000), line('c', 20_000)]);
    expect(words(track, 999)).toEqual([undefined, undefined]);
    expect(words(track, 1_000)).toEqual([undefined, 'a']);
    expect(words(track, 3_000)).toEqual(['a', 'b']);
    expect(words(track, 7_000)).toEqual([undefined, undefined]);
    expect(words(track, 20_500)).toEqual([undefined, 'c']);
  });

  it('may come late, twice, and in any order', () => {
    const track = new CaptionTrack();
    track.add([line('b', 3_000)]);
    track.add([line('a', 1_000), line('b', 3_000, { text: 'better' })]);
    expect(words(track, 3_500)).toEqual(['a', 'better']);
    track.add([line('b', 3_000, { text: '' })]);
    expect(words(track, 3_500)).toEqual([undefined, 'a']);
  });

  it('of the same moment stay in the order in which they came', () => {
    const track = new CaptionTrack();
    track.add([line('a', 1_000), line('b', 1_000)]);
    expect(words(track, 1_000)).toEqual(['a', 'b']);
  });

  it('are quickly found among ten thousand', () => {
    const track = new CaptionTrack();
    const began = performance.now();
    for (let n = 0; n < 10_000; n += 1) track.add([line(`l${n}`, n * 1_000)]);
    for (let n = 0; n < 10_000; n += 1) track.at(10_000_000);
    expect(words(track, 9_999_000)).toEqual(['l9998', 'l9999']);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('are not drawn again while they are the same', () => {
    const track = new CaptionTrack();
    track.add([line('a', 1_000)]);
    expect(isSame(track.at(1_000), track.at(2_000))).toBe(true);
    expect(isSame(track.at(1_000), track.at(9_000))).toBe(false);
    expect(isSame(null, track.at(9_000))).toBe(true);
  });
});
