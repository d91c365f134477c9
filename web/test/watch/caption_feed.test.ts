import { describe, expect, it } from 'vitest';
import { CaptionFeed } from '../../src/watch/caption_feed';
import { captionFile, captionFiles } from '../../src/watch/ranges';

const PLACE = 'https://class.example/live/1-x/les_1/main.m3u8';
const MINUTE_MS = 60_000;

function line(line_id: string, from_ms: number): unknown {
  return { line_id, text: line_id, lang: '', from_ms, to_ms: from_ms + 4_000 };
}

describe('files of captions', () => {
  it('are named by the playlist', () => {
    const words = [
      '#EXTM3U',
      '#EXT-X-DATERANGE:ID="a",CLASS="streamsvc.board",START-DATE="2026-11-23T09:00:00.000Z",X-FILE="board/000001.json"',
      '#EXT-X-DATERANGE:ID="b",CLASS="streamsvc.caption",START-DATE="2026-11-23T09:00:01.500Z",X-FILE="board/captions-000002.json"',
      '#EXT-X-DATERANGE:ID="c",CLASS="streamsvc.caption",START-DATE="never",X-FILE="x"',
    ].join('\n');
    expect(captionFiles(words, PLACE)).toEqual([
      {
        startMs: Date.parse('2026-11-23T09:00:01.500Z'),
        url: 'https://class.example/live/1-x/les_1/board/captions-000002.json',
      },
    ]);
    expect(captionFile('streamsvc.board', new Date(), 'x', PLACE)).toBeNull();
  });

  it('are fetched when the player comes near, and once', async () => {
    const asked: string[] = [];
    const feed = new CaptionFeed((url) => {
      asked.push(url);
      return Promise.resolve([line(url, url === 'near' ? 5_000 : 10 * MINUTE_MS)]);
    });
    expect(feed.hasFiles).toBe(false);
    feed.add([{ url: 'near', startMs: 8_000 }]);
    feed.add([
      { url: 'near', startMs: 8_000 },
      { url: 'far', startMs: 10 * MINUTE_MS },
    ]);
    expect(feed.hasFiles).toBe(true);
    expect(feed.at(4_000, 0)).toBeNull();
    await Promise.resolve();
    expect(feed.at(5_000, 0)?.now.text).toBe('near');
    expect(feed.at(4_999, 10_000)).toBeNull();
    expect(asked).toEqual(['near']);
    feed.at(10 * MINUTE_MS, 20_000);
    expect(asked).toEqual(['near', 'far']);
  });

  it('that do not come are asked for again', async () => {
    let tries = 0;
    const feed = new CaptionFeed(() => {
      tries += 1;
      return tries < 2 ? Promise.reject(new Error('404')) : Promise.resolve([line('a', 0)]);
    });
    feed.add([{ url: 'a', startMs: 0 }]);
    feed.at(0, 0);
    await Promise.resolve();
    feed.at(0, 1_000);
    expect(tries).toBe(1);
    feed.at(0, 3_000);
    expect(tries).toBe(2);
    await Promise.resolve();
    expect(feed.at(0, 3_001)?.now.text).toBe('a');
  });
});
