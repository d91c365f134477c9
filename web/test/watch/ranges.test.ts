import { describe, expect, it } from 'vitest';
import { boardFile, boardFiles, firstVariant } from '../../src/watch/ranges';

const PLACE = 'https://school.test/live/1-sig/les/main.m3u8';
const PLAYLIST = `#EXTM3U
#EXT-X-DATERANGE:ID="s",CLASS="streamsvc.board.state",START-DATE="2026-11-23T09:00:00.000Z",X-FILE="board/state-000001.json"
#EXT-X-DATERANGE:ID="e",CLASS="streamsvc.board",START-DATE="2026-11-23T09:00:01.250Z",X-FILE="board/000002.json",X-MORE=1
#EXT-X-DATERANGE:ID="ad",CLASS="com.example.ad",START-DATE="2026-11-23T09:00:02Z",X-FILE="board/x.json"
#EXT-X-DATERANGE:ID="bad",CLASS="streamsvc.board",START-DATE="yesterday",X-FILE="board/y.json"
#EXTINF:1.0,
seg0.m4s
`;

describe('boardFiles', () => {
  it('names files of the board alone, beside the multivariant playlist', () => {
    expect(boardFiles(PLAYLIST, PLACE)).toEqual([
      {
        startMs: Date.UTC(2026, 10, 23, 9),
        url: 'https://school.test/live/1-sig/les/board/state-000001.json',
        isState: true,
      },
      {
        startMs: Date.UTC(2026, 10, 23, 9, 0, 1, 250),
        url: 'https://school.test/live/1-sig/les/board/000002.json',
        isState: false,
      },
    ]);
  });

  it('takes the date of hls.js too', () => {
    const file = boardFile('streamsvc.board', new Date(5), 'board/1.json', PLACE);
    expect(file?.startMs).toBe(5);
    expect(boardFile('streamsvc.board', new Date(5), null, PLACE)).toBeNull();
  });
});

describe('firstVariant', () => {
  it('is the one after the first stream', () => {
    const main = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n\nlow/live.m3u8\nhigh.m3u8';
    expect(firstVariant(main, PLACE)).toBe('https://school.test/live/1-sig/les/low/live.m3u8');
    expect(firstVariant(PLAYLIST, PLACE)).toBeNull();
  });
});
