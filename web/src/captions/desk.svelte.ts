import { api, ApiError } from '$kit/api';
import type {
  CaptionChange,
  CaptionDesk,
  CaptionTaken,
  CaptionView,
  ErrorBody,
  NewCaption,
} from '$kit/protocol/schema';
import { Outgoing, type Line } from './outgoing';

const LOOK_EVERY_MS = 4_000;
const RETRY_MS = 1_500;
/** The lesson is not there, or the key opens it no more. */
const OVER = new Set(['caption-link-over', 'lesson-unknown']);

/** One lesson's captions as who writes them has them: what was written, and what is on its way. */
export class Desk {
  lesson = $state.raw<CaptionDesk | null>(null);
  /** The key is no good. */
  isOver = $state(false);
  isOffline = $state(false);
  /** Why a line was not taken. */
  error = $state.raw<ErrorBody | null>(null);
  lines = $state.raw<readonly CaptionView[]>([]);
  waiting = $state.raw<readonly Line[]>([]);
  /** Server's clock minus ours. */
  offsetMs = 0;
  readonly #outgoing: Outgoing;
  #timer = 0;
  #isClosed = false;

  /** `refused`: the words of a line that was not taken, to write on. */
  constructor(
    private readonly key: string,
    private readonly refused: (text: string) => void,
  ) {
    this.#outgoing = new Outgoing({
      send: (line) => this.#send(line),
      changed: (waiting) => (this.waiting = waiting),
      refused: (line, error) => this.#refuse(line, error),
      retryMs: RETRY_MS,
    });
    void this.look();
  }

  /** Sends a line; with `lineId` the last one anew. */
  write(text: string, lang: string, fromMs: number, lineId: string | null): void {
    this.error = null;
    this.#outgoing.add({ text, lang, fromMs, lineId });
  }

  /** The last line, if it is the server's: only that one can be corrected. */
  get last(): CaptionView | null {
    return this.waiting.length > 0 ? null : (this.lines[this.lines.length - 1] ?? null);
  }

  async look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const found = await api<CaptionDesk>('/api/captions', { grant: this.key });
      this.lesson = found;
      this.offsetMs = found.now_ms - Date.now();
      this.lines = found.lines.filter(({ text }) => text);
      this.isOffline = false;
    } catch (caught) {
      this.#failed(caught);
    }
    if (this.#isClosed || this.isOver) return;
    this.#timer = window.setTimeout(() => void this.look(), LOOK_EVERY_MS);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#outgoing.close();
  }

  async #send(line: Line): Promise<void> {
    const { text, lang, fromMs, lineId } = line;
    const place = '/api/captions/lines';
    const taken = await (lineId === null
      ? api<CaptionTaken>(place, {
          method: 'POST',
          body: { text, lang, from_ms: fromMs } satisfies NewCaption,
          grant: this.key,
        })
      : api<CaptionTaken>(`${place}/${encodeURIComponent(lineId)}`, {
          method: 'PUT',
          body: { text, lang } satisfies CaptionChange,
          grant: this.key,
        }));
    const said = { line_id: taken.line_id, text: taken.text, lang, from_ms: fromMs, to_ms: fromMs };
    const others = this.lines.filter(({ line_id }) => line_id !== taken.line_id);
    this.lines = taken.text ? [...others, said] : others;
    this.isOffline = false;
  }

  #refuse(line: Line, error: ErrorBody): void {
    this.error = error;
    if (OVER.has(error.id)) this.isOver = true;
    this.refused(line.text);
  }

  #failed(caught: unknown): void {
    if (!(caught instanceof ApiError)) throw caught;
    this.isOffline = caught.status === 0;
    if (OVER.has(caught.error.id)) this.isOver = true;
    else if (!this.isOffline) this.error = caught.error;
  }
}
