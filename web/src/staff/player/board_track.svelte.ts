/** Slides and ink of a recording, in step with its playback. */

import { untrack } from 'svelte';
import { BARE_BOARD, slideKey } from '$kit/board/board';
import { viewOf } from '$kit/board/order';
import { BoardReplay } from '$kit/board/replay';
import { SlideShelf } from '$kit/board/shelf.svelte';
import type { BoardView } from '$kit/protocol/schema';
import { readRecordedBoard } from '../resources';

const SLIDE_SHARE = 0.6;

export class BoardTrack {
  #replay = $state.raw<BoardReplay | null>(null);
  #shelf = $state.raw<SlideShelf | null>(null);
  #isClosed = false;
  #shown = '';

  constructor(private readonly recordingId: string) {}

  get hasSlides(): boolean {
    return this.#replay?.hasSlides ?? false;
  }

  /** Reads it, and again what a recording that grows has more by now. */
  async load(): Promise<void> {
    try {
      this.#replay = new BoardReplay(await readRecordedBoard(this.recordingId));
    } catch {
      return; // the pictures play without it
    }
    if (!this.hasSlides || this.#shelf || this.#isClosed) return;
    this.#shelf = new SlideShelf({
      place: `/api/recordings/${this.recordingId}`,
      grant: () => undefined,
      link: () => null,
      pixels: () => innerWidth * devicePixelRatio * SLIDE_SHARE,
    });
    this.#shelf.load();
    this.#shown = '';
  }

  at(ms: number): BoardView {
    return this.#replay?.at(ms) ?? BARE_BOARD;
  }

  /** Fetches what is shown first. */
  follow(board: BoardView): void {
    const key = slideKey(board.slide);
    if (key === this.#shown) return;
    this.#shown = key;
    untrack(() => this.#shelf?.show(board.slide));
  }

  viewOf(board: BoardView): ReturnType<typeof viewOf> {
    return viewOf(this.#shelf?.coursewares ?? [], board.slide);
  }

  pictureOf(board: BoardView): ReturnType<SlideShelf['pictureOf']> {
    return this.#shelf?.pictureOf(board.slide) ?? null;
  }

  close(): void {
    this.#isClosed = true;
    this.#shelf?.close();
  }
}
