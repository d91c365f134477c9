import type {
  BehindReport,
  BoardView,
  LessonWindow,
  LinkSignal,
  ServerMessage,
  WindowTrack,
} from '$kit/protocol/schema';
import type { LessonSession } from '../session.svelte';
import BehindChip from './BehindChip.svelte';
import BehindScreen from './BehindScreen.svelte';
import BehindStrip from './BehindStrip.svelte';
import BehindTile from './BehindTile.svelte';
import { pictureElement, type BehindNeed, type BehindView, type Seen } from './behind_view';
import { Carrying } from './carrying';
import { fade } from './fading';
import { WindowFeed, type FeedOptions } from './feed';
import { Followers } from './followers';
import type { LiveFeed } from './live_feed';
import { LiveLag } from './live_lag';
import { Offer, type Standing } from './offer';
import { OneAtATime } from './one_at_a_time';
import {
  canBeRead,
  hasArrived,
  isClose,
  isPlayedOut,
  isNear,
  leftMs,
  mayHavePictures,
  shareDone,
  stateOf,
  type State,
} from './plan';
import { RecordingEnd } from './recording_end';
import type { Feed } from './source';
import { Way } from './way';
import { LessonSoFar } from './window';

const LOOK_EVERY_MS = 200;
const LISTEN_EVERY_MS = 1_000;
/** The live voice waits for us so far behind, while nobody hears it: browsers take no more. */
const LIVE_WAITS_MS = 3_500;
/** What was heard last is heard again, rather than a word lost. */
const AGAIN_MS = 1_000;
/** How soon a room that went on stage meanwhile, or a screen that was shared, is looked for. */
const READ_AGAIN_MS = 10_000;
/** The live voice is not given up for something that does not come. */
const FIRST_WITHIN_MS = 15_000;

/** A room that is behind the lesson: plays what it missed, or follows where no live path is. */
export class Behind {
  /** For the lesson's screen, which does not carry them. */
  readonly Strip = BehindStrip;
  readonly Tile = BehindTile;
  readonly Screen = BehindScreen;
  readonly Chip = BehindChip;
  picture: HTMLVideoElement;
  mode = $state<'offer' | 'play'>('offer');
  /** How the offer stands, while nobody chose. */
  offered = $state<Standing>('large');
  view = $state.raw<BehindView | null>(null);
  board = $state.raw<BoardView | null>(null);
  hasPicture = $state(false);
  /** What was missed is heard. */
  hasStarted = $state(false);
  /** The browser plays no sound before somebody touches the page. */
  isRefused = false;
  /** Her screen was shared at the moment we play, and is played with it. */
  hasScreen = $state(false);
  /** How much of the live voice is heard, 0 to 1. */
  liveShare = $state(1);
  /** What was missed, in all. */
  gapMs = $state(0);

