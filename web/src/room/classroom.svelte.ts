import { api, ApiError } from '$kit/api';
import { importUntilHere } from '$kit/lazy';
import { ReturningSocket } from '$kit/protocol/socket';
import type { RoomBootstrap, RoomHome, RoomLesson, RoomMessage } from '$kit/protocol/schema';
import type { HeldGrant } from '$kit/store/lesson.svelte';
import { RoomCamera } from './camera.svelte';
import { Checking } from './checking.svelte';
import { nextLesson, sceneOf, type Scene } from './scene';
import { LessonSession } from './session.svelte';
import { Sound } from './sound.svelte';

/** How long "lesson over" stays before the day's list returns. */
const ENDED_FOR_MS = 5 * 60_000;

/** As long as a session leaves its link to the voice. */
const ASIDE_AFTER_TICKS = 8;

type Aside = typeof import('./behind_lazy');

/** The whole page: which lesson this room is in, and its devices. It needs nobody to touch it. */
export class Classroom {
  home = $state.raw<RoomHome | null>(null);
  session = $state.raw<LessonSession | null>(null);
  /** Ticks every second. */
  nowMs = $state(Date.now());
  /** The end and the page of keys. */
  aside = $state.raw<Aside | null>(null);
  readonly camera = new RoomCamera();
  readonly sound = new Sound();
  readonly checking = new Checking();

  #offsetMs = $state(0);
  #enteredId = $state<string | null>(null);
  #endedAtMs: number | null = null;
  #isAsideLoading = false;
  #lessonTicks = 0;
  readonly #socket: ReturningSocket;

  constructor(bootstrap: RoomBootstrap | null) {
    if (bootstrap?.room_home) this.#take(bootstrap.room_home);
    this.#socket = new ReturningSocket('/api/room/events', {
      beforeTry: (attempt) => this.#checkDoor(attempt),
      opened: () => undefined,
      received: (message) => this.#received(message as RoomMessage),
      lost: () => undefined,
    });
    this.#socket.open();
    setInterval(() => this.#tick(), 1_000);
  }

  get scene(): Scene {
    return sceneOf({
      home: this.home,
      enteredId: this.#enteredId,
      lesson: this.session,
      hasArrived: this.nowMs > 0 && (this.session?.hasArrived ?? false),
    });
  }

  /** The server's clock, to the second. */
  get serverNowMs(): number {
    return this.nowMs + this.#offsetMs;
  }

  /** Enters the next lesson's waiting screen before it opens by itself. */
  enter(): void {
    if (this.home === null) return;
    const next = nextLesson(this.home);
    this.#enteredId = next?.lesson_id ?? null;
    if (next !== null) this.#prepare(next);
  }

  #received(message: RoomMessage): void {
    if (message.type === 'room_home') this.#take(message);
    if (message.type === 'room_removed') toJoin();
  }

  /** A cookie that died can't be told from a dead link by a WebSocket, so ask by HTTP. */
  async #checkDoor(attempt: number): Promise<void> {
    if (attempt > 0 || this.home === null) await this.#fetchHome();
  }

  async #fetchHome(): Promise<RoomHome> {
    try {
      const home = await api<RoomHome>('/api/room');
      this.#take(home);
      return home;
    } catch (error) {
      if (error instanceof ApiError && [401, 403].includes(error.status)) toJoin();
      throw error;
    }
  }

  #take(home: RoomHome): void {
    this.home = home;
    this.#offsetMs = home.now_ms - Date.now();
    const { open } = home;
    if (open !== null && open.lesson_id !== this.session?.lessonId) this.#begin(home);
    if (open === null) this.#maybeOver(home);
    if (open?.state === 'live') this.session?.retryIfRefused();
  }

  #begin(home: RoomHome): void {
    const grant = grantOf(home);
    if (home.open === null || grant === null) return;
    this.session?.close();
    this.#endedAtMs = null;
    this.#prepare(home.open);
    const renew = () => this.#renew(home.open?.lesson_id ?? '');
    this.session = new LessonSession(home.open, home.room_id, grant, renew, this.camera);
  }

  #prepare(lesson: RoomLesson): void {
    this.camera.open(lesson.sound_profile);
    void this.sound.probe();
  }

  async #renew(lessonId: string): Promise<HeldGrant> {
    const home = await this.#fetchHome();
    const grant = grantOf(home);
    if (grant === null || home.open?.lesson_id !== lessonId) throw new Error('lesson not open');
    return grant;
  }

  /** Not open any more: over (its channel may be gone before it says so), or we were taken off. */
  #maybeOver(home: RoomHome): void {
    if (this.session === null || this.session.isEnded) return;
    const listed = home.lessons.find((lesson) => lesson.lesson_id === this.session?.lessonId);
    if (listed === undefined) this.#leave();
    else if (listed.state === 'ended') this.session.end();
  }

  #leave(): void {
    this.session?.close();
    this.session = null;
    this.#enteredId = null;
    this.#endedAtMs = null;
    this.sound.play([]);
    this.camera.close();
  }

  /** Voice first: while a lesson is being joined its link is left alone. */
  #loadAside(): void {
    const { scene } = this;
    if (scene === 'lesson') this.#lessonTicks += 1;
    const isDue = this.#lessonTicks >= ASIDE_AFTER_TICKS;
    const isFree = scene === 'home' || scene === 'waiting' || scene === 'ended';
    if (this.#isAsideLoading || !(isFree || isDue)) return;
    this.#isAsideLoading = true;
    void importUntilHere<Aside>({
      first: () => import('./behind_lazy'),
      anew: (url) => import(/* @vite-ignore */ url) as Promise<Aside>,
      isOver: () => false,
    }).then((aside) => (this.aside = aside));
  }

  #tick(): void {
    this.nowMs = Date.now();
    this.#loadAside();
    const isFree = ['home', 'waiting'].includes(this.scene);
    const camera = () => this.camera.videoTrack;
    this.checking.follow(this.home?.checks ?? [], this.serverNowMs, isFree, camera);
    if (this.session === null || !this.session.isEnded) return;
    if (this.#endedAtMs === null) {
      this.#endedAtMs = this.nowMs;
      this.session.close();
      this.sound.play([]);
      this.camera.close();
    } else if (this.nowMs - this.#endedAtMs >= ENDED_FOR_MS) this.#leave();
  }
}

/** What the server put into the page, so that joining needs no request before it. */
export function readBootstrap(): RoomBootstrap | null {
  const text = document.getElementById('bootstrap')?.textContent;
  return text ? (JSON.parse(text) as RoomBootstrap) : null;
}

function grantOf(home: RoomHome): HeldGrant | null {
  if (home.grant === null || home.grant_expires_at_ms === null) return null;
  return {
    grant: home.grant,
    expiresAtMs: home.grant_expires_at_ms,
    iceServers: home.ice_servers,
  };
}

function toJoin(): void {
  location.replace('/join');
}
