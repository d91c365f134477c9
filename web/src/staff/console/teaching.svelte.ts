/**
 * A lesson being taught from this browser: the lesson's channel, what we send, and what the teacher
 * may do. Nothing is sent before `start` (or, when the lesson already runs, before `resume`).
 */

import { ApiError } from '$kit/api';
import type { ErrorBody, Grant } from '$kit/protocol/schema';
import { LessonStore, type HeldGrant, type LessonRequest } from '$kit/store/lesson.svelte';
import { Viewing } from '$kit/store/viewing.svelte';
import { closeStream, kindsOf, openScreen, type DeviceFault } from '$rtc/devices';
import { Publisher } from '$rtc/publisher';
import type { Way } from '$rtc/stats';
import { Camera } from '../media/camera.svelte';
import { faultOf, readLesson, requestGrant } from '../resources';
import { LeadCameras } from './lead_cameras.svelte';
import { StageMedia } from './stage_media.svelte';
import { nextUplink, UPLINK_START, type Uplink } from './uplink';

/** How long a lesson may refuse to start because our voice has not arrived yet. */
const START_WITHIN_MS = 10_000;
const START_AGAIN_AFTER_MS = 300;

export type SendingPhase = 'idle' | 'connecting' | 'live' | 'retrying' | 'taken' | 'refused';

export class Teaching {
  store = $state.raw<LessonStore | null>(null);
  /** Why the lesson cannot be taught from here at all. */
  refusal = $state.raw<ErrorBody | null>(null);
  /** The last thing that did not work, until it is dismissed. */
  fault = $state.raw<ErrorBody | null>(null);
  phase = $state<SendingPhase>('idle');
  sendingError = $state.raw<ErrorBody | null>(null);
  screen = $state.raw<MediaStream | null>(null);
  screenFault = $state<DeviceFault | null>(null);
  uplink = $state.raw<Uplink>(UPLINK_START);
  /** How what we send travels; null before it does. */
  way = $state<Way | null>(null);
  isStarting = $state(false);
  /** The lesson ended while this page was cut off, or before it came. */
  isOver = $state(false);
  readonly camera = new Camera();
  /** Who only watches, and what they ask. */
  readonly viewing = new Viewing();
  readonly stageMedia = new StageMedia();
  /** The lead room's, beside the one of this computer. */
  readonly cameras = new LeadCameras();
  #grant: Grant | null = null;
  #lead: Publisher | null = null;
  #screenPublisher: Publisher | null = null;
  #closed = false;

  constructor(readonly lessonId: string) {}

  get state(): LessonStore['state'] {
    return this.store?.state ?? null;
  }

