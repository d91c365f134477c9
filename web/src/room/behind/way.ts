/** Which of the two a room plays that no live path reaches: the live lesson as an audience watches it,
 *  or its recording. The code of the first is loaded when it is wanted. */
import { importUntilHere } from '$kit/lazy';
import type { LiveAddress, WindowTrack } from '$kit/protocol/schema';
import type { LessonSession } from '../session.svelte';
import { pictureElement } from './behind_view';
import { fetchWhole } from './fetching';
import type { LiveFeed } from './live_feed';
import type { LiveWay } from './live_way';
import { speedOf, type State } from './plan';
import type { Feed } from './source';

/** The recording, which is of the largest picture, came so many times faster than it plays. */
const EASY = 4;

export type Choice = { plays: 'same' | 'recording' } | { plays: 'live'; feed: LiveFeed };

type LiveParts = typeof import('./live_way');

export class Way {
  #live: LiveWay | null = null;
  #isWanted = false;
  /** Until then a room was on stage, which may still be heard. */
  #stageUntilMs = 0;

  constructor(
    private readonly session: LessonSession,
    private readonly onPlaying: () => void,
    private readonly isOver: () => boolean,
  ) {}

  /** What is to be played from now on. A room on stage is heard in the recording alone. */
  choose(feed: Feed, state: State, withPicture: boolean): Choice {
    const { store } = this.session;
    const { positionMs, playedMs, tookMs } = feed;
    if (store.state?.stage?.state === 'on_stage') this.#stageUntilMs = store.now();
    const isWanted = state === 'following' && positionMs >= this.#stageUntilMs;
    if (isWanted) void this.#load();
    const isEasy = playedMs > EASY * tookMs;
    const sight = { nowMs: Date.now(), positionMs, isWanted, withPicture, isEasy };
    const live = this.#live?.look(sight) ?? null;
    if (live !== null) return { plays: 'live', feed: live };
    const isLeft = feed.isLive && state === 'following' && !(isWanted && this.#isOpen);
    return { plays: isLeft ? 'recording' : 'same' };
  }

  speed(state: State, behindMs: number, isMusic: boolean): number {
    if (this.#live === null || isMusic || state !== 'following' || !this.#isOpen)
      return speedOf(state, behindMs, isMusic);
    return this.#live.speed(Date.now(), behindMs);
  }

  /** Beside the lead: of the recording, or of the live lesson. */
  tracks(isLive: boolean, recorded: WindowTrack[] | undefined): WindowTrack[] {
    return (isLive ? this.#live?.tracks : recorded) ?? [];
  }

  /** Plays one of them; null: it is of the recording. */
  beside(track: WindowTrack, element: HTMLMediaElement, fromMs: number): Feed | null {
    return this.#live?.beside(track, element, fromMs) ?? null;
  }

  /** The recording is played. */
  left(hasFailed: boolean): void {
    this.#live?.left(Date.now(), hasFailed);
  }

  close(): void {
    this.#live?.close();
  }

  get #isOpen(): boolean {
    return this.#live?.isOpen ?? false;
  }

  async #load(): Promise<void> {
    if (this.#isWanted) return;
    this.#isWanted = true;
    const { isOver, session } = this;
    const parts = await importUntilHere<LiveParts>({
      first: () => import('./live_way'),
      anew: (url) => import(/* @vite-ignore */ url) as Promise<LiveParts>,
      isOver,
    });
    if (parts === null) return;
    const url = `/api/lessons/${session.lessonId}/window/live`;
    this.#live = new parts.LiveWay({
      ask: async () => {
        const body = await fetchWhole(url, { grant: () => session.store.grant, isOver });
        return body ? (JSON.parse(new TextDecoder().decode(body)) as LiveAddress).playlist : '';
      },
      newElement: () => pictureElement(this.onPlaying),
      isOver,
      isScreenShared: () => session.store.state?.publications.screen ?? false,
    });
  }
}
