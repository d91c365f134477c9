import type { WindowTrack } from '$kit/protocol/schema';
import { beside, type Beside } from './plan';
import type { Feed } from './source';

/** Plays a track in an element, from a moment on. */
export type Open = (track: WindowTrack, element: HTMLMediaElement, fromMs: number) => Feed;

/** One that failed may have been too new, or the link too poor. */
const TRY_AGAIN_MS = 10_000;

/** A track that is played beside the teacher's: the room on stage, her screen. */
export class Follower {
  #feed: Feed | null = null;
  #notBeforeMs = 0;

  constructor(
    public track: WindowTrack,
    readonly element: HTMLMediaElement,
    private readonly open: Open,
  ) {}

  /** It shows what happened at that moment. */
  get isShown(): boolean {
    return this.#feed !== null && !this.#feed.isWaiting && !this.element.paused;
  }

  /** Keeps it at the lead's moment, `leadMs`; it waits where the lead waits. */
  follow(leadMs: number, speed: number, isLeadWaiting: boolean): void {
    if (this.#feed?.isFailed) {
      this.close();
      this.#notBeforeMs = Date.now() + TRY_AGAIN_MS;
    }
    if (Date.now() < this.#notBeforeMs) return;
    const { start_ms, end_ms } = this.track;
    const place = beside(
      { startMs: start_ms, endMs: end_ms },
      leadMs,
      this.#feed?.positionMs ?? null,
    );
    if (place.does === 'nothing') this.close();
    else this.#feed ??= this.open(this.track, this.element, Math.max(leadMs, start_ms));
    this.#obey(place, speed, isLeadWaiting);
  }

  close(): void {
    this.#feed?.close();
    this.#feed = null;
  }

  #obey(place: Beside, speed: number, isLeadWaiting: boolean): void {
    if (place.does !== 'play' || isLeadWaiting) return this.element.pause();
    if (place.seekByMs !== 0) this.element.currentTime += place.seekByMs / 1000;
    const rate = speed * place.nudge;
    if (Math.abs(this.element.playbackRate - rate) > 0.005) this.element.playbackRate = rate;
    if (this.element.paused) this.element.play().catch(() => undefined);
  }
}
