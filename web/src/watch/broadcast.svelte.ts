import { BARE_BOARD } from '$kit/board/board';
import type { BoardView } from '$kit/protocol/schema';
import { isSame, type ShownCaption } from '$kit/captions';
import type { Attending } from './attending.svelte';
import { BoardFeed } from './board_feed';
import { CaptionFeed } from './caption_feed';
import { chosen, choose } from './choices';
import type { LivePlayer } from './live_player';
import { LIVE_LIMIT_MS, behindMs } from './live_words';
import { type ScreenMark, screenAt } from './ranges';
import { SharedScreen } from './shared_screen.svelte';
import { Slides } from './slides.svelte';

const TICK_MS = 250;
const RETRY_MS = 3_000;
/** Who is not live any more by a break, not by choice, is taken back to it; so often at most. */
const TAKE_BACK_EVERY_MS = 15_000;
/** Nothing new played for so long: the picture stands still. */
const STALLED_MS = 4_000;

export type Playing = 'loading' | 'blocked' | 'playing' | 'paused' | 'stalled' | 'failed';

/** A live lesson on this page: sound and picture, and the board in step with them. */
export class Broadcast {
  playing = $state<Playing>('loading');
  board = $state.raw<BoardView>(BARE_BOARD);
  hasPicture = $state(false);
  isLow = $state(chosen('saving'));
  hasCaptions = $state(false);
  isCaptioned = $state(chosen('captions'));
  caption = $state.raw<ShownCaption | null>(null);
  hasChoice = $state(true);
  /** Seconds of the element: what can be sought, where live is, where it stands. */
  range = $state.raw<{ fromS: number; liveS: number; atS: number } | null>(null);
  behindMs = $state(0);
  readonly slides: Slides;
  readonly screen: SharedScreen;
  #marks: ScreenMark[] = [];
  readonly #feed: BoardFeed;
  readonly #captions = new CaptionFeed(jsonAt);
  #player: LivePlayer | null = null;
  #address: string | null = null;
  #element: HTMLVideoElement | null = null;
  #timer = 0;
  #movedAtMs = performance.now();
  #lastPositionMs = 0;
  #wantsPlay = true;
  /** Paused or sought: being behind is what somebody wants. */
  #isBehindByChoice = false;
  #takenBackAtMs = -Infinity;
  #isClosed = false;

  constructor(private readonly attending: Attending) {
    this.slides = new Slides(`/api/watch/lessons/${attending.lessonId}`, () => this.#place);
    this.screen = new SharedScreen(async (element) => {
      const { LivePlayer: Player } = await import('./live_player');
      const failed = (): void => this.screen.failed();
      const nothing = (): void => undefined;
      return this.#isClosed
        ? null
        : new Player(element, { named: nothing, captioned: nothing, marked: nothing, failed });
    });
    this.#feed = new BoardFeed(
      async (url) => jsonAt(url),
      () => this.#step(),
    );
  }

