import type { BoardFile } from './board_feed';

const CLASSES = ['streamsvc.board', 'streamsvc.board.state'];
const ATTRIBUTE = /([A-Z0-9-]+)=("[^"]*"|[^,]*)/g;

/** The board's files that a media playlist names. `place` is what they are relative to. */
export function boardFiles(playlist: string, place: string): BoardFile[] {
  return rangesOf(playlist)
    .map((range) => boardFile(range['CLASS'], range['START-DATE'], range['X-FILE'], place))
    .filter((file): file is BoardFile => file !== null);
}

/** One date range as a file; null for what is none of ours. */
export function boardFile(
  kind: string | null | undefined,
  start: string | Date | null | undefined,
  file: string | null | undefined,
  place: string,
): BoardFile | null {
  if (!kind || !CLASSES.includes(kind) || !start || !file) return null;
  const startMs = new Date(start).getTime();
  if (Number.isNaN(startMs)) return null;
  return { startMs, url: new URL(file, place).href, isState: kind === CLASSES[1] };
}

/** A file of the captions that were written at a moment. */
export interface CaptionFile {
  startMs: number;
  url: string;
}

const CAPTIONS = 'streamsvc.caption';

export function captionFiles(playlist: string, place: string): CaptionFile[] {
  return rangesOf(playlist)
    .map((range) => captionFile(range['CLASS'], range['START-DATE'], range['X-FILE'], place))
    .filter((file): file is CaptionFile => file !== null);
}

/** One date range as such a file; null for what is none. */
export function captionFile(
  kind: string | null | undefined,
  start: string | Date | null | undefined,
  file: string | null | undefined,
  place: string,
): CaptionFile | null {
  if (kind !== CAPTIONS || !start || !file) return null;
  const startMs = new Date(start).getTime();
  return Number.isNaN(startMs) ? null : { startMs, url: new URL(file, place).href };
}

/** From a moment on this playlist has the big place: the shared screen's, or the teacher's. */
export interface ScreenMark {
  startMs: number;
  url: string;
  isScreen: boolean;
}

const SCREEN = 'streamsvc.screen';

export function screenMarks(playlist: string, place: string): ScreenMark[] {
  return rangesOf(playlist)
    .map((range) => screenMark(range['CLASS'], range['START-DATE'], range['X-FILE'], place))
    .filter((mark): mark is ScreenMark => mark !== null);
}

/** One date range as such a mark; null for what is none. */
export function screenMark(
  kind: string | null | undefined,
  start: string | Date | null | undefined,
  file: string | null | undefined,
  place: string,
): ScreenMark | null {
  if (kind !== SCREEN || !start || !file) return null;
  const startMs = new Date(start).getTime();
  if (Number.isNaN(startMs)) return null;
  return { startMs, url: new URL(file, place).href, isScreen: file === 'screen.m3u8' };
}

/** Where the shared screen of a moment is; null while there is none. */
export function screenAt(marks: readonly ScreenMark[], positionMs: number): string | null {
  const past = marks.filter(({ startMs }) => startMs <= positionMs);
  const last = past.reduce<ScreenMark | null>(
    (latest, mark) => (latest === null || mark.startMs >= latest.startMs ? mark : latest),
    null,
  );
  return last?.isScreen ? last.url : null;
}

/** Address of the first media playlist of a multivariant one: for browsers that play by themselves. */
export function firstVariant(playlist: string, place: string): string | null {
  const lines = playlist.split('\n').map((line) => line.trim());
  const at = lines.findIndex((line) => line.startsWith('#EXT-X-STREAM-INF'));
  const name = at < 0 ? undefined : lines.slice(at + 1).find((line) => line && line[0] !== '#');
  return name === undefined ? null : new URL(name, place).href;
}

function rangesOf(playlist: string): Record<string, string>[] {
  return playlist
    .split('\n')
    .filter((line) => line.startsWith('#EXT-X-DATERANGE:'))
    .map((line) => attributesOf(line.slice(line.indexOf(':') + 1)));
}

function attributesOf(list: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, value] of list.matchAll(ATTRIBUTE))
    found[name ?? ''] = (value ?? '').replace(/^"|"$/g, '');
  return found;
}
