import type { BoardView, ErrorBody, LinkSignal, RoomLesson, RoomView } from '$kit/protocol/schema';
import { LessonStore, type HeldGrant, type LessonRequest } from '$kit/store/lesson.svelte';
import { canDecodeH264 } from '$rtc/codecs';
import { importUntilHere } from '$kit/lazy';
import type { Publisher, PublisherPhase } from '$rtc/publisher';
import { Subscriber, type SlotTracks, type SubscriberPhase } from '$rtc/subscriber';
import { kindsOf } from '$rtc/devices';
import type { SendLevel } from '$rtc/send_ladder';
import type { Vitals } from '$rtc/liveness';
import type { Way } from '$rtc/stats';
import type { Behind } from './behind/behind.svelte';
import { RoomBoardParts } from './board_parts.svelte';
import type { RoomCaptions } from './captions/captions.svelte';
import type { RoomCamera } from './camera.svelte';
import { LinkNotice, SAY_GONE_AFTER_MS, type Notice } from './notice';
import {
  isScreenPaused,
  isUploadPaused,
  linkBeside,
  linkBesidePlayed,
  toldOf,
  type Told,
} from './quality';
import { layoutOf, type Layout } from './scene';
import { Stills } from './stills';

const REPORT_EVERY_MS = 2_000;
/** Longest a part may take before the screen shows the lesson without it. */
const SHOW_AFTER_MS = 5_000;
const SAY_FAILED_FOR_MS = 6_000;
const SCREEN_GONE_AFTER_MS = 2_500;
type StageParts = typeof import('./stage_lazy');
/** Voice first; and by then it is clear whether a live path is there. */
const LOAD_BEHIND_AFTER_MS = 8_000;
const NOTHING: LinkSignal = { voice: 'none', slides: 'none', picture: 'none' };

/** What the subscriber said last, as values that markup can follow. */
export interface MediaView {
  phase: SubscriberPhase;
  tracks: SlotTracks | null;
  vitals: Vitals | null;
  way: Way | null;
  repairs: number;
  error: ErrorBody | null;
}

const NO_MEDIA: MediaView = {
  phase: 'connecting',
  tracks: null,
  vitals: null,
  way: null,
  repairs: 0,
  error: null,
};

