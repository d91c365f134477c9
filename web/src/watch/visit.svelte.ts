import { api, ApiError } from '$kit/api';
import type { EnterWatch, WatchHome, WatchLesson } from '$kit/protocol/schema';

export type Phase = 'loading' | 'none' | 'over' | 'left' | 'in';
export type Tab = 'now' | 'week' | 'mine';

const LOOK_EVERY_MS = 30_000;
const RETRY_MS = 5_000;
/** Rooms and parents may come so long before a lesson. */
const OPENS_BEFORE_MS = 300_000;
const MINUTE_MS = 60_000;
const ENTER = /^\/watch\/([\w-]+)$/;

/** A parent's visit: the class that the link opened, and what there is to see. */
export class Visit {
  phase = $state<Phase>('loading');
  home = $state.raw<WatchHome | null>(null);
  tab = $state<Tab>('now');
  isOffline = $state(false);
  /** A lesson of this week plays again: the live one is silent meanwhile. */
  isReplaying = $state(false);
  nowMs = $state(Date.now());
  #key = ENTER.exec(location.pathname)?.[1] ?? null;
  #offsetMs = 0;
  #timer = 0;

  constructor() {
    void this.#look();
    setInterval(() => (this.nowMs = Date.now() + this.#offsetMs), 1_000);
    addEventListener('online', () => void this.look());
    document.addEventListener('visibilitychange', () => !document.hidden && void this.look());
  }

  /** The lesson to be in now: the live one that began last, else the one that is about to start. */
  get current(): WatchLesson | null {
    const lessons = this.home?.lessons ?? [];
    const live = lessons.filter((one) => one.state === 'live');
    live.sort((a, b) => (b.started_at_ms ?? 0) - (a.started_at_ms ?? 0));
    return live[0] ?? lessons.find((one) => isDue(one, this.nowMs)) ?? null;
  }

  /** The next one that is planned. */
  get next(): WatchLesson | null {
    const ahead = (this.home?.lessons ?? []).filter(
      (one) => one.state === 'scheduled' && one.scheduled_start_ms > this.nowMs,
    );
    return ahead[0] ?? this.home?.next ?? null;
  }

  /** Asks again, now. */
  async look(): Promise<void> {
    if (this.phase === 'loading' || this.phase === 'in') await this.#look();
  }

  async leave(): Promise<void> {
    await api('/api/watch/leave', { method: 'POST' });
    this.#end('left');
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    let againMs = LOOK_EVERY_MS;
    try {
      this.#take(await this.#ask());
    } catch (caught) {
      const status = caught instanceof ApiError ? caught.status : 0;
      if (status === 410) return this.#end('over');
      if (status === 401 || status === 403) return this.#end('none');
      if (status === 422) return this.#end('over'); // no key of ours
      this.isOffline = status === 0;
      againMs = RETRY_MS;
    }
    this.#timer = window.setTimeout(() => void this.#look(), againMs);
  }

  #ask(): Promise<WatchHome> {
    if (this.#key === null) return api<WatchHome>('/api/watch');
    const body: EnterWatch = { key: this.#key };
    return api<WatchHome>('/api/watch/enter', { method: 'POST', body });
  }

  #take(home: WatchHome): void {
    this.home = home;
    this.phase = 'in';
    this.isOffline = false;
    this.#offsetMs = home.now_ms - Date.now();
    this.nowMs = home.now_ms;
    if (this.#key === null) return;
    this.#key = null;
    // The key stays in the class's chat, not in this phone's history and on its screenshots.
    history.replaceState(null, '', `/watch${location.search}`);
  }

  #end(phase: Phase): void {
    clearTimeout(this.#timer);
    this.phase = phase;
    this.home = null;
  }
}

function isDue(lesson: WatchLesson, nowMs: number): boolean {
  const endMs = lesson.scheduled_start_ms + lesson.duration_minutes * MINUTE_MS;
  const opensMs = lesson.scheduled_start_ms - OPENS_BEFORE_MS;
  return lesson.state === 'scheduled' && opensMs <= nowMs && nowMs < endMs;
}
