import { CaptionTrack, type ShownCaption } from '$kit/captions';
import type { CaptionView } from '$kit/protocol/schema';
import type { CaptionFile } from './ranges';

/** A line is written some seconds after it was said, and read for some. */
const AHEAD_MS = 20_000;
const BEFORE_MS = 12_000;
const RETRY_MS = 3_000;

/** Captions in step with a player: of the files that the playlist names, those near its position. */
export class CaptionFeed {
  readonly #track = new CaptionTrack();
  readonly #files = new Map<string, number>();
  readonly #here = new Set<string>();
  readonly #asked = new Map<string, number>();

  /** `read` fetches a file's JSON. */
  constructor(private readonly read: (url: string) => Promise<unknown>) {}

  add(files: readonly CaptionFile[]): void {
    for (const { url, startMs } of files) this.#files.set(url, startMs);
  }

  /** Somebody writes, or wrote. */
  get hasFiles(): boolean {
    return this.#files.size > 0;
  }

  /** What is to be read at a position; asks for what is not here. */
  at(positionMs: number, nowMs: number): ShownCaption | null {
    for (const [url, startMs] of this.#files)
      if (startMs >= positionMs - BEFORE_MS && startMs <= positionMs + AHEAD_MS)
        this.#fetch(url, nowMs);
    return this.#track.at(positionMs);
  }

  #fetch(url: string, nowMs: number): void {
    const askedMs = this.#asked.get(url);
    if (this.#here.has(url) || (askedMs !== undefined && nowMs - askedMs < RETRY_MS)) return;
    this.#asked.set(url, nowMs);
    this.read(url).then(
      (lines) => {
        this.#here.add(url);
        this.#track.add(lines as CaptionView[]);
      },
      () => undefined, // asked again when it is due
    );
  }
}
