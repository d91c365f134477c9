import Hls from 'hls.js/light';
import { type Span, spanAt, spansOf } from './spans';

/** So far from the teacher's sound it is moved there. */
const APART_MS = 700;
/** Moved so often at most: each time it loads anew. */
const MOVE_EVERY_MS = 3_000;
const AHEAD_S = 20;

/** The screen that was shared in a recorded lesson, without sound, in step with the teacher. */
export class ReplayScreen {
  isShown = $state(false);
  #element: HTMLVideoElement | null = null;
  #hls: Hls | null = null;
  #playlist = '';
  #spans: Span[] = [];
  #movedAtMs = -Infinity;

  /** Plays here from now on. */
  take(element: HTMLVideoElement): void {
    this.#element = element;
  }

  /** What it is played from; empty: nothing was shared. */
  choose(playlist: string): void {
    if (playlist === this.#playlist) return;
    this.close();
    this.#playlist = playlist;
  }

  /** Where the lesson is, by the wall clock of then. Call it often. */
  step(dateMs: number, isPlaying: boolean, rate: number): void {
    const element = this.#element;
    if (element === null || !this.#playlist || !Hls.isSupported()) return;
    if (this.#hls === null) this.#open(element);
    const span = spanAt(this.#spans, dateMs);
    this.isShown = span !== null && element.videoWidth > 0;
    if (span === null) {
      if (!element.paused) element.pause();
      return;
    }
    element.playbackRate = rate;
    if (isPlaying && element.paused) void element.play().catch(() => undefined);
    else if (!isPlaying && !element.paused) element.pause();
    this.#follow(element, span, dateMs);
  }

  close(): void {
    this.isShown = false;
    this.#hls?.destroy();
    this.#hls = null;
    this.#spans = [];
    this.#playlist = '';
  }

  #follow(element: HTMLVideoElement, span: Span, dateMs: number): void {
    const now = performance.now();
    const toS = span.startS + (dateMs - span.fromMs) / 1_000;
    const apartMs = Math.abs(toS - element.currentTime) * 1_000;
    if (apartMs < APART_MS || now - this.#movedAtMs < MOVE_EVERY_MS) return;
    this.#movedAtMs = now;
    element.currentTime = toS;
  }

  #open(element: HTMLVideoElement): void {
    const hls = new Hls({ maxBufferLength: AHEAD_S, maxMaxBufferLength: AHEAD_S });
    this.#hls = hls;
    hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => {
      this.#spans = spansOf(details.fragments);
    });
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (data.fatal && data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    });
    hls.loadSource(this.#playlist);
    hls.attachMedia(element);
  }
}
