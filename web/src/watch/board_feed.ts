import { BARE_BOARD, boardAfter, type BoardEvent } from '$kit/board/board';
import type { BoardView } from '$kit/protocol/schema';

/** A file that the playlist names for a moment of the lesson. */
export interface BoardFile {
  startMs: number;
  url: string;
  /** The whole board at that moment, or the events from it on. */
  isState: boolean;
}

type Content = BoardView | BoardEvent[];

/** Fetched so long before they are due: a file takes a while. */
const AHEAD_MS = 15_000;
const MOST_AT_ONCE = 4;
const RETRY_MS = 3_000;

/**
 * The board in step with a player: files are named by the playlist, fetched when the play position
 * comes near them, and applied up to it. Before the first state that is here, a bare board.
 */
export class BoardFeed {
  #files: BoardFile[] = [];
  readonly #content = new Map<string, Content>();
  readonly #asked = new Map<string, number>();
  #made: { base: string; applied: number; events: BoardEvent[]; board: BoardView } | null = null;

  /** `read` fetches a file's JSON; `changed` is called when one came. */
  constructor(
    private readonly read: (url: string) => Promise<unknown>,
    private readonly changed: () => void,
  ) {}

  /** Names more files; those that are known are passed over. */
  add(files: readonly BoardFile[]): void {
    const known = new Set(this.#files.map(({ url }) => url));
    const fresh = files.filter(({ url }) => !known.has(url));
    if (fresh.length === 0) return;
    this.#files = [...this.#files, ...fresh].sort((a, b) => a.startMs - b.startMs);
    this.#made = null;
  }

  /** The board at a position, as far as its files are here; asks for those that are not. */
  at(positionMs: number, nowMs: number): BoardView {
    const needed = this.#needed(positionMs);
    this.#fetch(needed, nowMs);
    const base = this.#base(needed, positionMs);
    if (base === null) return this.#made?.board ?? BARE_BOARD;
    const state = this.#content.get(base.url) as BoardView;
    const events = needed
      .slice(needed.indexOf(base) + 1)
      .flatMap((file) =>
        file.isState ? [] : ((this.#content.get(file.url) ?? []) as BoardEvent[]),
      )
      .filter(({ at_ms }) => at_ms > base.startMs)
      .sort((a, b) => a.seq - b.seq);
    const due = events.filter(({ at_ms }) => at_ms <= positionMs);
    return this.#after(base.url, state, due);
  }

  /** From the newest state at or before the position on; all events where there is no state. */
  #needed(positionMs: number): BoardFile[] {
    const near = this.#files.filter(({ startMs }) => startMs <= positionMs + AHEAD_MS);
    let from = near.length - 1;
    while (from > 0 && !(near[from]?.isState && (near[from]?.startMs ?? 0) <= positionMs))
      from -= 1;
    return near.slice(Math.max(0, from));
  }

  #base(needed: readonly BoardFile[], positionMs: number): BoardFile | null {
    const states = needed.filter(
      ({ isState, startMs, url }) => isState && startMs <= positionMs && this.#content.has(url),
    );
    return states[states.length - 1] ?? null;
  }

  /** Goes on where it can, so that strokes that did not change stay the same objects. */
  #after(base: string, state: BoardView, due: BoardEvent[]): BoardView {
    const made = this.#made;
    const goesOn =
      made?.base === base &&
      made.applied <= due.length &&
      made.events.every((event, n) => event === due[n]);
    let board = goesOn ? made.board : state;
    const from = goesOn ? made.applied : 0;
    for (const event of due.slice(from)) board = boardAfter(board, event);
    this.#made = { base, applied: due.length, events: due, board };
    return board;
  }

  #fetch(needed: readonly BoardFile[], nowMs: number): void {
    const missing = needed.filter(({ url }) => {
      const askedMs = this.#asked.get(url);
      return !this.#content.has(url) && (askedMs === undefined || nowMs - askedMs >= RETRY_MS);
    });
    for (const { url } of missing.slice(0, MOST_AT_ONCE)) {
      this.#asked.set(url, nowMs);
      void this.#take(url);
    }
  }

  async #take(url: string): Promise<void> {
    try {
      this.#content.set(url, (await this.read(url)) as Content);
      this.changed();
    } catch {
      return; // asked again when it is due
    }
  }
}
