import Hls from 'hls.js/light';
import { api } from '$kit/api';
import { BARE_BOARD, type BoardEvent } from '$kit/board/board';
import { BoardReplay } from '$kit/board/replay';
import { CaptionTrack, isSame, type ShownCaption } from '$kit/captions';
import type { BoardView, CaptionView, LowReplay, WatchReplay } from '$kit/protocol/schema';
import { choose, chosen } from './choices';
import { ReplayScreen } from './replay_screen.svelte';
import { Slides } from './slides.svelte';

const TICK_MS = 250;
const AHEAD_S = 30;
/** How far a low copy is, is asked so often. */
const LOOK_AGAIN_MS = 5_000;

/** One recorded lesson in one element; where it stands comes from the playlist's dates, so that a
 *  hole in the recording shifts nothing. */
export class Replaying {
  board = $state.raw<BoardView>(BARE_BOARD);
  slides = $state.raw<Slides | null>(null);
  caption = $state.raw<ShownCaption | null>(null);
  hasCaptions = $state(false);
  isCaptioned = $state(chosen('captions'));
  isLow = $state(chosen('saving'));
  low = $state.raw<LowReplay | null>(null);
  isFailed = $state(false);
  readonly screen = new ReplayScreen();
  readonly #captions = new CaptionTrack();
  #replay: WatchReplay | null = null;
  #board = new BoardReplay([]);
  #element: HTMLVideoElement | null = null;
  #hls: Hls | null = null;
  /** What is played now. */
  #playlist = '';
  #timer = 0;
  #again = 0;
  #isClosed = false;

  async open(recordingId: string, element: HTMLVideoElement): Promise<void> {
    const place = `/api/watch/recordings/${recordingId}`;
    this.#element = element;
    try {
      const [replay, events, lines] = await Promise.all([
        api<WatchReplay>(place),
        api<BoardEvent[]>(`${place}/board`),
        api<CaptionView[]>(`${place}/captions`),
      ]);
      if (this.#isClosed) return;
      this.#captions.add(lines);
      this.hasCaptions = !this.#captions.isEmpty;
      this.#board = new BoardReplay(events);
      this.slides = new Slides(`/api/watch/lessons/${replay.lesson_id}`, () => null);
      this.#take(replay);
      this.#timer = window.setInterval(() => this.#step(), TICK_MS);
    } catch {
      this.isFailed = true;
    }
  }

  setLow(isLow: boolean): void {
    this.isLow = isLow;
    choose('saving', isLow);
    this.#load();
  }

  setCaptioned(isCaptioned: boolean): void {
    this.isCaptioned = isCaptioned;
    choose('captions', isCaptioned);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#again);
    this.screen.close();
    this.#hls?.destroy();
  }

  #take(replay: WatchReplay): void {
    this.#replay = replay;
    this.low = replay.low;
    this.#load();
    if (replay.low.is_ready || replay.low.progress === null) return;
    const place = `/api/watch/recordings/${replay.recording_id}`;
    this.#again = window.setTimeout(() => {
      api<WatchReplay>(place).then(
        (newer) => !this.#isClosed && this.#take(newer),
        () => !this.#isClosed && this.#take(replay), // the voice goes on, and it is asked again
      );
    }, LOOK_AGAIN_MS);
  }

  /** Where it is on the recording's axis; null before anything is known. */
  get #positionMs(): number | null {
    const [replay, element] = [this.#replay, this.#element];
    if (replay === null || element === null) return null;
    const dateMs = this.#hls?.playingDate?.getTime();
    if (dateMs !== undefined) return dateMs - replay.started_at_ms;
    return (this.#lead?.start_ms ?? 0) + element.currentTime * 1_000;
  }

  get #lead(): WatchReplay['tracks'][number] | undefined {
    return this.#replay?.tracks.find(({ slot, playlist }) => slot === 'lead' && playlist);
  }

  /** Goes on where it was, with the pictures that were chosen. */
  #load(): void {
    const [replay, element] = [this.#replay, this.#element];
    if (replay === null || element === null) return;
    const playlist = this.isLow ? replay.low.playlist : (this.#lead?.playlist ?? '');
    const shared = replay.tracks.find(({ slot }) => slot === 'screen')?.playlist;
    this.screen.choose(this.isLow ? replay.low.screen_playlist : (shared ?? ''));
    if (playlist === this.#playlist) return;
    this.#playlist = playlist;
    if (!playlist) {
      this.isFailed = true;
      return;
    }
    this.isFailed = false;
    this.#open(playlist, element);
  }

  #open(playlist: string, element: HTMLVideoElement): void {
    const atS = element.currentTime;
    this.#hls?.destroy();
    this.#hls = null;
    if (!Hls.isSupported()) {
      element.src = playlist;
      element.onerror = () => (this.isFailed = true);
      element.onloadedmetadata = () => (element.currentTime = atS);
    } else {
      const hls = new Hls({
        maxBufferLength: AHEAD_S,
        maxMaxBufferLength: AHEAD_S * 2,
        startPosition: atS > 0 ? atS : -1,
      });
      this.#hls = hls;
      hls.on(Hls.Events.ERROR, (_event, data) => {
        if (!data.fatal) return;
        if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
        else this.isFailed = true;
      });
      hls.loadSource(playlist);
      hls.attachMedia(element);
    }
    void element.play().catch(() => undefined);
  }

  #step(): void {
    const [atMs, replay] = [this.#positionMs, this.#replay];
    if (atMs === null || replay === null) return;
    const board = this.#board.at(atMs);
    if (board !== this.board) {
      this.board = board;
      this.slides?.show(board.slide);
    }
    const caption = this.isCaptioned ? this.#captions.at(atMs) : null;
    if (!isSame(caption, this.caption)) this.caption = caption;
    const isPlaying = this.#element?.paused === false;
    this.screen.step(atMs + replay.started_at_ms, isPlaying, this.#element?.playbackRate ?? 1);
  }
}