  readonly #need: BehindNeed;
  readonly #session: LessonSession;
  readonly #lesson: LessonSoFar;
  readonly #liveLag = new LiveLag();
  readonly #looks: ReturnType<typeof setInterval>;
  readonly #listens: ReturnType<typeof setInterval>;
  readonly #offer: Offer;
  readonly #rereading: OneAtATime;
  /** Who heard the lesson's messages before us goes on to. */
  readonly #heardBefore: LessonSession['store']['onMessage'];
  #fromMs: number;
  #volume = 1;
  #mostBehindMs = 0;
  #waitsSinceMs: number | null = null;
  #feed: Feed | null = null;
  readonly #way: Way;
  readonly #followers = new Followers((track, element, fromMs) => {
    const options = this.#options(track, track.slot === 'screen');
    return this.#way.beside(track, element, fromMs) ?? new WindowFeed(element, options, fromMs);
  });
  readonly #carrying = new Carrying();
  #readAtMs = 0;
  #isBoardDue = false;
  #isBoardAsked = false;
  #dueSinceMs = 0;
  #end: RecordingEnd;
  #isOver = false;
  #isSliding = false;

  constructor(need: BehindNeed) {
    this.#need = need;
    this.#session = need.session;
    this.gapMs = need.gapMs;
    const { store, lessonId } = need.session;
    const offsetMs = store.now() - Date.now();
    this.#fromMs = need.heardUntilMs + offsetMs - AGAIN_MS;
    this.#offer = new Offer({ startMs: this.#fromMs, endMs: store.now() });
    this.#end = new RecordingEnd(this.#fromMs);
    this.#rereading = new OneAtATime(() => this.#reread());
    const fetching = { grant: () => store.grant, isOver: () => this.#isOver };
    this.#lesson = new LessonSoFar(`/api/lessons/${lessonId}/window`, fetching, offsetMs, (lines) =>
      this.#session.captions?.take(lines),
    );
    this.picture = pictureElement(this.#start);
    this.#way = new Way(need.session, this.#start, () => this.#isOver);
    this.#heardBefore = store.onMessage;
    store.onMessage = (message) => {
      this.#heardBefore?.(message);
      this.#hear(message);
    };
    this.#looks = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#listens = setInterval(() => void this.#listen(), LISTEN_EVERY_MS);
  }

  /** For her screen, as it was. */
  get screen(): HTMLVideoElement {
    return this.#followers.screen;
  }

  /** Plays what was missed; a person says so only to what is offered. */
  accept(isByItself = false): void {
    if (this.mode === 'play' || this.#isOver || !(isByItself || this.#canBeTaken)) return;
    this.#offer.taken(this.#lesson.now());
    this.mode = 'play';
    this.#dueSinceMs = Date.now();
    this.#session.report(); // live pictures leave the link to what is fetched now
    this.#begin(mayHavePictures(this.#need.quality)).catch(() => this.end());
  }

  /** To the live lesson, now. */
  goLive(): void {
    if (this.mode === 'offer' || this.#session.hasEnded) this.end();
    else if (this.#session.media.phase === 'live') void this.#slide();
  }

  /** Cut off once more: that is missed, too. */
  missed(ms: number): void {
    this.gapMs += ms;
    const endMs = this.#lesson.now();
    if (this.mode === 'offer') this.#offer.missed({ startMs: endMs - ms - AGAIN_MS, endMs });
  }

  set volume(volume: number) {
    this.#volume = volume;
    if (!this.#isSliding) this.#setVolume(volume);
  }

  /** Something is played, or waits to be chosen; not while we are cut off with nothing to play. */
  get isShown(): boolean {
    if (this.mode === 'offer') return this.offered === 'large' && this.#canBeTaken;
    return !(this.view?.isWaiting ?? true) || !this.#isLost;
  }

  /** The offer stands, beside what else the screen says; or it says where it went. */
  get isSmall(): boolean {
    if (this.mode === 'play' || this.offered === 'large') return false;
    return this.offered === 'past' || this.#canBeTaken;
  }

  get #isLost(): boolean {
    return this.#session.notice.kind === 'lost';
  }

  get #canBeTaken(): boolean {
    const stands = this.offered === 'large' || this.offered === 'small';
    return stands && !this.#isLost && canBeRead(this.#session.store.state?.recording);
  }

  /** Instead of the live picture and voice. */
  get isPlayed(): boolean {
    return this.hasStarted && this.isShown;
  }

  /** The moment of the lesson that is played, by the server's clock. */
  get positionMs(): number | null {
    return this.#feed?.positionMs ?? null;
  }

  /** For the server; null while the lesson is seen live, and nothing is offered. */
  get report(): BehindReport | null {
    if (this.mode === 'offer')
      return this.#canBeTaken ? { ms: Math.round(this.gapMs), speed: 1, state: 'offered' } : null;
    const { behindMs, isWaiting, ...view } = this.view ?? this.#before();
    const speed = isWaiting ? 0 : view.speed;
    const state = view.state === 'following' ? view.state : 'catching';
    return { ms: Math.max(0, Math.round(behindMs)), speed, state };
  }

  /** What reaches us, though not by the live path. */
  get link(): LinkSignal | null {
    if (this.mode === 'offer' || this.view === null || this.view.isWaiting) return null;
    return { voice: 'full', slides: 'full', picture: this.hasPicture ? 'full' : 'none' };
  }

  /** Over, with no more to say. Safe to repeat. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#looks);
    clearInterval(this.#listens);
    this.#session.store.onMessage = this.#heardBefore;
    this.#feed?.close();
    this.#way.close();
    this.#followers.close();
    this.liveShare = 1;
    this.#need.subscriber.buffer.hold(0);
    if (this.#session.behind !== this) return;
    this.#session.behind = null;
    this.#session.report(); // live pictures wait for it
  }

  async #begin(withPicture: boolean): Promise<void> {
    this.#readAtMs = Date.now();
    const reads = [this.#lesson.read(this.#fromMs, false)];
    // The board is much longer: the voice waits for what comes first, not for what comes last.
    if (!this.#isBoardAsked) reads.push(this.#readBoard());
    const window = await Promise.race(reads);
    const lead = window?.tracks.find(({ slot, playlist }) => slot === 'lead' && playlist);
    if (window === null || this.#isOver) return;
    if (lead === undefined) return this.end();
    this.hasPicture = withPicture;
    this.#followers.close();
    this.hasScreen = false;
    const fromMs = Math.max(this.#fromMs, lead.start_ms);
    this.#feed?.close();
    this.#way.left(false);
    this.#feed = new WindowFeed(this.picture, this.#options(lead, withPicture), fromMs);
    this.#carrying.reset();
    this.#play();
  }

  /** Once; where it fails beside a voice that came it is read again with what grew. */
  async #readBoard(): Promise<LessonWindow | null> {
    this.#isBoardAsked = true;
    try {
      return await this.#lesson.read(this.#fromMs);
    } catch (error) {
      this.#isBoardDue = true;
      throw error;
    }
  }

  /** What is true while the first of it is fetched. */
  #before(): Seen {
    const { media, hasEnded, endedAtMs } = this.#session;
    const state = stateOf(media.phase === 'live', hasEnded);
    const behindMs = this.#behindMs(this.#fromMs, endedAtMs);
    return { state, behindMs, speed: 0, isWaiting: true, isLive: false };
  }

  /** What is still to be heard from there. */
  #behindMs(positionMs: number, endedAtMs: number | null): number {
    return this.#lesson.until(endedAtMs) - positionMs - this.#offer.unplayedMs(positionMs);
  }

  /** It plays: from here on the live voice is silent. */
  readonly #start = (): void => {
    if (this.hasStarted || this.#isOver || this.#isSliding) return;
    this.hasStarted = true;
    this.liveShare = 0;
  };

  /** Nothing came that could be played. */
  #isLate(isLinked: boolean): boolean {
    if (this.hasStarted) return false;
    if (!isLinked) this.#dueSinceMs = Date.now();
    return Date.now() - this.#dueSinceMs >= FIRST_WITHIN_MS;
  }

  #options(track: WindowTrack, withPicture: boolean): FeedOptions {
    return {
      playlist: withPicture ? track.playlist : track.voice_playlist || track.playlist,
      zeroMs: this.#lesson.window?.started_at_ms ?? 0,
      isThin: !withPicture,
      grant: () => this.#session.store.grant,
      isOver: () => this.#isOver,
    };
  }

  #setVolume(volume: number): void {
    this.picture.volume = volume;
    this.#followers.volume = volume;
  }

  /** What grew; where the channel left something out the board is read, too, from where we are. */
  #readAgain(withBoard: boolean): void {
    this.#readAtMs = Date.now();
    this.#isBoardDue ||= withBoard;
    this.#rereading.ask();
  }

  #reread(): Promise<unknown> {
    const withBoard = this.#isBoardDue;
    this.#isBoardDue = false;
    return this.#lesson.read(this.#feed?.positionMs ?? this.#fromMs, withBoard);
  }

  #play(): void {
    this.picture.play().catch((error: unknown) => {
      // Without sound nobody catches up.
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return;
      this.isRefused = true;
      this.end();
    });
  }

  #hear(message: ServerMessage): void {
    // Our helper did, on a phone.
    if (message.type === 'catch_up_chosen')
      return message.choice === 'live' ? this.goLive() : this.accept();
    if (this.#lesson.hear(message) || this.mode === 'offer') return;
    this.#readAgain(true);
  }

  async #listen(): Promise<void> {
    const report = await this.#need.subscriber.receivers.get('voice')?.getStats();
    if (report !== undefined) this.#liveLag.see(report);
  }

  #look(): void {
    const session = this.#session;
    // Who hears what was missed hears it to its end.
    if (session.isEnded || (session.hasEnded && !this.hasStarted)) return this.end();
    const isConnected = session.media.phase === 'live';
    if (isConnected && (session.isCalled || session.layout === 'onstage')) return this.goLive();
    if (this.mode === 'offer') return this.#seeOffer();
    if (this.#isSliding) return;
    if (this.#isLate(isConnected && session.store.link === 'open')) return this.end();
    const feed = this.#feed;
    if (feed === null) return;
    if (feed.isFailed) return this.#fail(feed);
    this.#follow(feed, stateOf(isConnected, session.hasEnded));
  }

  #seeOffer(): void {
    const standing = this.#offer.standing(this.#lesson.now());
    if (standing === 'over') this.end();
    else this.offered = standing;
  }

  #follow(playing: Feed, state: State): void {
    const feed = this.#chosen(playing, state);
    if (feed === null) return;
    feed.skipHole();
    const { isWaiting, positionMs } = feed;
    const behindMs = this.#behindMs(positionMs, this.#session.endedAtMs);
    const isMusic = this.#session.sound === 'music';
    const speed = this.#way.speed(state, behindMs, isMusic);
    if (this.picture.playbackRate !== speed) this.picture.playbackRate = speed;
    if (this.picture.paused) this.#play();
    if (isMusic && state === 'catching') return this.goLive();
    if (!isWaiting && !this.picture.paused) this.#start();
    if (!this.hasStarted) return this.#judge(feed, speed, behindMs);
    if (this.#hasHeardAll(feed) && this.#hasDone(feed, state, behindMs)) return;
    this.#tell(feed, { state, behindMs, speed, isWaiting, isLive: feed.isLive });
    const board = this.#lesson.hasBoard ? this.#lesson.boardAt(positionMs) : null;
    if (board !== this.board) this.board = board;
    const lead = { positionMs, speed, isWaiting, hasPicture: this.hasPicture };
    this.#followers.follow(this.#way.tracks(feed.isLive, this.#lesson.window?.tracks), lead);
    this.hasScreen = this.#followers.hasScreen;
    if (Date.now() - this.#readAtMs > READ_AGAIN_MS) this.#readAgain(false);
    this.#judge(feed, speed, behindMs);
  }

  /** What plays from now on; null: the recording is on its way. */
  #chosen(playing: Feed, state: State): Feed | null {
    const choice = this.#way.choose(playing, state, this.hasPicture);
    if (choice.plays === 'live') return this.#change(playing, choice.feed);
    if (choice.plays === 'same') return playing;
    this.#feed = null;
    this.#goOn(playing.positionMs, this.hasPicture);
    playing.close();
    return null;
  }

  /** Without a word more than once, or left out. */
  #change(feed: Feed, live: LiveFeed): Feed {
    const before = this.picture;
    this.picture = live.element as HTMLVideoElement;
    this.picture.volume = before.volume;
    before.onplaying = null;
    this.#feed = live;
    this.hasPicture = live.hasPicture;
    this.#play();
    before.replaceWith(this.picture);
    feed.close();
    this.#followers.close();
    this.#carrying.reset();
    return live;
  }

  /** Over what was heard live; nothing of what was missed lies before it. */
  #hasHeardAll({ positionMs, isAtEnd }: Feed): boolean {
    const onMs = this.#offer.passOver(positionMs);
    if (onMs !== null) this.#goOn(onMs, this.hasPicture);
    return isAtEnd || this.#offer.unplayedMs(positionMs) === 0;
  }

  /** At the lesson's end there is no more; else the live voice takes over where it can. */
  #hasDone(feed: Feed, state: State, behindMs: number): boolean {
    const { isWaiting, isComplete } = feed;
    this.#waitsSinceMs = isWaiting ? (this.#waitsSinceMs ?? Date.now()) : null;
    if (state === 'ending') {
      const waitedMs = Date.now() - (this.#waitsSinceMs ?? Date.now());
      const isOut = isPlayedOut({ isWaiting, isComplete, waitedMs });
      if (isOut) this.end();
      return isOut;
    }
    const liveLagMs = this.#liveLag.ms;
    // From here on the live voice waits, so that the two meet.
    feed.isHurried = isNear(state, behindMs);
    if (feed.isHurried) this.#need.subscriber.buffer.hold(LIVE_WAITS_MS);
    if (
      !hasArrived({ state, behindMs, liveLagMs }) &&
      !this.#end.isReached(feed, isClose(state, behindMs), this.#session)
    )
      return false;
    void this.#slide();
    return true;
  }

  #tell(feed: Feed, seen: Seen): void {
    const { state, behindMs, speed, isWaiting } = seen;
    this.#mostBehindMs = Math.max(this.#mostBehindMs, behindMs);
    const lagMs = state === 'ending' ? 0 : this.#liveLag.ms;
    const isTeacherAway =
      state !== 'ending' &&
      isWaiting &&
      feed.isAtEnd &&
      !this.#session.store.state?.publications.lead;
    this.view = {
      ...seen,
      leftMs: leftMs(state, behindMs - lagMs, speed),
      share: shareDone(behindMs - lagMs, this.#mostBehindMs - lagMs),
      isTeacherAway,
    };
  }

  /** Where pictures come too slowly, the voice goes on without them; where it does, too, we go live. */
  #judge(feed: Feed, speed: number, behindMs: number): void {
    const { store, media, hasEnded } = this.#session;
    const isReached = store.link === 'open';
    const carried = this.#carrying.see({
      nowMs: Date.now(),
      behindMs,
      speed,
      hasPicture: this.hasPicture,
      isWaiting: feed.isWaiting && !feed.isAtEnd,
      isReached,
      isLinked: isReached && media.phase === 'live' && !hasEnded && this.hasStarted,
      playedMs: feed.playedMs,
      tookMs: feed.tookMs,
    });
    if (carried === 'voice') this.#goOn(feed.positionMs, false);
    if (carried === 'nothing') this.goLive();
  }

  #goOn(fromMs: number, withPicture: boolean): void {
    this.#fromMs = fromMs;
    this.hasPicture = withPicture;
    this.#begin(withPicture).catch(() => this.end());
  }

  /** Not played here, or not ours to read: its recording, once without pictures, then live. */
  #fail(feed: Feed): void {
    if (!this.hasPicture && !feed.isLive) return this.end();
    this.#feed = null;
    this.#way.left(feed.isLive);
    this.#goOn(feed.positionMs, this.hasPicture && feed.isLive);
    feed.close();
  }

  /** Both voices are at the same word: one goes, the other comes. */
  async #slide(): Promise<void> {
    if (this.#isSliding) return;
    if (!this.hasStarted) return this.end();
    this.#isSliding = true;
    const take = (share: number) => {
      this.liveShare = share;
      this.#setVolume(this.#volume * (1 - share));
    };
    await fade(take, () => this.#isOver);
    this.end();
  }
}
