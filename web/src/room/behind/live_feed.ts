import { codecsOf, extentAt, nextRange } from './buffered';
import { rest } from './fetching';
import { fetchLive } from './live_fetch';
import {
  holds,
  keyBetween,
  liveListOf,
  newestOf,
  partFrom,
  variantsOf,
  type LiveList,
  type LivePart,
  type ScreenShown,
  type Variant,
} from './live_list';
import { Rungs } from './rungs';
import { until, type Feed } from './source';

const AHEAD_S = 20;
const BEHIND_S = 20;
/** With more than this it does not wait for us. */
const LITTLE_S = 0.3;
const FULL_REST_MS = 500;
const ENDED_REST_MS = 1_000;
/** A larger picture takes over where its segment begins so shortly before what is here ends: what is
 *  played is not touched by that. */
const OVERLAP_MS = 400;

/**
 * Plays the live lesson in a media element as an audience watches it (LL-HLS, recorder/broadcast):
 * part by part, each asked for before it is there, in the largest picture that the link carries.
 */
export class LiveFeed implements Feed {
  readonly isLive = true;
  isAtEnd = false;
  isComplete = false;
  isFailed = false;
  isHurried = false;
  playedMs = 0;
  tookMs = 0;
  /** How often it stood still for want of data. */
  stalls = 0;
  screens: readonly ScreenShown[] = [];
  readonly #source = new MediaSource();
  readonly #url = URL.createObjectURL(this.#source);
  #buffer: SourceBuffer | null = null;
  #initUrl = '';
  #type = '';
  #variants: Variant[] = [];
  #rungs = new Rungs(1);
  /** The picture that is taken, an index of the variants. */
  #taken = 0;
  #list: LiveList | null = null;
  /** What comes next, on its way; null where it will not come. */
  #coming: { url: string; data: Promise<ArrayBuffer | null> } | null = null;
  #listedAtMs = 0;
  #takenMs: number;
  #needsKey = true;
  #zeroMs: number | null = null;
  #isPlaced = false;
  #isClosed = false;

