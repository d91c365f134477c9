import { isBoardEvent, type BoardEvent } from '$kit/board/board';
import { BoardReplay } from '$kit/board/replay';
import type { BoardView, CaptionView, LessonWindow, ServerMessage } from '$kit/protocol/schema';
import { fetchWhole, type Fetching } from './fetching';

/** The live lesson as it can be read: its tracks, its clock, and its board at any moment since. */
export class LessonSoFar {
  window: LessonWindow | null = null;
  /** Server's clock minus ours, by the quickest answer. */
  offsetMs: number;
  /** Before it was read, nothing is known of the board. */
  hasBoard = false;
  #quickestMs = Number.POSITIVE_INFINITY;
  #events: BoardEvent[] = [];
  #replay = new BoardReplay([]);

  constructor(
    private readonly path: string,
    private readonly fetching: Fetching,
    offsetMs: number,
    private readonly captioned: (lines: CaptionView[]) => void = () => undefined,
  ) {
    this.offsetMs = offsetMs;
  }

  /** The server's wall clock. */
  now(): number {
    return Date.now() + this.offsetMs;
  }

  /** The same, but no later than the lesson's end. */
  until(endMs: number | null): number {
    return Math.min(this.now(), endMs ?? Number.POSITIVE_INFINITY);
  }

  /** Reads it, with the board from `fromMs` on or without a word of it. Raises Refused. */
  async read(fromMs: number, withBoard = true): Promise<LessonWindow | null> {
    const began = Date.now();
    const known = this.#events.length;
    const url = `${this.path}?from_ms=${Math.round(fromMs)}${withBoard ? '' : '&board=0'}`;
    const body = await fetchWhole(url, this.fetching);
    if (body === null) return null;
    const window = JSON.parse(new TextDecoder().decode(body)) as LessonWindow;
    const ended = Date.now();
    if (ended - began < this.#quickestMs) {
      this.#quickestMs = ended - began;
      this.offsetMs = window.now_ms - (began + ended) / 2;
    }
    if (withBoard) this.captioned(window.captions);
    if (withBoard) this.#take(window.board, this.#events.slice(known));
    // The board may take longer than what was asked after it.
    if (window.now_ms >= (this.window?.now_ms ?? 0)) this.window = window;
    return window;
  }

  /** What the lesson's channel says meanwhile; false when it may have left something out. */
  hear(message: ServerMessage): boolean {
    if (message.type === 'snapshot') return false;
    if (!('seq' in message) || !isEvent(message)) return true;
    const last = this.#events[this.#events.length - 1];
    if (last === undefined || message.seq > last.seq) this.#events.push(message);
    return true;
  }

  /** The board as it was read, and what was said of it while it was on its way. */
  #take(board: BoardEvent[], meanwhile: BoardEvent[]): void {
    const last = board[board.length - 1]?.seq ?? -1;
    this.#events = [...board, ...meanwhile.filter(({ seq }) => seq > last)];
    this.#replay = new BoardReplay(this.#events);
    this.hasBoard = true;
  }

  boardAt(ms: number): BoardView {
    return this.#replay.at(ms);
  }
}

function isEvent(message: ServerMessage): message is BoardEvent {
  return 'at_ms' in message && 'seq' in message && isBoardEvent(message as BoardEvent);
}
