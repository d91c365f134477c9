import { fetchWhole, Refused, rest, type Fetching } from './fetching';
import { codecsOf, extentAt, nextRange } from './buffered';
import { until, type Feed } from './source';
import { begunOf, completeOf, isFinal, segmentsOf, type Segment } from './playlist';

export interface FeedOptions extends Fetching {
  playlist: string;
  /** Wall time of the segments' own zero. */
  zeroMs: number;
  /** On a thin link there are rests between segments, once some are here. */
  isThin: boolean;
}

const AHEAD_S = 20;
/** A bad spell of a thin link costs five times its length where it stops what is played. */
const THIN_AHEAD_S = 40;
const BEHIND_S = 20;
/** With so much ahead a thin link is left to the live voice for a while. */
const CALM_AHEAD_S = 12;
/**
 * Voice is small: what it takes on a far link is round trips, and a packet lost on one connection
 * holds up that one alone. Pictures fill the link one by one.
 */
const AT_ONCE = 3;
const FULL_REST_MS = 500;
/** How soon to look whether the recording has grown. */
const LOOK_AGAIN_MS = 600;
const LOOK_SOON_MS = 300;

/** Plays one track of the lesson's window in a media element: segments in, in order, from a moment on. */
export class WindowFeed implements Feed {
  readonly isLive = false;
  /** All that is recorded is here. */
  isAtEnd = false;
  /** And nothing will be added. */
  isComplete = false;
  /** It can't be played here, or may not be read. */
  isFailed = false;
  /** It is wanted before a segment is complete: live is near. */
  isHurried = false;
  /** Length of the segments that came, and how long that took. */
  playedMs = 0;
  tookMs = 0;
  readonly #source = new MediaSource();
  readonly #url = URL.createObjectURL(this.#source);
  #buffer: SourceBuffer | null = null;
  #initUrl = '';
  #segments: Segment[] = [];
  /** On their way, by their addresses. */
  readonly #coming = new Map<string, Promise<ArrayBuffer | null>>();
  /** A segment that is being written, of which so many bytes are here. */
  #begun: { url: string; bytes: number } | null = null;
  /** End of the last segment that was taken. */
  #takenMs: number;
  #isPlaced = false;
  #isClosed = false;

  constructor(
    readonly element: HTMLMediaElement,
    private readonly options: FeedOptions,
    private readonly fromMs: number,
  ) {
    this.#takenMs = fromMs;
    element.src = this.#url;
    void this.#run();
  }

