import { untrack } from 'svelte';
import type { Courseware, CoursewareView, LinkSignal, SlideRef } from '../protocol/schema';
import { api } from '../api';
import { slideKey } from './board';
import { Download } from './download';
import { MemoryKeep, openKeep, type SlideKeep } from './keep';
import { Manifests, retryMs, sleep } from './manifests';
import { needOrder, sizeFor, viewOf, type NeededSlide, type Size } from './order';
import { FIRST_PIECE_BYTES, nextPieceBytes, paceOf, type Pace } from './pace';

/** A slide's picture, decoded. */
export interface SlidePicture {
  key: string;
  url: string;
  image: HTMLImageElement;
}

export interface ShelfOptions {
  /** Under which courseware and slides are: a lesson's address, or a recording's. */
  place: string;
  /** Undefined where a cookie opens the slides. */
  grant: () => string | undefined;
  /** What reaches this page now; null while nothing is due. */
  link: () => LinkSignal | null;
  /** How many pixels wide slides are shown. */
  pixels: () => number;
}

const SIZES: readonly Size[] = ['small', 'medium', 'large'];
const DECODED = 3;
const PAUSED_LOOK_AGAIN_MS = 1_000;

interface Job {
  needed: NeededSlide;
  size: Size;
  pace: Pace;
}

/**
 * A lesson's slides on this page: fetched one at a time in the order of need, kept, and the ones
 * about to be shown decoded. `show` says what is needed most; `close` ends it.
 */
export class SlideShelf {
  coursewares = $state.raw<readonly Courseware[]>([]);
  /** Decoded pictures: of the slide that is shown, the next and the previous. */
  pictures = $state.raw<readonly SlidePicture[]>([]);
  /** Slides of which a picture is here, and all. */
  progress = $state.raw({ here: 0, all: 0 });

