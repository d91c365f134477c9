import { api, ApiError } from '$kit/api';
import type { AskQuestion, ErrorBody, WatchBeat, WatchQuestion } from '$kit/protocol/schema';

const FIRST_RETRY_MS = 3_000;
const LONGEST_RETRY_MS = 30_000;

/** Being in one lesson: says so every minute, and hears what there is to see and of own questions. */
export class Attending {
  beat = $state.raw<WatchBeat | null>(null);
  questions = $state.raw<readonly WatchQuestion[]>([]);
  isOffline = $state(false);
  /** The server's clock minus ours. */
  offsetMs = 0;
  #timer = 0;
  #failures = 0;
  #isClosed = false;

  constructor(
    readonly lessonId: string,
    private readonly onEnd: () => void,
  ) {
    void this.look();
  }

  /** Beats now. */
  async look(): Promise<void> {
    clearTimeout(this.#timer);
    let againMs: number;
    try {
      const beat = await api<WatchBeat>(`${this.#place}/beat`, { method: 'POST' });
      againMs = this.#take(beat);
    } catch (caught) {
      const status = caught instanceof ApiError ? caught.status : 0;
      if (status >= 400 && status < 500 && status !== 429) this.onEnd();
      this.isOffline = status === 0;
      againMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    }
    if (!this.#isClosed) this.#timer = window.setTimeout(() => void this.look(), againMs);
  }

  /** Null when it was taken, else why not. */
  async ask(text: string, name: string): Promise<ErrorBody | null> {
    const body: AskQuestion = { text, name };
    try {
      const asked = await api<WatchQuestion>(`${this.#place}/questions`, { method: 'POST', body });
      this.questions = [...this.questions, asked];
      this.#again(FIRST_RETRY_MS);
      return null;
    } catch (caught) {
      if (caught instanceof ApiError) return caught.error;
      throw caught;
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  get #place(): string {
    return `/api/watch/lessons/${this.lessonId}`;
  }

  #take(beat: WatchBeat): number {
    this.#failures = 0;
    this.isOffline = false;
    this.offsetMs = beat.now_ms - Date.now();
    const hasEnded = beat.state === 'ended' && this.beat?.state !== 'ended';
    this.beat = beat;
    this.questions = beat.questions;
    if (hasEnded) this.onEnd();
    return beat.next_beat_ms;
  }

  #again(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.look(), ms);
  }
}
