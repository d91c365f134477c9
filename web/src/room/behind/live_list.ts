/** An LL-HLS media playlist of ours (recorder/broadcast), as far as the room needs it. Pure. */

export interface LivePart {
  /** Number of its segment, and of itself in it. */
  number: number;
  part: number;
  url: string;
  initUrl: string;
  startMs: number;
  endMs: number;
  /** Pictures can begin with it. */
  isKey: boolean;
  /** What comes before it is not gone on with. */
  isCut: boolean;
}

export interface ScreenShown {
  fromMs: number;
  /** Her screen has the big place from then on. */
  isShared: boolean;
}

export interface LiveList {
  /** In order, without a hole; whole segments are one where their parts are not named any more. */
  parts: LivePart[];
  /** What comes next. */
  next: { number: number; part: number; url: string } | null;
  screens: ScreenShown[];
  isEnded: boolean;
}

export interface Variant {
  url: string;
  bps: number;
}

/** The pictures of a multivariant playlist that came from `url`, the smallest first. */
export function variantsOf(text: string, url: string): Variant[] {
  const lines = text.split('\n');
  const found = lines.flatMap((line, at) => {
    const bps = Number(/^#EXT-X-STREAM-INF:.*?BANDWIDTH=(\d+)/.exec(line)?.[1]);
    const uri = lines[at + 1];
    return bps > 0 && uri ? [{ url: beside(url, uri), bps }] : [];
  });
  return found.sort((one, other) => one.bps - other.bps);
}

/** Where the end of a media playlist stands alone. */
export function newestOf(url: string): string {
  return url.replace(/live\.m3u8$/, 'delta-dates.m3u8');
}

/** A media playlist that came from `url`; lines that say nothing are skipped. */
export function liveListOf(text: string, url: string): LiveList {
  const reading = new Reading(url);
  for (const line of text.split('\n')) {
    const at = line.indexOf(':');
    if (line.startsWith('#'))
      reading.tag(line.slice(0, at < 0 ? undefined : at), line.slice(at + 1));
    else if (line !== '') reading.segment(line);
  }
  return reading.list;
}

class Reading {
  readonly list: LiveList = { parts: [], next: null, screens: [], isEnded: false };
  #number = 0;
  #part = 0;
  #initUrl = '';
  #atMs = Number.NaN;
  #isCut = false;
  #seconds = 0;
  readonly #tags: Record<string, (value: string) => void> = {
    '#EXT-X-MEDIA-SEQUENCE': (value) => (this.#number += Number(value)),
    '#EXT-X-SKIP': (value) => (this.#number += numberOf(value, 'SKIPPED-SEGMENTS')),
    '#EXT-X-MAP': (value) => (this.#initUrl = beside(this.url, uriOf(value))),
    '#EXT-X-DISCONTINUITY': () => (this.#isCut = true),
    '#EXT-X-PROGRAM-DATE-TIME': (value) => (this.#atMs = Date.parse(value)),
    '#EXTINF': (value) => (this.#seconds = parseFloat(value)),
    '#EXT-X-ENDLIST': () => (this.list.isEnded = true),
    '#EXT-X-DATERANGE': (value) => {
      if (value.includes('CLASS="streamsvc.screen"')) this.list.screens.push(screenOf(value));
    },
    '#EXT-X-PART': (value) => {
      const isKey = value.includes('INDEPENDENT=YES');
      this.#add(uriOf(value), 1000 * numberOf(value, 'DURATION'), isKey);
    },
    '#EXT-X-PRELOAD-HINT': (value) => {
      const url = beside(this.url, uriOf(value));
      this.list.next = { number: this.#number, part: this.#part, url };
    },
  };

  constructor(private readonly url: string) {}

  tag(name: string, value: string): void {
    this.#tags[name]?.(value);
  }

  /** It ends; where its parts are not named any more it is one, which begins with a key frame. */
  segment(uri: string): void {
    if (this.#part === 0) this.#add(uri, 1000 * this.#seconds, true);
    this.#number += 1;
    this.#part = 0;
  }

  #add(uri: string, lengthMs: number, isKey: boolean): void {
    const place = { number: this.#number, part: this.#part, initUrl: this.#initUrl };
    const time = { startMs: this.#atMs, endMs: this.#atMs + lengthMs };
    this.list.parts.push({
      ...place,
      ...time,
      url: beside(this.url, uri),
      isKey,
      isCut: this.#isCut,
    });
    this.#isCut = false;
    this.#part += 1;
    this.#atMs += lengthMs;
  }
}

/** The first part to take for who has all up to `fromMs`: one that can be begun with, where
 *  `needsKey`; else the one that goes on. Null: it is not there yet, or not any more. */
export function partFrom(list: LiveList, fromMs: number, needsKey: boolean): LivePart | null {
  const { parts } = list;
  const at = parts.findIndex(({ endMs }) => endMs > fromMs + SEAM_MS);
  if (at < 0 || !needsKey) return parts[at] ?? null;
  for (let n = at; n >= 0; n -= 1) if (parts[n]?.isKey) return parts[n] ?? null;
  return parts.slice(at).find(({ isKey }) => isKey) ?? null;
}

/** Where pictures can begin in that time; null: nowhere. */
export function keyBetween(list: LiveList, fromMs: number, untilMs: number): LivePart | null {
  const isThere = ({ isKey, startMs }: LivePart): boolean =>
    isKey && fromMs <= startMs && startMs <= untilMs;
  return list.parts.find(isThere) ?? null;
}

/** Whether what is at that moment can be played from it. */
export function holds(list: LiveList, atMs: number): boolean {
  const [first] = list.parts;
  const last = list.parts[list.parts.length - 1];
  return first !== undefined && last !== undefined && first.startMs <= atMs && atMs < last.endMs;
}

const SEAM_MS = 2;

function beside(url: string, uri: string): string {
  return uri.startsWith('/') ? uri : url.replace(/[^/]*$/, '') + uri;
}

function uriOf(value: string): string {
  return /URI="([^"]+)"/.exec(value)?.[1] ?? '';
}

function numberOf(value: string, name: string): number {
  return parseFloat(new RegExp(`${name}=([0-9.]+)`).exec(value)?.[1] ?? '0');
}

function screenOf(value: string): ScreenShown {
  const fromMs = Date.parse(/START-DATE="([^"]+)"/.exec(value)?.[1] ?? '');
  return { fromMs, isShared: value.includes('X-FILE="screen') };
}
