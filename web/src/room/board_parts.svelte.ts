import { importUntilHere } from '$kit/lazy';
import type { ShelfOptions, SlideShelf } from '$kit/board/shelf.svelte';
import type { LessonState } from '$kit/store/state';

type BoardParts = typeof import('./board_lazy');

/** A slide's share of the screen's width, rounded up. */
const SLIDE_SHARE = 0.77;
const WIDEST_PX = 1920;

/** The board's code and its slides: loaded when they are first needed, not with the first screen. */
export class RoomBoardParts {
  open = $state.raw<{ parts: BoardParts; shelf: SlideShelf } | null>(null);
  readonly #options: Omit<ShelfOptions, 'pixels'>;
  #isOpening = false;
  #isClosed = false;

  constructor(options: Omit<ShelfOptions, 'pixels'>) {
    this.#options = options;
  }

  /** Fetches what the lesson shows and will show. Safe to repeat. */
  follow({ courseware, board }: LessonState): void {
    if (this.#isClosed || (courseware.length === 0 && board.slide === null)) return;
    if (this.open === null) void this.#load();
    this.open?.shelf.list(courseware);
    this.open?.shelf.show(board.slide);
  }

  close(): void {
    this.#isClosed = true;
    this.open?.shelf.close();
  }

  async #load(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const parts = await importUntilHere<BoardParts>({
      first: () => import('./board_lazy'),
      anew: (url) => import(/* @vite-ignore */ url) as Promise<BoardParts>,
      isOver: () => this.#isClosed,
    });
    const pixels = () => Math.min(WIDEST_PX, innerWidth * devicePixelRatio * SLIDE_SHARE);
    if (parts !== null && !this.#isClosed)
      this.open = { parts, shelf: new parts.SlideShelf({ ...this.#options, pixels }) };
  }
}
