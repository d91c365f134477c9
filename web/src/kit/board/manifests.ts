import type { Courseware, CoursewareView, LinkSignal, SlideRef } from '../protocol/schema';
import { viewOf } from './order';
import { paceOf } from './pace';

export interface ManifestOptions {
  fetch: () => Promise<Courseware[]>;
  take: (coursewares: Courseware[]) => void;
  /** What was taken. */
  known: () => readonly Courseware[];
  shown: () => SlideRef | null;
  /** What reaches this page now; null while nothing is due. */
  link: () => LinkSignal | null;
}

/** A manifest of many slides is long, and while a file is converted one is done every second. */
const EVERY_MS = 20_000;
const LOOK_AGAIN_MS = 1_000;
const RETRY_MS = [1_000, 2_000, 5_000, 15_000, 30_000];

/**
 * Fetches a lesson's manifests when there is news: one request at a time, so that no older answer
 * follows a newer one, and the last news is always fetched. Slides that were added come every 20 s,
 * sooner only what cannot wait, and nothing while the link has no room beside the voice.
 */
export class Manifests {
  #views: readonly CoursewareView[] = [];
  /** The news that was fetched; null: whatever it is, it is wanted again. */
  #fetched: readonly CoursewareView[] | null = [];
  #dueMs = 0;
  #isRunning = false;
  #isClosed = false;

  constructor(private readonly options: ManifestOptions) {}

  /** What the lesson says about its courseware now. */
  follow(views: readonly CoursewareView[]): void {
    this.#views = views;
    void this.#run();
  }

  /** Wanted once, in a lesson that tells nothing any more. */
  load(): void {
    this.#fetched = null;
    void this.#run();
  }

  close(): void {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let failures = 0; !this.#isClosed && this.#hasNews;) {
      if (!this.#mayFetch()) await sleep(LOOK_AGAIN_MS);
      else if (await this.#fetch()) failures = 0;
      else await sleep(retryMs(failures++));
    }
    this.#isRunning = false;
  }

  get #hasNews(): boolean {
    return this.#fetched === null || progressOf(this.#fetched) !== progressOf(this.#views);
  }

  #mayFetch(): boolean {
    const isMissing = this.#isShownMissing();
    if (paceOf(this.options.link(), isMissing) === null) return false;
    const isOther = this.#fetched === null || standingOf(this.#fetched) !== standingOf(this.#views);
    return isOther || isMissing || Date.now() >= this.#dueMs;
  }

  /** Everybody looks at a slide that is done, and nothing is known of it here. */
  #isShownMissing(): boolean {
    const shown = this.options.shown();
    const view = this.#views.find((one) => one.courseware_id === shown?.courseware_id);
    const isDone = shown !== null && view !== undefined && shown.number <= view.done_slides;
    return isDone && viewOf(this.options.known(), shown) === null;
  }

  /** Whether an answer came. */
  async #fetch(): Promise<boolean> {
    const views = this.#views;
    try {
      const coursewares = await this.options.fetch();
      if (!this.#isClosed) this.options.take(coursewares);
    } catch {
      return false;
    }
    this.#fetched = views;
    this.#dueMs = Date.now() + EVERY_MS;
    return true;
  }
}

/** Which there are, in their order, and how they stand. */
function standingOf(views: readonly CoursewareView[]): string {
  return views.map((one) => `${one.courseware_id} ${one.status}`).join();
}

function progressOf(views: readonly CoursewareView[]): string {
  return `${standingOf(views)} ${views.map((one) => one.done_slides).join()}`;
}

/** How long to wait after one failure, and longer after each that follows. */
export function retryMs(failures: number): number {
  return RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? LOOK_AGAIN_MS;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
