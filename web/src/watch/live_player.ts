/** The broadcast in one media element: hls.js in low-latency mode, or the browser's own player. */
import Hls from 'hls.js/light';
import type { BoardFile } from './board_feed';
import {
  type CaptionFile,
  type ScreenMark,
  boardFile,
  boardFiles,
  captionFile,
  captionFiles,
  firstVariant,
  screenMark,
  screenMarks,
} from './ranges';

/** Kept on a phone: enough to go back a moment without fetching again. */
const BEHIND_S = 30;
const AHEAD_S = 20;
const LOOK_AT_PLAYLIST_MS = 4_000;
/** A little behind after a break is caught up with: nobody hears it at this speed. */
const CATCH_UP_RATE = 1.05;
/** The first playlist may be a segment old (nginx): who has just come is taken nearer, once it is known. */
const JOINING_MS = 5_000;
const JOINED_S = 1.5;
/** Without a word of the playlist: so far from its end a browser plays by itself. */
const NATIVE_BEHIND_S = 4;

export interface PlayerEvents {
  /** Files of the board that the playlist names. */
  named: (files: BoardFile[]) => void;
  /** Files of captions. */
  captioned: (files: CaptionFile[]) => void;
  /** When the shared screen has the big place. */
  marked: (marks: ScreenMark[]) => void;
  /** It can't go on with this address: ask for another one. */
  failed: (why: 'address' | 'network' | 'unsupported') => void;
}

export class LivePlayer {
  #hls: Hls | null = null;
  #timer = 0;
  #isLow = true;
  #joinsUntilMs = 0;

  constructor(
    readonly element: HTMLVideoElement,
    private readonly events: PlayerEvents,
  ) {}

  /** Only with hls.js is there a choice; the browser's own player chooses for itself. */
  get hasChoice(): boolean {
    return this.#hls !== null;
  }

  open(playlist: string, isLow: boolean): void {
    this.close();
    this.#isLow = isLow;
    if (Hls.isSupported()) this.#open(playlist);
    else if (this.element.canPlayType('application/vnd.apple.mpegurl')) this.#openNative(playlist);
    else this.events.failed('unsupported');
  }

  close(): void {
    clearInterval(this.#timer);
    this.#hls?.destroy();
    this.#hls = null;
    this.element.removeAttribute('src');
  }

  /** Low data: the least picture, or none; else what the link carries. */
  setLow(isLow: boolean): void {
    this.#isLow = isLow;
    if (this.#hls === null) return;
    this.#hls.autoLevelCapping = isLow ? 0 : -1;
    if (isLow) this.#hls.nextLevel = 0;
    else this.#hls.nextLevel = -1;
  }

  /** What plays now, in the lesson's own time; null until something does. */
  get positionMs(): number | null {
    const { element } = this;
    if (this.#hls !== null) return this.#hls.playingDate?.getTime() ?? null;
    const start = (element as { getStartDate?: () => Date }).getStartDate?.().getTime();
    return start ? start + element.currentTime * 1_000 : null;
  }

  /** What can be sought, in the element's seconds, and where live is. */
  get range(): { fromS: number; liveS: number } | null {
    const { seekable } = this.element;
    if (seekable.length === 0) return null;
    const endS = seekable.end(seekable.length - 1);
    const liveS = this.#hls?.liveSyncPosition ?? endS - NATIVE_BEHIND_S;
    return { fromS: seekable.start(0), liveS: Math.max(seekable.start(0), liveS) };
  }

  goLive(): void {
    const range = this.range;
    if (range !== null) this.element.currentTime = range.liveS;
  }

  seek(toS: number): void {
    this.#joinsUntilMs = 0;
    this.element.currentTime = toS;
  }

  #open(playlist: string): void {
    const hls = new Hls({
      lowLatencyMode: true,
      backBufferLength: BEHIND_S,
      maxBufferLength: AHEAD_S,
      maxMaxBufferLength: AHEAD_S * 2,
      startLevel: 0,
      capLevelToPlayerSize: true,
      maxLiveSyncPlaybackRate: CATCH_UP_RATE,
      // What the playlist says of the board is read from it, not from a text track.
      enableDateRangeMetadataCues: false,
      enableEmsgMetadataCues: false,
      enableID3MetadataCues: false,
    });
    this.#hls = hls;
    const place = new URL(playlist, location.href).href;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.setLow(this.#isLow));
    this.#joinsUntilMs = performance.now() + JOINING_MS;
    hls.on(Hls.Events.LEVEL_UPDATED, (_event, { details }) => {
      this.#join(hls.liveSyncPosition ?? 0);
      const ranges = Object.values(details.dateRanges).filter((range) => range !== undefined);
      const files = ranges.map((range) =>
        boardFile(range.class, range.startDate, range.attr['X-FILE'], place),
      );
      this.events.named(files.filter((file): file is BoardFile => file !== null));
      const captions = ranges.map((range) =>
        captionFile(range.class, range.startDate, range.attr['X-FILE'], place),
      );
      this.events.captioned(captions.filter((file): file is CaptionFile => file !== null));
      const marks = ranges.map((range) =>
        screenMark(range.class, range.startDate, range.attr['X-FILE'], place),
      );
      this.events.marked(marks.filter((mark): mark is ScreenMark => mark !== null));
    });
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      const status = data.response?.code ?? 0;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else this.events.failed(status >= 400 && status < 500 ? 'address' : 'network');
    });
    hls.loadSource(playlist);
    hls.attachMedia(this.element);
  }

  #join(liveS: number): void {
    const { currentTime } = this.element;
    if (performance.now() > this.#joinsUntilMs || currentTime === 0) return;
    if (liveS - currentTime > JOINED_S) this.element.currentTime = liveS;
  }

  /** Date ranges are read from the playlist itself: browsers tell them each in its own way. */
  #openNative(playlist: string): void {
    const place = new URL(playlist, location.href).href;
    this.element.src = playlist;
    this.element.onerror = () => this.events.failed('network');
    let media: string | null = null;
    const look = async (): Promise<void> => {
      media ??= firstVariant(await textAt(place), place);
      if (media === null) return;
      const words = await textAt(media);
      this.events.named(boardFiles(words, place));
      this.events.captioned(captionFiles(words, place));
      this.events.marked(screenMarks(words, place));
    };
    const again = (): void => void look().catch(() => undefined);
    this.#timer = window.setInterval(again, LOOK_AT_PLAYLIST_MS);
    again();
  }
}

async function textAt(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}