  /** `playlist`: a multivariant one. */
  constructor(
    readonly element: HTMLMediaElement,
    private readonly playlist: string,
    private readonly fromMs: number,
    private readonly isUnwanted: () => boolean,
    readonly hasPicture = true,
    /** With the largest picture: the link was seen to carry it. */
    private readonly isEasy = false,
  ) {
    this.#takenMs = fromMs;
    element.src = this.#url;
    element.addEventListener('waiting', this.#stalled);
    void this.#run();
  }

  get positionMs(): number {
    if (!this.#isPlaced) return this.fromMs;
    return (this.#zeroMs ?? 0) + this.element.currentTime * 1000;
  }

  get isWaiting(): boolean {
    return this.element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** How much is here from that moment on, in ms. */
  aheadMs(atMs: number): number {
    if (this.#zeroMs === null) return 0;
    return 1000 * extentAt(this.element.buffered, (atMs - this.#zeroMs) / 1000);
  }

  seek(toMs: number): void {
    if (this.#zeroMs !== null) this.element.currentTime = (toMs - this.#zeroMs) / 1000;
  }

  skipHole(): void {
    const { buffered, currentTime } = this.element;
    if (!this.#isPlaced || extentAt(buffered, currentTime) > 0) return;
    const next = nextRange(buffered, currentTime);
    if (next !== null) this.element.currentTime = next;
  }

  close(): void {
    this.#isClosed = true;
    this.element.removeEventListener('waiting', this.#stalled);
    this.element.pause();
    this.element.removeAttribute('src');
    this.element.load();
    URL.revokeObjectURL(this.#url);
  }

  readonly #isOver = (): boolean => this.#isClosed || this.isUnwanted();

  readonly #stalled = (): void => {
    const { buffered, currentTime } = this.element;
    if (!this.#isPlaced || extentAt(buffered, currentTime) > LITTLE_S) return; // it was moved
    this.stalls += 1;
    if (this.#rungs.stalled(performance.now())) this.#change(this.#rungs.at);
  };

  async #run(): Promise<void> {
    try {
      await until(this.#source, 'sourceopen');
      const main = await this.#text(this.playlist);
      this.#variants = variantsOf(main ?? '', this.playlist);
      if (this.#variants.length === 0) throw new Error(this.playlist);
      this.#rungs = new Rungs(this.#variants.length, this.isEasy);
      this.#taken = this.#rungs.at;
      while (!this.#isOver()) await this.#step();
    } catch {
      if (!this.#isClosed) this.isFailed = true;
    }
  }

  async #step(): Promise<void> {
    const { buffered, currentTime } = this.element;
    if (this.#isPlaced && extentAt(buffered, currentTime) >= AHEAD_S) return rest(FULL_REST_MS);
    const list = (this.#list ??= await this.#open(this.#taken));
    if (list === null) return;
    const part = partFrom(list, this.#takenMs, this.#needsKey);
    this.isAtEnd = part === null;
    if (part !== null) return this.#take(part);
    if (this.#rungs.at > this.#taken) await this.#climb();
    await this.#lookOn(list);
  }

  /** The end of a playlist; all of it where that began after what is here ends. */
  async #open(variant: number): Promise<LiveList | null> {
    const url = this.#variants[variant]?.url ?? '';
    const text = await this.#text(newestOf(url));
    if (text === null) return null;
    this.#listedAtMs = performance.now();
    const list = this.#see(text, url);
    const first = list.parts[0];
    if (first === undefined || first.startMs <= this.#takenMs) return list;
    const whole = await this.#text(url);
    return whole === null ? null : this.#see(whole, url);
  }

  #see(text: string, url: string): LiveList {
    const list = liveListOf(text, url);
    const known = this.screens;
    const isNew = (one: ScreenShown): boolean => known.every(({ fromMs }) => fromMs < one.fromMs);
    this.screens = [...known, ...list.screens.filter(isNew)];
    return list;
  }

  /** All is here: what is next, and the playlist that says what it is. */
  async #lookOn({ next, isEnded }: LiveList): Promise<void> {
    this.isComplete = isEnded;
    if (next === null) return rest(ENDED_REST_MS);
    const data = this.#fetch(next.url).catch(() => null); // its packager may have died before it
    this.#coming = { url: next.url, data };
    const url = this.#variants[this.#taken]?.url ?? '';
    const wish = `_HLS_msn=${next.number}&_HLS_part=${next.part}&_HLS_skip=v2`;
    const taken = this.#taken;
    const text = await this.#text(`${url}?${wish}`);
    if (text === null || taken !== this.#taken) return;
    this.#listedAtMs = performance.now();
    this.#list = this.#see(text, url);
    if (!holds(this.#list, this.#takenMs) && this.#list.parts.length > 0) this.#list = null;
  }

  async #take(part: LivePart): Promise<void> {
    const taken = this.#taken;
    const beganAtMs = performance.now();
    const coming = this.#coming?.url === part.url ? this.#coming.data : null;
    this.#coming = null;
    if (part.initUrl !== this.#initUrl) await this.#begin(part.initUrl);
    const data = (await coming) ?? (await this.#fetch(part.url));
    if (data === null || this.#buffer === null || taken !== this.#taken) return;
    this.#count(part, performance.now() - Math.max(coming ? this.#listedAtMs : 0, beganAtMs));
    await this.#append(data);
    this.#takenMs = part.endMs;
    this.#needsKey = false;
    this.#place(part);
    await this.#forget();
  }

  #count({ startMs, endMs }: LivePart, tookMs: number): void {
    this.tookMs += Math.max(0, tookMs);
    this.playedMs += endMs - startMs;
    const isOther = this.#rungs.came(performance.now(), endMs - startMs, tookMs);
    if (isOther && this.#rungs.at < this.#taken) this.#change(this.#rungs.at);
  }

  /** At once: what is taken now comes too slowly. */
  #change(to: number): void {
    this.#taken = to;
    this.#list = null;
    this.#needsKey = true;
  }

  /** Where a segment of the larger picture begins just where ours ends. */
  async #climb(): Promise<void> {
    const to = this.#rungs.at;
    const list = await this.#open(to);
    const begin = list && keyBetween(list, this.#takenMs - OVERLAP_MS, this.#takenMs);
    if (begin === null) return;
    this.#change(to);
    this.#list = list;
    this.#takenMs = begin.startMs;
  }

  async #begin(initUrl: string): Promise<void> {
    const init = await this.#fetch(initUrl);
    if (init === null) return;
    const type = codecsOf(init);
    if (this.#buffer === null) this.#buffer = this.#source.addSourceBuffer(type);
    else if (type !== this.#type) this.#buffer.changeType(type);
    this.#type = type;
    await this.#append(init);
    this.#initUrl = initUrl;
  }

  async #append(data: ArrayBuffer): Promise<void> {
    if (this.#buffer === null || this.#isClosed || data.byteLength === 0) return;
    const done = until(this.#buffer, 'updateend');
    this.#buffer.appendBuffer(data);
    await done;
  }

  /** Times inside the parts have a zero of their own; what came first says where it is. */
  #place(part: LivePart): void {
    const { buffered } = this.element;
    if (this.#isPlaced || buffered.length === 0) return;
    this.#zeroMs = part.startMs - 1000 * buffered.start(0);
    this.element.currentTime = Math.max((this.fromMs - this.#zeroMs) / 1000, buffered.start(0));
    this.#isPlaced = true;
  }

  async #forget(): Promise<void> {
    const { buffered, currentTime } = this.element;
    const until_s = currentTime - BEHIND_S;
    if (this.#buffer === null || buffered.length === 0 || buffered.start(0) >= until_s) return;
    const done = until(this.#buffer, 'updateend');
    this.#buffer.remove(0, until_s);
    await done;
  }

  async #text(url: string): Promise<string | null> {
    const data = await this.#fetch(url);
    return data && new TextDecoder().decode(data);
  }

  #fetch(url: string): Promise<ArrayBuffer | null> {
    return fetchLive(url, this.#isOver);
  }
}