  /** Plays in this element; with another address only where the old one is of no use any more. */
  async open(element: HTMLVideoElement, address: string): Promise<void> {
    if (this.#address !== null && this.playing !== 'failed') return;
    this.#address = address;
    this.#element = element;
    this.playing = 'loading';
    const { LivePlayer: Player } = await import('./live_player');
    if (this.#isClosed) return;
    this.#player ??= new Player(element, {
      named: (files) => this.#feed.add(files),
      captioned: (files) => this.#captions.add(files),
      marked: (marks) => (this.#marks = marks),
      failed: (why) => this.#failed(why),
    });
    this.#player.open(address, this.isLow);
    clearInterval(this.#timer);
    this.#timer = window.setInterval(() => this.#step(), TICK_MS);
    this.play();
  }

  play(): void {
    this.#wantsPlay = true;
    this.#movedAtMs = performance.now();
    void this.#element?.play().then(
      () => (this.playing = 'playing'),
      (error: unknown) => {
        const isBlocked = error instanceof DOMException && error.name === 'NotAllowedError';
        if (isBlocked) this.playing = 'blocked';
      },
    );
  }

  pause(): void {
    this.#wantsPlay = false;
    this.#isBehindByChoice = true;
    this.#element?.pause();
    this.playing = 'paused';
  }

  goLive(): void {
    this.#isBehindByChoice = false;
    this.#player?.goLive();
    this.play();
  }

  seek(toS: number): void {
    this.#isBehindByChoice = true;
    this.#player?.seek(toS);
    this.#step();
  }

  setLow(isLow: boolean): void {
    this.isLow = isLow;
    choose('saving', isLow);
    this.#player?.setLow(isLow);
  }

  setCaptioned(isCaptioned: boolean): void {
    this.isCaptioned = isCaptioned;
    choose('captions', isCaptioned);
    this.#step();
  }

  get isLive(): boolean {
    return this.behindMs < LIVE_LIMIT_MS;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#player?.close();
    this.screen.close();
  }

  get #place(): string | null {
    return this.#address === null ? null : new URL(this.#address, location.href).href;
  }

  #step(): void {
    const [player, element] = [this.#player, this.#element];
    if (player === null || element === null) return;
    this.hasPicture = element.videoWidth > 0;
    this.hasChoice = player.hasChoice;
    const range = player.range;
    this.range = range && { ...range, atS: element.currentTime };
    const positionMs = player.positionMs;
    if (positionMs === null) return;
    this.behindMs = behindMs(Date.now() + this.attending.offsetMs, positionMs);
    const board = this.#feed.at(positionMs, Date.now());
    if (board !== this.board) {
      this.board = board;
      this.slides.show(board.slide);
    }
    this.#showCaption(positionMs);
    const shared = screenAt(this.#marks, positionMs);
    this.screen.step(shared, positionMs, this.playing !== 'paused', this.isLow);
    this.#watchStalling(positionMs);
    this.#takeBack();
  }

  /** Nothing is fetched for who does not read them. */
  #showCaption(positionMs: number): void {
    this.hasCaptions = this.#captions.hasFiles;
    const caption = this.isCaptioned ? this.#captions.at(positionMs, Date.now()) : null;
    if (!isSame(caption, this.caption)) this.caption = caption;
  }

  #takeBack(): void {
    const now = performance.now();
    if (this.#isBehindByChoice || this.isLive) return;
    if (this.playing !== 'playing' || now - this.#takenBackAtMs < TAKE_BACK_EVERY_MS) return;
    this.#takenBackAtMs = now;
    this.#player?.goLive();
  }

  #watchStalling(positionMs: number): void {
    if (positionMs !== this.#lastPositionMs) {
      this.#lastPositionMs = positionMs;
      this.#movedAtMs = performance.now();
      if (this.#wantsPlay && this.playing !== 'playing') this.playing = 'playing';
    } else if (
      this.playing === 'playing' &&
      performance.now() - this.#movedAtMs > STALLED_MS &&
      this.#wantsPlay
    ) {
      this.playing = 'stalled';
    }
  }

  /** A new address comes with a beat; one that is far behind after a break goes on at live. */
  #failed(why: 'address' | 'network' | 'unsupported'): void {
    // Before the first picture there may be nothing yet: who opened the lesson began its packing.
    const waits = this.#lastPositionMs === 0 ? 'loading' : 'stalled';
    this.playing = why === 'unsupported' ? 'failed' : waits;
    if (why === 'unsupported') return;
    setTimeout(() => void this.#again(), RETRY_MS);
  }

  async #again(): Promise<void> {
    await this.attending.look();
    const address = this.attending.beat?.playlist ?? null;
    if (this.#isClosed) return;
    if (address === null || this.#element === null) {
      this.#address = null; // the page opens the next one
      return;
    }
    this.#address = address;
    this.#player?.open(address, this.isLow);
    if (this.#wantsPlay) this.play();
  }
}

async function jsonAt(url: string): Promise<unknown> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as unknown;
}
