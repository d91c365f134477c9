/** One track of a recording in one media element. Not reactive: the playback looks at it. */

import type Hls from 'hls.js';
import type { TrackInfo } from '$kit/protocol/schema';
import { dataAfter } from './hole';
import { axisAt, isHole, mediaAt, type Piece } from './axis';

/** Seconds kept ahead and behind; a lesson has up to three of these at once. */
const AHEAD_S = 20;
const BEHIND_S = 30;
/** hls.js fetches nothing. */
const AT_REST = new Set(['IDLE', 'STOPPED', 'ENDED', 'ERROR']);
/** A correction that takes longer lacks data, and then everybody waits. */
const CORRECTING_MS = 1_000;

export class HlsTrack {
  isFailed = false;
  #hls: Hls | null = null;
  #isClosed = false;
  #isAttached = false;
  #correctedAtMs = -Infinity;

  constructor(
    public info: TrackInfo,
    readonly element: HTMLVideoElement,
  ) {}

  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** Enough to show the moment it stands at, and some more. */
  get hasData(): boolean {
    return this.element.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !this.element.seeking;
  }

  /** Whether the moment it stands at is on screen, though more may be missing. */
  get hasFrame(): boolean {
    return this.element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !this.element.seeking;
  }

  /** Where its data begin, on the axis, when it stands shortly before them and what lies between is
   *  not being fetched; else null. */
  get dataFromMs(): number | null {
    const fromS = dataAfter(this.element.buffered, this.element.currentTime);
    if (fromS === null || this.#isFetchingBefore(fromS)) return null;
    return axisAt(fromS, this.#pieces(), this.info.start_ms);
  }

  #isFetchingBefore(mediaS: number): boolean {
    if (this.#hls === null) return true; // the browser's own player steps over holes
    const { frag, state } = this.#hls.inFlightFragments.main;
    return frag !== null && !AT_REST.has(state) && frag.start <= mediaS;
  }

  /** Where it stands on the recording's axis. */
  get positionMs(): number {
    return axisAt(this.element.currentTime, this.#pieces(), this.info.start_ms);
  }

  /** Whether it has nothing at that position although it goes on later. */
  isSilentAt(axisMs: number): boolean {
    return isHole(axisMs, this.#pieces(), this.info.start_ms);
  }

  /** Starts loading at a position of the axis. A second call does nothing. */
  async attach(atMs: number): Promise<void> {
    if (this.#isAttached || !this.info.playlist) return;
    this.#isAttached = true;
    const { default: Player } = await import('hls.js/light');
    if (this.#isClosed) return;
    const startS = Math.max(0, (atMs - this.info.start_ms) / 1000);
    if (!Player.isSupported()) {
      this.element.src = this.info.playlist;
      this.element.currentTime = startS;
      return;
    }
    this.#load(Player, startS);
  }

  get isPaused(): boolean {
    return this.element.paused;
  }

  /** Busy with a correction of ours, which nobody has to wait for. */
  get isCorrecting(): boolean {
    return this.element.seeking && performance.now() - this.#correctedAtMs < CORRECTING_MS;
  }

  /** A seek that brings it together with the others while they go on. */
  correct(axisMs: number): void {
    this.#correctedAtMs = performance.now();
    this.seek(axisMs);
  }

  seek(axisMs: number): void {
    this.element.currentTime = mediaAt(axisMs, this.#pieces(), this.info.start_ms);
  }

  play(rate: number): void {
    if (this.element.playbackRate !== rate) this.element.playbackRate = rate;
    if (this.element.paused) void this.element.play().catch(() => undefined);
  }

  pause(): void {
    if (!this.element.paused) this.element.pause();
  }

  close(): void {
    this.#isClosed = true;
    this.#hls?.destroy();
    this.#hls = null;
    this.element.removeAttribute('src');
  }

  #load(Player: typeof Hls, startS: number): void {
    const hls = new Player({
      startPosition: startS,
      maxBufferLength: AHEAD_S,
      maxMaxBufferLength: AHEAD_S * 2,
      backBufferLength: BEHIND_S,
    });
    this.#hls = hls;
    hls.on(Player.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      if (data.type === Player.ErrorTypes.MEDIA_ERROR && !this.isFailed) hls.recoverMediaError();
      else this.isFailed = true;
    });
    hls.on(Player.Events.FRAG_BUFFERED, () => (this.isFailed = false));
    hls.loadSource(this.info.playlist);
    hls.attachMedia(this.element);
  }

  #pieces(): Piece[] {
    const details = this.#hls?.levels[0]?.details;
    return (details?.fragments ?? []).map(({ start, duration, programDateTime }) => ({
      startS: start,
      durationS: duration,
      wallMs: programDateTime,
    }));
  }
}