  /** Opens the lesson's channel, then the devices; sends nothing. */
  async open(): Promise<void> {
    try {
      const [held, plan] = await Promise.all([this.#renew(), readLesson(this.lessonId)]);
      if (this.#closed || !this.#grant) return;
      this.camera.sound = plan.sound_profile;
      this.store = new LessonStore(this.#grant.events, held, () => this.#renew());
      this.store.onMessage = (message) => {
        this.viewing.hear(message);
        this.cameras.hear(message);
      };
      this.cameras.open({
        endpoint: this.#grant.whep,
        grant: this.#bearer,
        iceServers: this.#iceServers,
      });
    } catch (caught) {
      this.refusal = faultOf(caught);
      return;
    }
    await this.camera.open();
  }

  /** Sends voice and picture, then starts the lesson as soon as they have arrived. */
  async start(): Promise<void> {
    this.isStarting = true;
    this.fault = null;
    try {
      this.#send(false);
      await this.#startLesson();
    } catch (caught) {
      if (this.phase !== 'taken') this.fault = faultOf(caught);
    } finally {
      this.isStarting = false;
    }
  }

  /** Takes up a lesson that already runs: after a reload, or on another computer (`takeOver`). */
  resume(takeOver: boolean): void {
    this.#send(takeOver);
  }

  /** The teacher said that this computer teaches from now on. */
  async takeOver(): Promise<void> {
    this.#send(true);
    if (this.state?.lesson.state === 'scheduled') {
      this.isStarting = true;
      await this.#startLesson().catch((caught: unknown) => (this.fault = faultOf(caught)));
      this.isStarting = false;
    }
  }

  /** Carries out a request; a refusal becomes `fault`. Returns whether it was done. */
  async ask(request: LessonRequest): Promise<boolean> {
    this.fault = null;
    try {
      await this.store?.request(request);
      return true;
    } catch (caught) {
      this.fault = faultOf(caught);
      return false;
    }
  }

  /** Another camera or microphone, without a break for the rooms. */
  async choose(kind: 'camera' | 'microphone', deviceId: string): Promise<void> {
    const kindsBefore = kindsOf(this.camera.stream);
    await this.camera.choose(kind, deviceId);
    if (!this.camera.stream || !this.#lead) return;
    if (kindsOf(this.camera.stream) === kindsBefore) {
      await this.#lead.replaceStream(this.camera.stream);
    } else {
      this.#send(true);
    }
  }

  /** Must be called from a click: the browser asks which screen. */
  async shareScreen(): Promise<void> {
    const opened = await openScreen();
    if (!(opened instanceof MediaStream)) {
      // Closing the browser's own dialog is a decision and no fault.
      this.screenFault = opened === 'denied' ? null : opened;
      return;
    }
    if (this.#closed) return closeStream(opened);
    this.screenFault = null;
    this.screen = opened;
    opened.getVideoTracks()[0]?.addEventListener('ended', () => {
      if (opened === this.screen) this.stopScreen();
    });
    if (this.phase !== 'idle') this.#sendScreen();
  }

  stopScreen(): void {
    this.#screenPublisher?.close();
    this.#screenPublisher = null;
    closeStream(this.screen);
    this.screen = null;
  }

  /** Stops sending; the channel stays for the summary. */
  stop(): void {
    this.#lead?.close();
    this.#lead = null;
    this.stopScreen();
    this.stageMedia.close();
    this.phase = 'idle';
  }

  close(): void {
    this.#closed = true;
    this.stop();
    this.camera.close();
    this.cameras.close();
    this.store?.close();
  }

  /** Receives the stage while the lesson runs. Idempotent. */
  watchStage(): void {
    if (this.#grant && this.store)
      this.stageMedia.open(this.#grant.whep, this.#bearer, this.#iceServers);
  }

  readonly #bearer = (): string => this.store?.grant ?? this.#grant?.grant ?? '';

  readonly #iceServers = (): RTCIceServer[] => this.store?.iceServers ?? [];

  async #renew(): Promise<HeldGrant> {
    try {
      this.#grant = await requestGrant(this.lessonId);
    } catch (caught) {
      this.isOver = faultOf(caught).id === 'lesson-ended';
      throw caught;
    }
    const { grant, expires_at_ms, ice_servers } = this.#grant;
    return { grant, expiresAtMs: expires_at_ms, iceServers: ice_servers };
  }

  #send(takeOver: boolean): void {
    const endpoint = this.#grant?.whip['lead'];
    const stream = this.camera.stream;
    if (!endpoint || !stream) return;
    this.#lead?.close();
    this.uplink = UPLINK_START;
    this.phase = 'connecting';
    this.#lead = new Publisher(stream, {
      endpoint,
      kind: 'camera',
      sound: this.camera.sound,
      grant: this.#bearer,
      iceServers: this.#iceServers,
      changed: (publisher) => this.#leadChanged(publisher),
    });
    this.#lead.open(takeOver);
    if (this.screen) this.#sendScreen();
  }

  #sendScreen(): void {
    const endpoint = this.#grant?.whip['screen'];
    if (!endpoint || !this.screen) return;
    this.#screenPublisher?.close();
    this.#screenPublisher = new Publisher(this.screen, {
      endpoint,
      kind: 'screen',
      grant: this.#bearer,
      iceServers: this.#iceServers,
      changed: ({ phase, error }) => {
        if (phase === 'refused') this.fault = error;
      },
    });
    // Whatever holds the screen slot is this lesson's older screen: the newest one counts.
    this.#screenPublisher.open(true);
  }

  #leadChanged(publisher: Publisher): void {
    if (publisher !== this.#lead) return;
    const { phase, error, figures, way } = publisher;
    this.way = way;
    this.sendingError = error;
    if (this.phase === 'retrying' && phase === 'live') this.store?.revive();
    if (phase === 'refused') this.phase = error?.id === 'slot-taken' ? 'taken' : 'refused';
    else if (phase !== 'closed') this.phase = phase;
    // Whoever teaches now is the one whose screen pupils see.
    if (this.phase === 'taken') this.stopScreen();
    // What is sent into a broken path says nothing, and would be held against the next one.
    if (!figures || phase !== 'live') return;
    const atMs = performance.now();
    this.uplink = nextUplink(this.uplink, { atMs, isConnected: true, ...figures });
  }

  /** The server starts only when our voice has reached it, which a click may outrun. */
  async #startLesson(): Promise<void> {
    const givesUpAt = performance.now() + START_WITHIN_MS;
    for (;;) {
      const isLate = performance.now() > givesUpAt;
      if (this.phase === 'refused' || this.phase === 'taken' || isLate) {
        throw new ApiError(0, this.sendingError ?? NOT_ARRIVED);
      }
      if (this.phase === 'live' && (await this.#asksToStart(isLate))) return;
      await new Promise((resolve) => setTimeout(resolve, START_AGAIN_AFTER_MS));
    }
  }

  /** False when it is only too early. */
  async #asksToStart(isLate: boolean): Promise<boolean> {
    try {
      await this.store?.request({ type: 'start_lesson' });
      return true;
    } catch (caught) {
      if (!isLate && faultOf(caught).id === 'lead-not-live') return false;
      throw caught;
    }
  }
}

const NOT_ARRIVED: ErrorBody = {
  id: 'voice-not-arrived',
  message: {
    'zh-CN': '声音还没有送到服务器，课还没有开始。检查网络后再点一次。',
    en: 'Your voice has not reached the server, so the lesson has not started. Check the network and try again.',
  },
  details: {},
};