  /** Where it stands, as wall time of the lesson. */
  get positionMs(): number {
    if (!this.#isPlaced) return this.fromMs;
    return this.options.zeroMs + this.element.currentTime * 1000;
  }

  /** It has nothing to go on with. */
  get isWaiting(): boolean {
    return this.element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  get aheadS(): number {
    const { buffered, currentTime } = this.element;
    return extentAt(buffered, currentTime);
  }

  /** Over what nobody sent: a teacher who was gone left a hole. */
  skipHole(): void {
    const { buffered, currentTime } = this.element;
    if (!this.#isPlaced || extentAt(buffered, currentTime) > 0) return;
    const next = nextRange(buffered, currentTime);
    if (next !== null) this.element.currentTime = next;
  }

  close(): void {
    this.#isClosed = true;
    this.element.pause();
    this.element.removeAttribute('src');
    this.element.load();
    URL.revokeObjectURL(this.#url);
  }

  async #run(): Promise<void> {
    try {
      await until(this.#source, 'sourceopen');
      while (!this.#isOver()) await this.#step();
    } catch {
      if (!this.#isClosed) this.isFailed = true;
    }
  }

  readonly #isOver = (): boolean => this.#isClosed || this.options.isOver();

  async #step(): Promise<void> {
    const ahead = this.aheadS;
    if (ahead >= (this.options.isThin ? THIN_AHEAD_S : AHEAD_S)) return rest(FULL_REST_MS);
    const segment = this.#segments.find(({ endMs }) => endMs > this.#takenMs + 1);
    if (segment === undefined) return this.#lookOn();
    await this.#take(segment);
    if (this.options.isThin && ahead > CALM_AHEAD_S)
      await rest((segment.endMs - segment.startMs) / 2);
  }

  /** All that is complete is here: what is new, and more of the segment that is being written. */
  async #lookOn(): Promise<void> {
    const [text] = await Promise.all([this.#list(), this.#takeMore()]);
    if (text === null) return;
    this.#segments = segmentsOf(text, this.options.playlist);
    const complete = this.#segments.find(({ endMs }) => endMs > this.#takenMs + 1);
    this.isAtEnd = complete === undefined;
    this.isComplete = this.isAtEnd && isFinal(text);
    if (!this.isAtEnd) return;
    const url = this.isHurried ? begunOf(text, this.options.playlist) : null;
    if (url !== null && url !== this.#begun?.url) this.#begun = { url, bytes: 0 };
    else await rest(this.isHurried ? LOOK_SOON_MS : LOOK_AGAIN_MS);
  }

  async #list(): Promise<string | null> {
    const url = `${this.options.playlist}?from_ms=${Math.round(this.#takenMs + 1)}`;
    const text = await this.#fetch(url);
    return text && new TextDecoder().decode(text);
  }

  async #takeMore(): Promise<void> {
    const begun = this.#begun;
    if (begun === null || this.#initUrl === '') return;
    const wanted = { grant: this.options.grant, isOver: this.#isOver };
    const data = await fetchWhole(begun.url, wanted, begun.bytes).catch((error: unknown) => {
      if (error instanceof Refused) return null; // it will be listed, or never was
      throw error;
    });
    if (data === null || data.byteLength === 0) return;
    begun.bytes += data.byteLength;
    await this.#append(data);
    this.#place();
  }

  async #take(segment: Segment): Promise<void> {
    const began = performance.now();
    const begun = this.#begun;
    const isBegun = begun !== null && completeOf(begun.url) === segment.url;
    const coming = isBegun ? this.#fetch(segment.url, begun.bytes) : this.#whole(segment);
    coming.catch(() => undefined); // told below
    if (segment.initUrl !== this.#initUrl) await this.#begin(segment.initUrl);
    const data = await coming;
    if (data === null || this.#buffer === null) return;
    if (isBegun) this.#begun = null;
    else this.#count(segment, performance.now() - began);
    if (data.byteLength > 0) await this.#append(data);
    this.#takenMs = segment.endMs;
    this.#place();
    await this.#forget();
  }

  /** And the next ones with it, where they are small. */
  #whole(segment: Segment): Promise<ArrayBuffer | null> {
    const from = this.#segments.indexOf(segment);
    const wanted = this.#segments.slice(from, from + (this.options.isThin ? AT_ONCE : 1));
    for (const { url } of wanted) {
      if (this.#coming.has(url)) continue;
      const coming = this.#fetch(url);
      coming.catch(() => undefined); // told to who takes it
      this.#coming.set(url, coming);
    }
    const whole = this.#coming.get(segment.url) ?? Promise.resolve(null);
    return whole.finally(() => this.#coming.delete(segment.url));
  }

  #count({ startMs, endMs }: Segment, tookMs: number): void {
    this.tookMs += tookMs;
    this.playedMs += endMs - startMs;
  }

  /** A section of its own: another camera, or the teacher came back. */
  async #begin(initUrl: string): Promise<void> {
    const init = await this.#fetch(initUrl);
    if (init === null) return;
    const type = codecsOf(init);
    if (this.#buffer === null) this.#buffer = this.#source.addSourceBuffer(type);
    else this.#buffer.changeType(type);
    await this.#append(init);
    this.#initUrl = initUrl;
  }

  async #append(data: ArrayBuffer): Promise<void> {
    if (this.#buffer === null || this.#isClosed) return;
    const done = until(this.#buffer, 'updateend');
    this.#buffer.appendBuffer(data);
    await done;
  }

  #place(): void {
    const { buffered } = this.element;
    if (this.#isPlaced || buffered.length === 0) return;
    const wanted = (this.fromMs - this.options.zeroMs) / 1000;
    this.element.currentTime = Math.max(wanted, buffered.start(0));
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

  async #fetch(url: string, fromByte = 0): Promise<ArrayBuffer | null> {
    try {
      const wanted = { grant: this.options.grant, isOver: this.#isOver };
      return await fetchWhole(url, wanted, fromByte);
    } catch (error) {
      if (error instanceof Refused) this.isFailed = true;
      throw error;
    }
  }
}
