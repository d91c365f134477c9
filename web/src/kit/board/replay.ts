import type { BoardView } from '../protocol/schema';
import { BARE_BOARD, boardAfter, type BoardEvent } from './board';

/** The board of a recording at any moment. Going on is cheap, going back begins anew. */
export class BoardReplay {
  /** Slides or the blank board were used at all. */
  readonly hasSlides: boolean;
  #board: BoardView = BARE_BOARD;
  #next = 0;
  #atMs = 0;

  constructor(private readonly events: readonly BoardEvent[]) {
    this.hasSlides = events.some((event) => event.type === 'slide_turned' && event.slide !== null);
  }

  at(ms: number): BoardView {
    if (ms < this.#atMs) {
      this.#board = BARE_BOARD;
      this.#next = 0;
    }
    this.#atMs = ms;
    for (let event = this.#due(); event !== null; event = this.#due()) {
      this.#board = boardAfter(this.#board, event);
      this.#next += 1;
    }
    return this.#board;
  }

  #due(): BoardEvent | null {
    const event = this.events[this.#next];
    return event !== undefined && event.at_ms <= this.#atMs ? event : null;
  }
}
