import { describe, expect, it } from 'vitest';
import { codecsOf } from '../../../src/room/behind/buffered';
import {
  holds,
  keyBetween,
  liveListOf,
  newestOf,
  partFrom,
  variantsOf,
} from '../../../src/room/behind/live_list';
import { LivePace } from '../../../src/room/behind/live_pace';
import { Rungs } from '../../../src/room/behind/rungs';

const URL = '/live/9-x/les_1/low-aac/live.m3u8';
const START_MS = Date.parse('2027-01-15T08:00:00Z');
const DELTA = `#EXTM3U
#EXT-X-VERSION:10
#EXT-X-TARGETDURATION:4
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.200,CAN-SKIP-UNTIL=36.0
#EXT-X-PART-INF:PART-TARGET=0.400
#EXT-X-MEDIA-SEQUENCE:2
#EXT-X-SKIP:SKIPPED-SEGMENTS=7
#EXT-X-DATERANGE:ID="board-3",CLASS="streamsvc.board",START-DATE="2027-01-15T08:00:01.000Z",X-FILE="board/000003.json"
#EXT-X-DATERANGE:ID="screen-4",CLASS="streamsvc.screen",START-DATE="2027-01-15T08:00:02.000Z",X-FILE="screen.m3u8"
#EXT-X-MAP:URI="init-1-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z
#EXTINF:3.500,
9.m4s
#EXT-X-MAP:URI="init-1-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:03.500Z
#EXT-X-PART:DURATION=0.344,URI="10.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.156,URI="10.1.m4s"
#EXTINF:0.500,
10.m4s
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:04.000Z
#EXT-X-PART:DURATION=0.344,URI="11.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="11.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../middle-aac/live.m3u8",LAST-MSN=11,LAST-PART=0
`;

