import { isBoardEvent, type BoardEvent } from '$kit/board/board';
import { BoardReplay } from '$kit/board/replay';
import type { BoardView, LessonWindow, ServerMessage } from '$kit/protocol/schema';
import { fetchWhole, type Fetching } from './fetching';

/** The live lesson as it can be read: its tracks, its clock, and its board at any moment since. */
export class LessonSoFar {
  window: LessonWindow | null = null;
  /** Server's clock minus ours, by the quickest answer. */
  offsetMs: number;
  #quickestMs = Number.POSITIVE_INFINITY;
  #events: BoardEvent[] = [];
  #replay = new BoardReplay([]);

  constructor(
    private readonly path: string,
    private readonly fetching: Fetching,
    offsetMs: number,
  ) {
    this.offsetMs = offsetMs;
  }

  /** The server's wall clock. */
  now(): number {
    return Date.now() + this.offsetMs;
  }

  /** Reads it, with the board from `fromMs` on. Raises Refused. */
  async read(fromMs: number): Promise<LessonWindow | null> {
    const began = Date.now();
    const body = await fetchWhole(`${this.path}?from_ms=${Math.round(fromMs)}`, this.fetching);
    if (body === null) return null;
    const window = JSON.parse(new TextDecoder().decode(body)) as LessonWindow;
    const ended = Date.now();
    if (ended - began < this.#quickestMs) {
      this.#quickestMs = ended - began;
      this.offsetMs = window.now_ms - (began + ended) / 2;
    }
    this.#events = [...window.board];
    this.#replay = new BoardReplay(this.#events);
    this.window = window;
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

  boardAt(ms: number): BoardView {
    return this.#replay.at(ms);
  }
}

function isEvent(message: ServerMessage): message is BoardEvent {
  return 'at_ms' in message && 'seq' in message && isBoardEvent(message as BoardEvent);
}
