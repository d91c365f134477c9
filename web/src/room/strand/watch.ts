import type { Subscriber } from '$rtc/subscriber';
import type { LessonSession } from '../session.svelte';
import { pathSight, StrandNeed } from './need';
import { EventChannel } from './channel';
import { SecondStrand } from './strand';

const LOOK_EVERY_MS = 1_000;
/** A strand that did not come about is not tried again for so long. */
const REST_MS = 60_000;
/** A channel costs less: no request, and nothing of TCP. */
const CHANNEL_REST_MS = 20_000;

/**
 * Opens a second strand where the link is far and loses, until the lesson is over; where it loses much, a
 * data channel in its place.
 */
export function watchStrand(session: LessonSession, subscriber: Subscriber): void {
  const watch = new Watch(session, subscriber);
  const timer = setInterval(() => {
    if (!session.isClosed) return watch.look();
    clearInterval(timer);
    watch.close();
  }, LOOK_EVERY_MS);
}

class Watch {
  readonly #need = new StrandNeed();
  #strand: SecondStrand | null = null;
  #restsUntilMs = 0;
  #channel: EventChannel | null = null;
  #channelRestsUntilMs = 0;

  constructor(
    private readonly session: LessonSession,
    private readonly subscriber: Subscriber,
  ) {}

  look(): void {
    const { sight, roundTripMs } = this.subscriber;
    if (sight === null) return;
    // A path that broke shows its last sight again, which is no loss.
    const isNeeded = this.#need.see({ ...pathSight(sight, roundTripMs), atMs: Date.now() });
    if (this.#strand?.isGivenUp) {
      this.#strand = null;
      this.#restsUntilMs = Date.now() + REST_MS;
    }
    if (this.#channel?.isGivenUp) {
      this.#channel = null;
      this.#channelRestsUntilMs = Date.now() + CHANNEL_REST_MS;
    }
    if (!isNeeded || this.session.hasEnded) return this.close();
    if (this.#isHeard) {
      if (this.#need.isSevere) this.#openChannel();
      // Beside the first, and while nothing better is there.
      if (this.#channel?.isOpen !== true && this.session.store.link === 'open') this.#open();
    }
    // What TCP would bring late takes the link from what comes in time.
    if (this.#channel?.isOpen) this.#closeStrand();
  }

  close(): void {
    this.#channel?.close();
    this.#channel = null;
    this.#closeStrand();
  }

  #closeStrand(): void {
    this.#strand?.close();
    this.#strand = null;
  }

  /** Their handshakes never come before the voice. */
  get #isHeard(): boolean {
    const { store, media } = this.session;
    const isHeard = media.phase === 'live' && (media.vitals?.link.voice ?? 'none') !== 'none';
    return isHeard && !store.isPolled;
  }

  /** It needs nothing that comes by TCP, so it need not wait for the first strand. */
  #openChannel(): void {
    if (this.#channel !== null || Date.now() < this.#channelRestsUntilMs) return;
    this.#channel = new EventChannel(this.session.store, this.subscriber);
  }

  #open(): void {
    if (this.#strand !== null || Date.now() < this.#restsUntilMs) return;
    this.#strand = new SecondStrand(
      `/api/lessons/${this.session.lessonId}/events`,
      this.session.store,
    );
  }
}