describe('the playlist of a live lesson', () => {
  const list = liveListOf(DELTA, URL);
  it('gives parts, and segments where their parts are not named any more', () => {
    const places = list.parts.map((one) => [one.number, one.part, one.startMs - START_MS]);
    expect(places).toEqual([
      [9, 0, 0],
      [10, 0, 3_500],
      [10, 1, 3_844],
      [11, 0, 4_000],
    ]);
    expect(list.parts.map(({ isKey }) => isKey)).toEqual([true, true, false, true]);
    expect(list.parts.map(({ isCut }) => isCut)).toEqual([false, false, false, true]);
    expect(list.parts[0]?.url).toBe('/live/9-x/les_1/low-aac/9.m4s');
    expect(list.parts[2]?.initUrl).toBe('/live/9-x/les_1/low-aac/init-1-2.mp4');
  });
  it('says what comes next, and when the screen has the big place', () => {
    expect(list.next).toEqual({ number: 11, part: 1, url: '/live/9-x/les_1/low-aac/11.1.m4s' });
    expect(list.screens).toEqual([{ fromMs: START_MS + 2_000, isShared: true }]);
    expect(list.isEnded).toBe(false);
    const over = liveListOf(DELTA.replace(/#EXT-X-PRELOAD.*\n/, '#EXT-X-ENDLIST\n'), URL);
    expect([over.next, over.isEnded]).toEqual([null, true]);
  });
  it('is gone on with from where one is, and begun with a key frame', () => {
    expect(partFrom(list, START_MS + 3_844, false)?.part).toBe(1);
    expect(partFrom(list, START_MS + 3_900, true)?.startMs).toBe(START_MS + 3_500);
    expect(partFrom(list, START_MS + 4_344, false)).toBeNull();
    expect(keyBetween(list, START_MS + 3_700, START_MS + 4_000)?.number).toBe(11);
    expect(keyBetween(list, START_MS + 3_600, START_MS + 3_990)).toBeNull();
    expect([-1, 0, 4_343, 4_344].map((ms) => holds(list, START_MS + ms))).toEqual([
      ...[false, true, true, false],
    ]);
  });
  it('is named by the whole one, smallest first', () => {
    const main =
      '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=1,CODECS="a,b"\nhigh-aac/live.m3u8\n' +
      '#EXT-X-STREAM-INF:BANDWIDTH=52000,AVERAGE-BANDWIDTH=2,CODECS="a,b"\nlow-aac/live.m3u8\n';
    const [low, high] = variantsOf(main, '/live/9-x/les_1/main.m3u8');
    expect(low).toEqual({ url: URL, bps: 52_000 });
    expect(high?.bps).toBe(900_000);
    expect(newestOf(URL)).toBe('/live/9-x/les_1/low-aac/delta-dates.m3u8');
  });
});

describe('an init section', () => {
  const words = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
  it('says what its voice is', () => {
    expect(codecsOf(words('xxmp4axx'))).toBe('audio/mp4; codecs="mp4a.40.2"');
    expect(codecsOf(words('xxOpusxx'))).toBe('audio/mp4; codecs="opus"');
    expect(codecsOf(words('avcC\u0001B\u0000\u001fmp4a'))).toBe(
      'video/mp4; codecs="avc1.42001f,mp4a.40.2"',
    );
  });
});

describe('the picture that is taken', () => {
  const easy = (rungs: Rungs, fromMs: number, untilMs: number): boolean => {
    for (let now = fromMs; now <= untilMs; now += 400) if (rungs.came(now, 400, 40)) return true;
    return false;
  };
  it('is larger once the link had time to spare for a while, and no larger than there is', () => {
    const rungs = new Rungs(2);
    expect(easy(rungs, 0, 3_600)).toBe(false);
    expect(easy(rungs, 4_000, 4_400)).toBe(true);
    expect(rungs.at).toBe(1);
    expect(easy(rungs, 5_000, 60_000)).toBe(false);
  });
  it('is the largest where the link was seen to carry it', () => {
    const rungs = new Rungs(3, true);
    expect(rungs.at).toBe(2);
    expect(rungs.came(0, 400, 390) || rungs.came(400, 400, 390)).toBe(true);
    expect(rungs.at).toBe(1);
  });
  it('is smaller at once where parts take their own time, and is not soon tried again', () => {
    const rungs = new Rungs(2);
    easy(rungs, 0, 5_000);
    expect(rungs.came(5_400, 400, 390)).toBe(false);
    expect(rungs.came(5_800, 400, 390)).toBe(true);
    expect(rungs.at).toBe(0);
    expect(easy(rungs, 6_000, 12_000)).toBe(false);
    expect(easy(rungs, 12_400, 15_000)).toBe(true);
    expect(rungs.stalled(15_200)).toBe(true);
    expect(easy(rungs, 16_000, 30_000)).toBe(false);
  });
});

describe('how near it is followed', () => {
  it('catches up, the last of it unnoticed, and stays where it is', () => {
    const pace = new LivePace(3);
    expect(pace.speed(0, 9_000, 3)).toBe(1.2);
    expect(pace.speed(1_000, 2_500, 3)).toBe(1.05);
    expect(pace.speed(2_000, 1_590, 3)).toBe(1);
    expect(pace.speed(3_000, 2_000, 3)).toBe(1);
    expect(pace.speed(4_000, 2_150, 3)).toBe(1.05);
  });
  it('is farther after each stall, and nearer again when all was calm', () => {
    const pace = new LivePace(0);
    pace.speed(0, 1_500, 0);
    pace.speed(1_000, 1_500, 2);
    expect(pace.targetMs).toBe(2_400);
    pace.speed(60_000, 1_500, 2);
    expect(pace.targetMs).toBe(2_400);
    pace.speed(61_000, 1_500, 2);
    expect(pace.targetMs).toBe(2_000);
    for (let n = 0; n < 99; n += 1) pace.speed(70_000, 1_500, 3 + n);
    expect(pace.targetMs).toBe(6_000);
  });
});
