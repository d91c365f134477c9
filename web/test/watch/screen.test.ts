import { describe, expect, it } from 'vitest';
import { screenAt, screenMarks } from '../../src/watch/ranges';

const PLACE = 'https://school.example/live/1-a/les_1/main.m3u8';
const playlist = [
  '#EXTM3U',
  '#EXT-X-DATERANGE:ID="board-0",CLASS="streamsvc.board",START-DATE="2026-01-01T00:00:00.000Z",X-FILE="board/000000.json"',
  '#EXT-X-DATERANGE:ID="screen-1",CLASS="streamsvc.screen",START-DATE="2026-01-01T00:00:10.000Z",X-FILE="screen.m3u8"',
  '#EXT-X-DATERANGE:ID="screen-2",CLASS="streamsvc.screen",START-DATE="2026-01-01T00:00:20.000Z",X-FILE="main.m3u8"',
].join('\n');

describe('a shared screen', () => {
  const marks = screenMarks(playlist, PLACE);
  const at = (second: number) => screenAt(marks, Date.UTC(2026, 0, 1, 0, 0, second));

  it('has the big place from when it begins until it ends, at whatever position is played', () => {
    expect(at(5)).toBeNull();
    expect(at(10)).toBe('https://school.example/live/1-a/les_1/screen.m3u8');
    expect(at(19)).toBe('https://school.example/live/1-a/les_1/screen.m3u8');
    expect(at(20)).toBeNull();
  });

  it('is none where nothing is told, or the date is no date', () => {
    expect(screenAt([], 0)).toBeNull();
    expect(screenMarks(playlist.replace(/2026-01-01/g, 'never'), PLACE)).toEqual([]);
  });
});
