/** A room that no live path reaches follows the live lesson as an audience watches it, where it is
 *  packed; until then, and while a room is on stage, its recording, which has that room's voice. */
import type { WindowTrack } from '$kit/protocol/schema';
import { LiveFeed } from './live_feed';
import { fetchLive } from './live_fetch';
import { liveListOf, newestOf, variantsOf } from './live_list';
import { LivePace } from './live_pace';
import { CATCH_UP_SPEED } from './plan';

/** How soon it is asked again where it is. */
const ASK_EVERY_MS = 10_000;
/** After it failed it is not tried for so long. */
const REST_MS = 20_000;
/** What is ready is so far ahead of what is played. */
const READY_MS = 700;
/** What is not ready by then is given up. */
const READY_WITHIN_MS = 15_000;
/** The voice alone came so long without a stall: its picture is tried once more; each time later. */
const FIRST_CALM_MS = 30_000;
const MOST_CALM_MS = 600_000;
/** Nearer than this the recording runs dry. */
const RECORDED_MS = 8_000;
/** No track of the recording is called so. */
const SCREEN = 'live-screen';
const EVER_MS = 1e15;

export interface WayNeed {
  /** Where it is; empty where there is only the recording. */
  ask: () => Promise<string>;
  /** An element like the one that plays. */
  newElement: () => HTMLVideoElement;
  isOver: () => boolean;
  /** Her screen is shared now. */
  isScreenShared: () => boolean;
}

export interface WaySight {
  nowMs: number;
  /** What is played, as wall time of the lesson. */
  positionMs: number;
  isWanted: boolean;
  withPicture: boolean;
  /** The link carries the largest picture with ease. */
  isEasy: boolean;
}

/** What is made ready beside what plays. */
interface Next {
  feed: LiveFeed;
  sinceMs: number;
}

export class LiveWay {
  /** What plays the live lesson now. */
  feed: LiveFeed | null = null;
  #playlist = '';
  /** It can be played from there on. */
  #fromMs = Infinity;
  #isAsking = false;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #notBeforeMs = 0;
  #next: Next | null = null;
  #pace = new LivePace(0);
  #sharedFromMs: number | null = null;
  #stalls = 0;
  #calmSinceMs = 0;
  #calmMs = FIRST_CALM_MS;

  constructor(private readonly need: WayNeed) {}

  /** It can be followed so. */
  get isOpen(): boolean {
    return this.#playlist !== '';
  }

  /** Gives what is to be played from now on, at the moment that is played; null: go on as it is. */
  look(sight: WaySight): LiveFeed | null {
    if (!sight.isWanted || sight.nowMs < this.#notBeforeMs) {
      this.#drop();
      return null;
    }
    if (sight.nowMs - this.#askedAtMs >= ASK_EVERY_MS) void this.#ask(sight.nowMs);
    const isAnother = this.feed === null || this.#mayShow(this.feed, sight.nowMs);
    if (!isAnother || sight.positionMs < this.#fromMs) return null;
    const withPicture = this.feed !== null || sight.withPicture;
    if (this.#next?.feed.hasPicture !== withPicture) this.#drop();
    const next = (this.#next ??= this.#open({ ...sight, withPicture }));
    return this.#ready(next, sight);
  }

  /** It plays nothing live any more; `hasFailed`: and shall not at once. */
  left(nowMs: number, hasFailed: boolean): void {
    this.feed = null;
    if (hasFailed) this.#notBeforeMs = nowMs + REST_MS;
  }

  /** The recording is caught up with, too, as far as it goes. */
  speed(nowMs: number, behindMs: number): number {
    if (this.feed === null) return behindMs > RECORDED_MS ? CATCH_UP_SPEED : 1;
    return this.#pace.speed(nowMs, behindMs, this.feed.stalls);
  }

  /** Her screen as a track beside the lead; empty while it was never shared. */
  get tracks(): WindowTrack[] {
    const marks = this.feed?.screens ?? [];
    const isShared = this.need.isScreenShared();
    if (isShared) this.#sharedFromMs ??= marks[marks.length - 1]?.fromMs ?? 0;
    const last = marks[marks.length - 1];
    const start_ms = last?.isShared ? last.fromMs : this.#sharedFromMs;
    if (start_ms === null) return [];
    const end_ms = last && !last.isShared ? last.fromMs - GROWN_MS : EVER_MS;
    const playlist = this.#playlist.replace('main.m3u8', 'screen.m3u8');
    const voice_playlist = '';
    return [
      { name: SCREEN, slot: 'screen', label: '', start_ms, end_ms, playlist, voice_playlist },
    ];
  }

  /** Plays a track of ours; null where it is one of the recording's. */
  beside(track: WindowTrack, element: HTMLMediaElement, fromMs: number): LiveFeed | null {
    if (track.name !== SCREEN) return null;
    return new LiveFeed(element, track.playlist, fromMs, this.need.isOver);
  }

  close(): void {
    this.#drop();
  }

  /** The voice alone came without a stall for so long that its picture may come, too. */
  #mayShow(feed: LiveFeed, nowMs: number): boolean {
    if (feed.stalls > this.#stalls) this.#calmSinceMs = nowMs;
    this.#stalls = feed.stalls;
    return !feed.hasPicture && nowMs - this.#calmSinceMs >= this.#calmMs;
  }

  async #ask(nowMs: number): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedAtMs = nowMs;
    try {
      const playlist = await this.need.ask();
      if (playlist !== '' && this.#fromMs === Infinity) this.#fromMs = await this.#begin(playlist);
      this.#playlist = playlist;
      if (playlist === '') this.#fromMs = Infinity;
    } catch {
      this.#playlist = '';
    } finally {
      this.#isAsking = false;
    }
  }

  /** Since when the lesson is packed, or before what a short playlist tells: who is farther behind
   *  plays its recording until then. */
  async #begin(playlist: string): Promise<number> {
    const [smallest] = variantsOf(await this.#text(playlist), playlist);
    if (smallest === undefined) return Infinity;
    const list = liveListOf(await this.#text(newestOf(smallest.url)), smallest.url);
    return list.parts[0]?.startMs ?? Infinity;
  }

  async #text(url: string): Promise<string> {
    const data = await fetchLive(url, this.need.isOver);
    return data ? new TextDecoder().decode(data) : '';
  }

  #open({ nowMs, positionMs, withPicture, isEasy }: WaySight): Next {
    const playlist = withPicture ? this.#playlist : this.#playlist.replace('main', 'voice');
    const { isOver } = this.need;
    const element = this.need.newElement();
    return {
      feed: new LiveFeed(element, playlist, positionMs, isOver, withPicture, isEasy),
      sinceMs: nowMs,
    };
  }

  #ready({ feed, sinceMs }: Next, { nowMs, positionMs }: WaySight): LiveFeed | null {
    const isLate = nowMs - sinceMs >= READY_WITHIN_MS;
    if (feed.isFailed || isLate) {
      this.#notBeforeMs = nowMs + REST_MS;
      this.#drop();
      return null;
    }
    if (feed.aheadMs(positionMs) < READY_MS) return null;
    this.#next = null;
    this.#pace = new LivePace(feed.stalls);
    if (this.feed !== null) this.#calmMs = Math.min(MOST_CALM_MS, 2 * this.#calmMs);
    this.feed = feed;
    this.#stalls = feed.stalls;
    this.#calmSinceMs = nowMs;
    feed.seek(positionMs);
    return feed;
  }

  #drop(): void {
    this.#next?.feed.close();
    this.#next = null;
  }
}

/** A track beside the lead is played on for so long after its end. */
const GROWN_MS = 15_000;