/** One lesson on this screen, from the moment it opens until it is over. */
export class LessonSession {
  readonly lessonId: string;
  readonly roomId: string;
  readonly store: LessonStore;
  media = $state.raw<MediaView>(NO_MEDIA);
  notice = $state.raw<Notice>({ kind: 'none' });
  stagePhase = $state<PublisherPhase>('closed');
  stageError = $state.raw<ErrorBody | null>(null);
  /** What of our picture goes out while on stage. */
  sendLevel = $state<SendLevel>('all');
  /** A shared screen has the big place. */
  hasScreen = $state(false);
  readonly board: RoomBoardParts;
  /** What we play while we are behind the lesson; its code is not part of the first screen. */
  behind = $state.raw<Behind | null>(null);
  captions = $state.raw<RoomCaptions | null>(null);
  isClosed = false;
  readonly sound: RoomLesson['sound_profile'];
  /** The last key press came to nothing; said for a few seconds. */
  hasFailed = $state(false);
  /** We switched our own mic off while on stage. */
  isMicOff = $state(false);
  /** The teacher ended it; we may be playing what we missed. */
  hasEnded = $derived.by(() => this.#isOver || this.store.state?.lesson.state === 'ended');
  isEnded = $derived.by(() => this.hasEnded && !this.behind?.hasStarted);
  /** It is on, for us. */
  isLive = $derived.by(() =>
    this.hasEnded
      ? !this.isEnded
      : (this.store.state?.lesson.state ?? this.#opened.state) === 'live',
  );

  #isOver = $state(false);
  readonly #opened: RoomLesson;
  readonly #camera: RoomCamera;
  readonly #subscriber: Subscriber;
  readonly #stills: Stills;
  readonly #linkNotice = new LinkNotice();
  readonly #timer: ReturnType<typeof setInterval>;
  #stageParts: StageParts | null = null;
  #isStageLoading = false;
  #publisher: Publisher | null = null;
  /** What the publisher sends. */
  #sent: MediaStream | null = null;
  #hasArrived = false;
  /** On any connection of this lesson. */
  #hadVoice = false;
  #screenTimer: ReturnType<typeof setTimeout> | undefined;
  #leadTimer: ReturnType<typeof setTimeout> | undefined;
  #leadGoneMs: number | null = null;
  #firstPartMs: number | null = null;

  constructor(
    opened: RoomLesson,
    roomId: string,
    grant: HeldGrant,
    renew: () => Promise<HeldGrant>,
    camera: RoomCamera,
  ) {
    this.#opened = opened;
    this.lessonId = opened.lesson_id;
    this.sound = opened.sound_profile;
    this.#camera = camera;
    this.roomId = roomId;
    const lessonPath = `/api/lessons/${this.lessonId}`;
    this.store = new LessonStore(`${lessonPath}/events`, grant, renew);
    this.board = new RoomBoardParts({
      place: lessonPath,
      grant: () => this.store.grant,
      link: () => this.#linkBesideSlides(),
    });
    this.#subscriber = new Subscriber({
      endpoint: `/whep/${this.lessonId}`,
      sound: this.sound,
      grant: () => this.store.grant,
      iceServers: () => this.store.iceServers,
      expected: () => this.#expected(),
      changed: (subscriber) => this.#mediaChanged(subscriber),
    });
    this.#subscriber.open();
    const grantNow = () => this.store.grant;
    const still = `${lessonPath}/rooms/${roomId}/still`;
    // Voice first: while the lesson is being joined its link is left alone.
    // On stage our picture is there already, and our voice needs the uplink.
    const mayShow = () => {
      if (!this.isLive) return true;
      return this.hasArrived && !this.isUploadPaused && this.layout !== 'onstage';
    };
    this.#stills = new Stills(still, grantNow, () => (mayShow() ? camera.videoTrack : null));
    this.#timer = setInterval(() => this.report(), REPORT_EVERY_MS);
    setTimeout(() => void this.#loadBehind(), LOAD_BEHIND_AFTER_MS);
  }

  /** The server's clock; null while it goes on, or where nobody told. */
  get endedAtMs(): number | null {
    return this.store.state?.lesson.ended_at_ms ?? null;
  }

  get layout(): Layout {
    return layoutOf(this.store.state?.stage ?? null, this.roomId);
  }

  /** A slide or a shared screen has the big place; the teacher has it without them. */
  get hasSlides(): boolean {
    return this.hasScreen || this.#hasSlide || (this.behind?.hasScreen ?? false);
  }

  /** The board stands in for a shared screen that does not come; the strip says why. */
  get showsScreen(): boolean {
    if (this.behind?.isPlayed) return this.behind.hasScreen || (this.hasScreen && !this.#hasSlide);
    return this.hasScreen && !(this.#isScreenPaused && this.#hasSlide);
  }

  /** The lesson's, or that of the moment we play. */
  get shownBoard(): BoardView | undefined {
    return this.behind?.board ?? this.store.state?.board;
  }

  get #hasSlide(): boolean {
    return (this.shownBoard?.slide ?? null) !== null;
  }

  /** The big place shows an old page of a shared screen, because there is no slide in its stead. */
  get isScreenOld(): boolean {
    return this.showsScreen && this.#isScreenPaused;
  }

  /** What reaches us; of the slides, what we show of them: an old page of a screen is none. */
  get link(): LinkSignal | null {
    const link = this.behind?.link ?? this.media.vitals?.link;
    const slide = this.shownBoard?.slide;
    if (link && this.isScreenOld && !this.behind?.isPlayed) return { ...link, slides: 'none' };
    if (!link || !slide || this.showsScreen) return link ?? null;
    return { ...link, slides: this.board.open?.shelf.levelOf(slide) ?? 'none' };
  }

  get #isScreenPaused(): boolean {
    const silentMs = this.media.vitals?.screenSilentMs ?? 0;
    return this.store.link === 'open' && isScreenPaused(this.room?.ladder, silentMs);
  }

  /** See `SceneFacts.hasArrived`; once true it stays, because a break must not change the scene. */
  get hasArrived(): boolean {
    this.#hasArrived ||= this.#isArriving();
    return this.#hasArrived;
  }

  #isArriving(): boolean {
    const { vitals, phase } = this.media;
    if (phase === 'repairing' || this.behind !== null) return true;
    if (vitals === null || phase !== 'live') return false;
    const isKnown = this.store.state !== null;
    if (!this.#expected().lead || this.#leadSilentMs !== null) return isKnown;
    if (isKnown && vitals.hadVoice && vitals.hadPicture) return true;
    if (!vitals.hadVoice && !vitals.hadPicture) return false;
    this.#firstPartMs ??= Date.now();
    return Date.now() - this.#firstPartMs >= SHOW_AFTER_MS;
  }

  /** Ourselves as the wall shows us; null before the first snapshot. */
  get room(): RoomView | null {
    const rooms = this.store.state?.rooms ?? [];
    return rooms.find((room) => room.room_id === this.roomId) ?? null;
  }

  /** The teacher calls us and waits for an answer. */
  get isCalled(): boolean {
    const stage = this.store.state?.stage;
    return stage?.room_id === this.roomId && stage.state === 'calling';
  }

  /** The relay sends no picture that we could not decode: voice alone, in a browser without H.264. */
  get cannotShowPicture(): boolean {
    const { vitals } = this.media;
    if (vitals === null || !this.hasArrived) return false;
    return vitals.hadVoice && !vitals.wasPictureSent && !canDecodeH264();
  }

  /** Our still for the wall waits while the link carries hardly more than the voice. */
  get isUploadPaused(): boolean {
    return this.layout !== 'onstage' && isUploadPaused(this.#told());
  }

  #told(): Told | null {
    return this.store.link === 'open' ? toldOf(this.room?.ladder) : null;
  }

  /** How loud the teacher is right now, 0 to 1. */
  leadLevel(): Promise<number> {
    return this.#subscriber.voiceLevel();
  }

  get isMuted(): boolean {
    return this.isMicOff || (this.store.state?.stage?.is_muted ?? false);
  }

  /** Follows the server's word. Called when the lesson's state or our devices changed. */
  follow(): void {
    this.#followLead();
    this.#followStage();
    this.#followScreen();
    this.#followBoard();
  }

  /** That nothing comes from the teacher is said as soon as it may be, not at the next look. */
  #followLead(): void {
    const sinceMs = this.store.state?.publications.lead_silent_since_ms ?? null;
    if (sinceMs === this.#leadGoneMs) return;
    this.#leadGoneMs = sinceMs;
    const waitMs = sinceMs === null ? 0 : SAY_GONE_AFTER_MS - (this.#leadSilentMs ?? 0);
    clearTimeout(this.#leadTimer);
    this.#leadTimer = setTimeout(() => this.#mediaChanged(this.#subscriber), waitMs);
  }

  /** By the server's word, as long as it can be heard. */
  get #leadSilentMs(): number | null {
    const sinceMs = this.store.state?.publications.lead_silent_since_ms;
    const isHeard = this.isLive && this.store.link === 'open';
    return isHeard && sinceMs != null ? this.store.now() - sinceMs : null;
  }

  /** Our camera goes up and comes down with the stage. */
  #followStage(): void {
    const isOurs = this.layout === 'onstage' && !this.isEnded;
    if (isOurs || this.isCalled || this.hasArrived) void this.#loadStage();
    if (isOurs) this.#goUp();
    else this.#comeDown();
    this.#camera.speak(isOurs && !this.isMuted);
  }

  /**
   * Slides take the big place at once and leave it late: a teacher whose link broke loses her
   * screen too, and nothing should move for that.
   */
  #followScreen(): void {
    const published = this.store.state?.publications;
    clearTimeout(this.#screenTimer);
    if (published === undefined) return;
    if (published.screen) this.hasScreen = true;
    else if (published.lead)
      this.#screenTimer = setTimeout(() => (this.hasScreen = false), SCREEN_GONE_AFTER_MS);
  }

  /** Voice first: the board's code and slides come after it, or before the lesson. */
  #followBoard(): void {
    const lesson = this.store.state;
    if (lesson === null || (this.isLive && !this.hasArrived)) return;
    this.board.follow({ ...lesson, board: this.shownBoard ?? lesson.board });
  }

