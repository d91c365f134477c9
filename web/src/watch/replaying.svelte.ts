import Hls from 'hls.js/light';
import { api } from '$kit/api';
import { BARE_BOARD, type BoardEvent } from '$kit/board/board';
import { BoardReplay } from '$kit/board/replay';
import type { BoardView, WatchReplay } from '$kit/protocol/schema';
import { Slides } from './slides.svelte';

const TICK_MS = 250;
const AHEAD_S = 30;

/** One recorded lesson in one element; where it stands comes from the playlist's dates, so that a
 *  hole in the recording shifts nothing. */
export class Replaying {
  board = $state.raw<BoardView>(BARE_BOARD);
  slides = $state.raw<Slides | null>(null);
  isFailed = $state(false);
  #hls: Hls | null = null;
  #timer = 0;
  #isClosed = false;

  async open(recordingId: string, element: HTMLVideoElement): Promise<void> {
    const place = `/api/watch/recordings/${recordingId}`;
    try {
      const [replay, events] = await Promise.all([
        api<WatchReplay>(place),
        api<BoardEvent[]>(`${place}/board`),
      ]);
      if (!this.#isClosed) this.#play(replay, new BoardReplay(events), element);
    } catch {
      this.isFailed = true;
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#hls?.destroy();
  }

  #play(replay: WatchReplay, board: BoardReplay, element: HTMLVideoElement): void {
    const lead = replay.tracks.find(({ slot, playlist }) => slot === 'lead' && playlist);
    if (lead === undefined) {
      this.isFailed = true;
      return;
    }
    this.slides = new Slides(`/api/watch/lessons/${replay.lesson_id}`, () => null);
    this.#load(lead.playlist, element);
    this.#timer = window.setInterval(() => {
      const dateMs = this.#hls?.playingDate?.getTime();
      const atMs =
        dateMs === undefined
          ? lead.start_ms + element.currentTime * 1_000
          : dateMs - replay.started_at_ms;
      const now = board.at(atMs);
      if (now === this.board) return;
      this.board = now;
      this.slides?.show(now.slide);
    }, TICK_MS);
    void element.play().catch(() => undefined);
  }

  #load(playlist: string, element: HTMLVideoElement): void {
    if (!Hls.isSupported()) {
      element.src = playlist;
      element.onerror = () => (this.isFailed = true);
      return;
    }
    const hls = new Hls({ maxBufferLength: AHEAD_S, maxMaxBufferLength: AHEAD_S * 2 });
    this.#hls = hls;
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else this.isFailed = true;
    });
    hls.loadSource(playlist);
    hls.attachMedia(element);
  }
}
