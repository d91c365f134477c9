import { fetchWithin } from '$kit/api';
import type { Subscriber } from '$rtc/subscriber';
import type { Notice } from '../notice';
import { toldOf, type Quality } from '../quality';
import type { LessonSession } from '../session.svelte';
import { Behind } from './behind.svelte';
import { Answering } from './answering';
import { canBeRead, startAfter } from './plan';
import { Reopening } from './reopening';

const LOOK_EVERY_MS = 200;
/** Without a live path for so long, while the server can be reached, the recording is played. */
const STUCK_AFTER_MS = 8_000;
const ANSWER_WITHIN_MS = 4_000;
const TOUCHES = ['pointerdown', 'keydown'];

/** Looks whether the room missed something, or gets nothing live, until the lesson is closed. */
export function watchBehind(session: LessonSession, subscriber: Subscriber): void {
  const watch = new Watch(session, subscriber);
  for (const touch of TOUCHES) addEventListener(touch, watch.touched);
  const timer = setInterval(() => {
    if (!session.isClosed) return watch.look();
    clearInterval(timer);
    for (const touch of TOUCHES) removeEventListener(touch, watch.touched);
    session.behind?.end();
  }, LOOK_EVERY_MS);
}

class Watch {
  /** Of our pictures, while all was well; null while nothing was told of them. */
  #quality: Quality | null = null;
  #notice: Notice | null;
  #opened: Behind | null = null;
  readonly #reopening = new Reopening();
  #stuckSinceMs: number | null = null;
  readonly #answering = new Answering(() => {
    const asked: RequestInit = { method: 'HEAD', cache: 'no-store' };
    return fetchWithin('/healthz', asked, ANSWER_WITHIN_MS);
  });

  constructor(
    private readonly session: LessonSession,
    private readonly subscriber: Subscriber,
  ) {
    // Our code may come after the news.
    this.#notice = session.notice.kind === 'back' ? null : session.notice;
  }

  readonly touched = (): void => this.#reopening.touched();

  look(): void {
    const { notice, behind } = this.session;
    const isNews = notice !== this.#notice;
    this.#notice = notice;
    if (isNews && notice.kind === 'back') this.#back(notice.lostForMs);
    if (behind?.mode === 'play') return;
    if (behind === null) this.#close();
    const told = toldOf(this.session.room?.ladder);
    if (notice.kind !== 'lost' && told !== null) this.#quality = told.quality;
    this.#watchPath();
  }

  #back(gapMs: number): void {
    const { session } = this;
    const { behind } = session;
    if (behind?.mode === 'play') return behind.missed(gapMs);
    // Who talks with the teacher is never behind her.
    if (session.layout === 'onstage' || session.isCalled) return;
    const state = session.store.state;
    const start = startAfter({
      lostForMs: gapMs,
      rooms: state?.totals.total ?? 0,
      isMusic: session.sound === 'music',
      isRecorded: canBeRead(state?.recording),
    });
    const stands = behind !== null && behind.offered !== 'past';
    if (start !== 'no' && stands) behind.missed(gapMs);
    else if (start !== 'no') this.#open(Date.now() - gapMs, gapMs, start === 'play');
  }

  /** The link is there, but no live path: the recording is. */
  #watchPath(): void {
    const { session, subscriber } = this;
    const isLive = session.media.phase === 'live' || !session.isLive;
    if (isLive) {
      this.#stuckSinceMs = null;
      this.#answering.reset();
      this.#reopening.reset();
    } else {
      this.#stuckSinceMs ??= subscriber.brokenSinceMs ?? Date.now() - STUCK_AFTER_MS;
    }
    const sinceMs = this.#stuckSinceMs;
    const state = session.store.state;
    const isDue = canBeRead(state?.recording) && state?.publications.lead;
    if (sinceMs === null || session.store.link !== 'open' || !isDue) return;
    if (!this.#reopening.isDue(Date.now())) return;
    if (Date.now() - sinceMs >= STUCK_AFTER_MS) void this.#knock(sinceMs);
  }

  async #knock(sinceMs: number): Promise<void> {
    if (!(await this.#answering.knock(Date.now()))) return;
    const { session } = this;
    const isStuck = session.media.phase !== 'live' && !session.isClosed;
    if (isStuck && session.behind?.mode !== 'play') this.#open(sinceMs, 0, true);
  }

  #open(heardUntilMs: number, gapMs: number, isByItself: boolean): void {
    const { session, subscriber } = this;
    const quality = this.#quality;
    session.behind?.end(); // an offer of what was missed before
    this.#opened = new Behind({ session, subscriber, quality, heardUntilMs, gapMs });
    session.behind = this.#opened;
    if (isByItself) this.#opened.accept(true);
  }

  #close(): void {
    if (this.#opened === null) return;
    const { hasStarted, isRefused } = this.#opened;
    this.#opened = null;
    this.#reopening.closed(Date.now(), hasStarted, isRefused);
  }
}