  readonly #options: ShelfOptions;
  #keep: SlideKeep = new MemoryKeep(0);
  #shown: SlideRef | null = null;
  readonly #manifests: Manifests;
  #downloads = new Map<string, Download>();
  /** Files that could not be fetched: how often, and when to try again. */
  #failed = new Map<string, { times: number; againMs: number }>();
  #pieceBytes = FIRST_PIECE_BYTES;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(options: ShelfOptions) {
    this.#options = options;
    this.#manifests = new Manifests({
      fetch: () => this.#fetchManifests(),
      take: (coursewares) => this.#takeManifests(coursewares),
      known: () => this.coursewares,
      shown: () => this.#shown,
      link: options.link,
    });
    void this.#run();
  }

  /** What the lesson says about its courseware; fetches the manifests when that is news. */
  list(coursewares: readonly CoursewareView[]): void {
    untrack(() => this.#manifests.follow(coursewares));
  }

  /** Fetches the manifests of a lesson that tells nothing any more. */
  load(): void {
    this.#manifests.load();
  }

  show(slide: SlideRef | null): void {
    if (slideKey(slide) === slideKey(this.#shown)) return;
    this.#shown = slide;
    void this.#decode();
    this.#wake();
  }

  pictureOf(slide: SlideRef | null): SlidePicture | null {
    return this.pictures.find(({ key }) => key === slideKey(slide)) ?? null;
  }

  /** How much of a slide is here: its picture, its preview or nothing. */
  levelOf(slide: SlideRef): LinkSignal['slides'] {
    if (slide.courseware_id === null || this.pictureOf(slide)) return 'full';
    return viewOf(this.coursewares, slide) ? 'half' : 'none';
  }

  close(): void {
    this.#isClosed = true;
    this.#manifests.close();
    this.pictures = [];
    this.#wake();
  }

  // ---- manifests -------------------------------------------------------------------------------

  #fetchManifests(): Promise<Courseware[]> {
    const grant = this.#options.grant();
    const path = `${this.#options.place}/courseware`;
    return api<Courseware[]>(path, grant === undefined ? {} : { grant });
  }

  #takeManifests(coursewares: readonly Courseware[]): void {
    this.coursewares = coursewares;
    this.#count();
    void this.#decode();
    this.#wake();
  }

  // ---- fetching --------------------------------------------------------------------------------

  async #run(): Promise<void> {
    this.#keep = await openKeep();
    this.#count();
    await this.#decode();
    while (!this.#isClosed) {
      const job = this.#nextJob();
      if (job === null) await this.#rest(PAUSED_LOOK_AGAIN_MS);
      else await this.#fetchPiece(job);
    }
  }

  /** The neediest slide that lacks a picture good enough; null when there is none, or no leave. */
  #nextJob(): Job | null {
    const link = this.#options.link();
    for (const needed of needOrder(this.coursewares, this.#shown)) {
      const isShown = slideKey(needed.slide) === slideKey(this.#shown);
      const pace = paceOf(link, isShown);
      const size = pace && this.#missingSize(needed, pace);
      const againMs = size ? (this.#failed.get(needed.view[size].url)?.againMs ?? 0) : 0;
      if (pace && size && Date.now() >= againMs) return { needed, size, pace };
    }
    return null;
  }

  #missingSize({ view }: NeededSlide, pace: Pace): Size | null {
    const size = pace.size ?? sizeFor(this.#options.pixels());
    const enough = SIZES.slice(SIZES.indexOf(size));
    return enough.some((one) => this.#keep.urls.has(view[one].url)) ? null : size;
  }

  async #fetchPiece({ needed, size, pace }: Job): Promise<void> {
    const file = needed.view[size];
    const download = this.#downloads.get(file.url) ?? new Download(file, this.#options.grant);
    this.#downloads.set(file.url, download);
    try {
      const whole = await this.#nextPiece(download, pace);
      this.#failed.delete(file.url);
      if (whole !== null) await this.#take(file.url, whole);
      if (pace.restMs > 0) await this.#rest(pace.restMs);
    } catch {
      const times = (this.#failed.get(file.url)?.times ?? 0) + 1;
      this.#failed.set(file.url, { times, againMs: Date.now() + retryMs(times - 1) });
      await this.#rest(PAUSED_LOOK_AGAIN_MS);
    }
  }

  async #nextPiece(download: Download, pace: Pace): Promise<Blob | null> {
    const bytes = Math.min(this.#pieceBytes, pace.pieceBytes);
    const beganMs = performance.now();
    const whole = await download.next(bytes);
    const next = nextPieceBytes(bytes, performance.now() - beganMs);
    // The last piece of a file may be small, and then says nothing of larger ones.
    if (whole === null || next < bytes) this.#pieceBytes = next;
    return whole;
  }

  async #take(url: string, whole: Blob): Promise<void> {
    this.#downloads.delete(url);
    await this.#keep.put(url, whole);
    this.#count();
    await this.#decode();
  }

  #count(): void {
    const views = this.coursewares.flatMap(({ slides }) => slides);
    const here = views.filter((view) => SIZES.some((one) => this.#keep.urls.has(view[one].url)));
    this.progress = { here: here.length, all: views.length };
  }

  // ---- decoding --------------------------------------------------------------------------------

  async #decode(): Promise<void> {
    const nearest = needOrder(this.coursewares, this.#shown).slice(0, DECODED);
    for (const { slide, view } of nearest) {
      const best = [...SIZES].reverse().find((size) => this.#keep.urls.has(view[size].url));
      const url = best && view[best].url;
      const key = slideKey(slide);
      if (!url || this.pictures.some((one) => one.key === key && one.url === url)) continue;
      const blob = await this.#keep.get(url);
      const image = blob && (await decoded(blob));
      if (image && !this.#isClosed) this.#hold({ key, url, image });
    }
    const keys = nearest.map(({ slide }) => slideKey(slide));
    if (this.pictures.some(({ key }) => !keys.includes(key))) this.#letGo(keys);
  }

  #hold(picture: SlidePicture): void {
    const others = this.pictures.filter(({ key }) => key !== picture.key);
    this.pictures = [...others, picture];
  }

  #letGo(keys: readonly string[]): void {
    const wanted = needOrder(this.coursewares, this.#shown).slice(0, DECODED);
    const now = wanted.map(({ slide }) => slideKey(slide));
    if (now.join() !== keys.join()) return; // another slide was shown while these were decoded
    this.pictures = this.pictures.filter(({ key }) => now.includes(key));
  }

  /** Waits, unless something new is needed first. */
  async #rest(ms: number): Promise<void> {
    const timer = sleep(ms);
    await Promise.race([timer, new Promise<void>((resolve) => (this.#wake = resolve))]);
  }
}

async function decoded(blob: Blob): Promise<HTMLImageElement | null> {
  const image = new Image();
  const url = URL.createObjectURL(blob);
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url); // the decoded picture stays with its element
  }
}