  /** What reaches us while something is due; slides never starve it. */
  #linkBesideSlides(): LinkSignal | null {
    if (!this.#expected().lead || this.media.phase === 'refused') return null;
    const { vitals, phase } = this.media;
    const played = phase === 'live' ? null : this.behind?.link;
    if (played) return linkBesidePlayed(played);
    if (vitals === null) return NOTHING;
    return linkBeside(vitals.link, this.#hadVoice || phase !== 'live', this.#told());
  }

  async #loadBehind(): Promise<void> {
    type Parts = typeof import('./behind_lazy');
    const parts = await importUntilHere<Parts>({
      first: () => import('./behind_lazy'),
      anew: (url) => import(/* @vite-ignore */ url) as Promise<Parts>,
      isOver: () => this.isClosed,
    });
    parts?.watchCaptions(this, this.#subscriber);
    parts?.watchBehind(this, this.#subscriber);
    parts?.watchStrand(this, this.#subscriber);
  }

  /** Raises our hand, or takes it down. */
  toggleHand(): void {
    if (!this.isLive || this.hasEnded || this.layout === 'onstage') return;
    const isUp = this.room?.hand_place !== null && this.room !== null;
    this.#ask({ type: isUp ? 'lower_hand' : 'raise_hand' });
  }

  /** Our answer when the teacher calls us up; nothing when she does not. */
  answerCall(isYes: boolean): void {
    if (this.isCalled) this.#ask({ type: isYes ? 'accept_stage' : 'decline_stage' });
  }

  returnToSeat(): void {
    if (this.layout === 'onstage') this.#ask({ type: 'return_from_stage' });
  }

  /** How loud our own voice goes out, 0 to 1. */
  async voiceLevel(): Promise<number> {
    return this.isMuted ? 0 : ((await this.#publisher?.voiceLevel()) ?? 0);
  }

  toggleMicrophone(): void {
    if (this.layout === 'onstage') this.isMicOff = !this.isMicOff;
  }

  /** The server says that the lesson is live: a subscription it refused may be asked for again. */
  retryIfRefused(): void {
    if (this.media.phase === 'refused') this.#subscriber.open();
  }

  /** The room was told from elsewhere that the lesson is over. */
  end(): void {
    this.#isOver = true;
  }

  /** Ends media and channel; the state stays to be read. */
  close(): void {
    this.isClosed = true;
    this.board.close();
    clearInterval(this.#timer);
    clearTimeout(this.#screenTimer);
    clearTimeout(this.#leadTimer);
    this.#comeDown();
    this.#camera.speak(false);
    this.#stills.close();
    this.#subscriber.close();
    this.store.close();
  }

  #ask(request: LessonRequest): void {
    this.hasFailed = false;
    this.store.request(request).catch(() => {
      this.hasFailed = true;
      setTimeout(() => (this.hasFailed = false), SAY_FAILED_FOR_MS);
    });
  }

  #expected(): { lead: boolean; screen: boolean } {
    const known = this.store.state?.publications;
    const isLive = (this.store.state?.lesson.state ?? this.#opened.state) === 'live';
    return { lead: isLive && (known?.lead ?? true), screen: isLive && (known?.screen ?? false) };
  }

  async #loadStage(): Promise<void> {
    if (this.#isStageLoading) return;
    this.#isStageLoading = true;
    this.#stageParts = await importUntilHere<StageParts>({
      first: () => import('./stage_lazy'),
      anew: (url) => import(/* @vite-ignore */ url) as Promise<StageParts>,
      isOver: () => this.isClosed,
    });
    if (!this.isClosed) this.follow();
  }

  #goUp(): void {
    const stream = this.#camera.stream;
    if (
      this.#stageParts === null ||
      stream === null ||
      stream === this.#sent ||
      stream.getTracks().length === 0
    )
      return;
    if (this.#publisher !== null && kindsOf(stream) === kindsOf(this.#sent)) {
      this.#sent = stream;
      void this.#publisher.replaceStream(stream);
      return;
    }
    // A publication keeps its kinds for life: a camera that came later needs a new one.
    if (this.#publisher === null) this.isMicOff = false;
    this.#publisher?.close();
    this.#sent = stream;
    this.#subscriber.setTalking(true);
    this.#publisher = new this.#stageParts.Publisher(stream, {
      endpoint: `/whip/${this.lessonId}/stage`,
      kind: 'stage',
      sound: this.sound,
      isOurs: true,
      grant: () => this.store.grant,
      iceServers: () => this.store.iceServers,
      roundTripMs: () => this.#subscriber.roundTripMs,
      changed: (publisher) => {
        this.stagePhase = publisher.phase;
        this.stageError = publisher.error;
        this.sendLevel = publisher.level;
      },
    });
    this.#publisher.open();
  }

  #comeDown(): void {
    if (this.#publisher === null) return;
    this.#publisher.close();
    this.#publisher = this.#sent = null;
    this.#subscriber.setTalking(false);
  }

  #mediaChanged(subscriber: Subscriber): void {
    const { phase, tracks, vitals, way, repairs, error, brokenSinceMs } = subscriber;
    if (this.media.phase === 'repairing' && phase === 'live') this.store.revive();
    this.media = { phase, tracks, vitals, way, repairs, error };
    if (vitals === null) return;
    this.#hadVoice ||= vitals.hadVoice;
    this.notice = this.#linkNotice.see({
      nowMs: Date.now(),
      isVoiceDue: this.#expected().lead,
      voiceSilentMs: vitals.voiceSilentMs,
      leadSilentMs: this.#leadSilentMs,
      brokenSinceMs,
      link: vitals.link,
      // Live pictures are withheld while we play: that is no judgement of our link.
      hadPicture: vitals.hadPicture && !this.behind?.hasStarted,
      told: this.#told(),
    });
  }

  /** What reaches us, and how far behind we are. */
  report(): void {
    // While no connection is measured the clock alone decides, so look again.
    this.#mediaChanged(this.#subscriber);
    const { link } = this;
    const behind = this.behind?.report ?? null;
    if (link) this.store.tell({ type: 'report_link', link, behind, sends: this.sendLevel });
  }
}
