import { ApiError, UNREACHABLE } from '$kit/api';
import { backoffMs } from '$kit/protocol/backoff';
import type { ErrorBody } from '$kit/protocol/schema';
import { Knocking } from './knocking';
import type { Encoding, PublicationKind } from './layers';
import { endSession, openSession, restartIce } from './negotiation';
import { PublishRepair, type RepairStep } from './publish_repair';
import { afterHeadStart, newConnection } from './relays';
import { firstLevel, least, SendLadder, type SendLevel } from './send_ladder';
import { addTracks, replaceTracks, senderOf, thin, thinAnswered } from './sending';
import type { Sound } from './stereo';
import { flightMs, pathCount, sent, sourceLevel, wayOf, type SendFigures, type Way } from './stats';

export type PublisherPhase =
  | 'connecting'
  | 'live'
  /** Broken for longer than anybody should wait for news of it; a repair runs all the time. */
  | 'retrying'
  | 'refused'
  | 'closed';

export interface PublisherOptions {
  /** `/whip/{lesson_id}/{slot}` */
  endpoint: string;
  kind: PublicationKind;
  /** What our microphone is for. */
  sound?: Sound;
  /** Nobody but us may fill this slot now: what holds it is our own earlier session. */
  isOurs?: boolean;
  /** The newest grant, read before every try. */
  grant: () => string;
  /** STUN and TURN servers, with passwords that live now. */
  iceServers: () => RTCIceServer[];
  /** Of another connection to the same server, in ms; null where there is none yet. */
  roundTripMs?: () => number | null;
  /** Called when `phase`, `error`, `figures` or `way` changed. */
  changed: (publisher: Publisher) => void;
}

const STATS_EVERY_MS = 2_000;
const FEEL_EVERY_MS = 250;
const CONNECT_WITHIN_MS = 12_000;
const SAY_LOST_AFTER_MS = 4_000;
/** Refusals that waiting cures; all others need a person. */
const PASSING = [0, 401, 408, 429, 500, 502, 503, 504];

/**
 * One WHIP publication: opens, comes back after breaks by itself, and closes once. A session that
 * broke is kept until the next one was answered, because it may come back first.
 */
export class Publisher {
  phase: PublisherPhase = 'connecting';
  /** Why we are `retrying` or `refused`. */
  error: ErrorBody | null = null;
  figures: SendFigures | null = null;
  /** How it travels; null before it does. */
  way: Way | null = null;
  /** What of our picture goes out: the voice comes first. */
  level: SendLevel = 'all';

  readonly #options: PublisherOptions;
  #stream: MediaStream;
  #pc: RTCPeerConnection | null = null;
  #session = '';
  /** The same once it is connected: only then its silence means something. */
  #connectedOne: RTCPeerConnection | null = null;
  /** The connection that is being made, in place of the one above where there is one. */
  #next: RTCPeerConnection | null = null;
  #takesOver = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #repair = new PublishRepair(Date.now());
  readonly #knocking = new Knocking();
  readonly #feeling: ReturnType<typeof setInterval>;
  readonly #stats: ReturnType<typeof setInterval>;
  #encodings: Encoding[] = [];
  #ladder = new SendLadder();
  #most: SendLevel = 'all';
  #before: { report: RTCStatsReport; atMs: number } | null = null;

  constructor(stream: MediaStream, options: PublisherOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#feeling = setInterval(() => this.#tick(), FEEL_EVERY_MS);
    this.#stats = setInterval(() => void this.#measure(), STATS_EVERY_MS);
    addEventListener('online', this.#hurry);
    addEventListener('pagehide', this.#leave);
  }

  /** Starts. `takeOver` ends whoever fills the slot now (answer to `slot-taken`). */
  open(takeOver = false): void {
    if (this.phase === 'closed') return;
    this.#attempt = 0;
    this.#takesOver = takeOver;
    void this.#open();
  }

  /** Sends other tracks of the same kinds from now on, without a new session. */
  async replaceStream(stream: MediaStream): Promise<void> {
    this.#stream = stream;
    for (const pc of [this.#pc, this.#next]) if (pc) await replaceTracks(pc, stream);
  }

  /** How loud what we send is right now, 0 to 1; needs no AudioContext, which waits for a touch. */
  async voiceLevel(): Promise<number> {
    const sender = senderOf(this.#pc, 'audio');
    return sender === undefined ? 0 : sourceLevel(await sender.getStats());
  }

  /** No more of our picture than this is wanted now, however much the uplink takes. */
  async setMost(most: SendLevel): Promise<void> {
    this.#most = most;
    await this.#apply();
  }

  /** Whether the uplink takes less than is wanted. */
  get isThin(): boolean {
    return least(this.#ladder.level, this.#most) !== this.#most;
  }

  /** Ends the publication; the caller's stream stays open. */
  close(isLeaving = false): void {
    if (this.phase === 'closed') return;
    removeEventListener('online', this.#hurry);
    removeEventListener('pagehide', this.#leave);
    clearInterval(this.#feeling);
    clearInterval(this.#stats);
    this.#drop(isLeaving);
    this.#become('closed', null);
  }

  readonly #leave = (): void => this.close(true);

  readonly #hurry = (): void => this.#carryOut(this.#repair.reached(Date.now()));

  async #open(): Promise<void> {
    clearTimeout(this.#timer);
    this.#next?.close();
    const isRelayed = this.#attempt > 0 || this.way === 'relay';
    const pc = newConnection(this.#options.iceServers(), isRelayed);
    this.#next = pc;
    try {
      const { grant, sound, kind, roundTripMs } = this.#options;
      const level = kind === 'screen' ? 'all' : firstLevel(this.level, roundTripMs?.() ?? null);
      const sent = least(level, this.#most);
      const layers = addTracks(pc, this.#stream, kind, sent);
      const session = await openSession(pc, this.#address, grant(), sound);
      await thinAnswered(pc, layers, sent);
      if (this.#next !== pc) return await endSession(session, grant());
      this.#adopt(pc, session, layers, level);
    } catch (error) {
      if (this.#next === pc) this.#failed(error);
    }
  }

  /** A session of our own that broke is named, so that no other one is ended instead. */
  get #address(): string {
    const { endpoint, isOurs } = this.#options;
    if (this.#takesOver || isOurs === true) return `${endpoint}?take_over=1`;
    const broken = this.#session.split('/').pop() ?? '';
    return broken === '' ? endpoint : `${endpoint}?replaces=${broken}`;
  }

  /** The server has put the new session in place of the old one. */
  #adopt(pc: RTCPeerConnection, session: string, layers: Encoding[], level: SendLevel): void {
    this.#pc?.close();
    [this.#pc, this.#session, this.#next] = [pc, session, null];
    this.#takesOver = false;
    this.#encodings = layers;
    this.#before = null;
    this.#ladder = new SendLadder(level);
    this.level = least(level, this.#most);
    pc.onconnectionstatechange = () => this.#moved(pc);
    this.#after(CONNECT_WITHIN_MS, () => this.#again(UNREACHABLE));
    afterHeadStart(pc, this.#options.iceServers(), () => {
      if (pc === this.#pc) this.#restartIce(pc).catch(() => undefined);
    });
    this.#moved(pc);
  }

  #moved(pc: RTCPeerConnection): void {
    if (pc !== this.#pc || pc === this.#connectedOne) return;
    if (pc.connectionState === 'connected') this.#connected(pc);
    if (pc.connectionState === 'failed') this.#again(UNREACHABLE);
  }

  #connected(pc: RTCPeerConnection): void {
    this.#connectedOne = pc;
    this.#repair = new PublishRepair(Date.now());
    this.#heedFarewell(pc);
    this.#mended();
  }

  /** A server that ends a session says so (DTLS close_notify); silence would tell only later. */
  #heedFarewell(pc: RTCPeerConnection): void {
    const transport = pc.getSenders()[0]?.transport;
    if (!transport) return;
    transport.onstatechange = () => {
      if (pc !== this.#pc || transport.state !== 'closed') return;
      if (this.#next !== null) return; // the old one ends because a new one takes its place
      this.#repair.ended(Date.now());
      this.#again(UNREACHABLE);
    };
  }

  #tick(): void {
    const { brokenSinceMs } = this.#repair;
    const isLong = brokenSinceMs !== null && Date.now() - brokenSinceMs >= SAY_LOST_AFTER_MS;
    if (isLong && this.phase === 'live') this.#become('retrying', UNREACHABLE);
    if (this.#pc !== null && this.#pc === this.#connectedOne) void this.#feel(this.#pc);
  }

  async #feel(pc: RTCPeerConnection): Promise<void> {
    const report = await pc.getStats();
    if (pc !== this.#pc) return;
    this.#carryOut(this.#repair.feel(Date.now(), pathCount(report), flightMs(report)));
  }

  #carryOut(step: RepairStep): void {
    if (step === 'mended') this.#mended();
    else if (step === 'restart') void this.#restart();
    else if (step === 'renew') void this.#open();
    else if (step === 'knock')
      this.#knocking.start(() => this.#carryOut(this.#repair.reached(Date.now())));
  }

  async #restart(): Promise<void> {
    const [pc, repair] = [this.#pc, this.#repair];
    this.#knocking.stop();
    if (pc === null) return;
    try {
      await this.#restartIce(pc);
      this.#carryOut(repair.restarted());
    } catch (error) {
      if (pc !== this.#pc) return;
      const isGone = error instanceof ApiError && !PASSING.includes(error.status);
      this.#carryOut(repair.restartFailed(Date.now(), isGone));
    }
  }

  async #restartIce(pc: RTCPeerConnection): Promise<void> {
    const { grant, sound, iceServers } = this.#options;
    await restartIce(pc, this.#session, grant(), sound, iceServers());
    if (pc === this.#pc) await thinAnswered(pc, this.#encodings, this.level);
  }

  #mended(): void {
    clearTimeout(this.#timer);
    this.#knocking.stop();
    this.#next?.close();
    this.#next = null;
    this.#attempt = 0;
    if (this.phase !== 'live') this.#become('live', null);
  }

  async #measure(): Promise<void> {
    const pc = this.#pc;
    if (pc === null || pc !== this.#connectedOne) return;
    const report = await pc.getStats();
    if (pc !== this.#pc) return;
    const [before, atMs] = [this.#before, performance.now()];
    this.figures = sent(before?.report ?? null, report, atMs - (before?.atMs ?? atMs));
    this.way = wayOf(report) ?? this.way;
    this.#before = { report, atMs };
    if (this.#options.kind !== 'screen') this.#followUplink(pc, this.figures);
    this.#options.changed(this);
  }

  /** Nothing of our picture may cost the voice, ours or theirs. */
  #followUplink(pc: RTCPeerConnection, figures: SendFigures): void {
    this.#ladder.see({ ...figures, atMs: Date.now() });
    void this.#apply(pc);
  }

  async #apply(pc = this.#pc): Promise<void> {
    const level = least(this.#ladder.level, this.#most);
    if (level === this.level) return;
    this.level = level;
    if (pc !== null) await thin(pc, this.#encodings, level);
  }

  #failed(error: unknown): void {
    const cause = error instanceof ApiError ? error : new ApiError(0, UNREACHABLE);
    if (PASSING.includes(cause.status)) this.#again(cause.error);
    else {
      this.#drop();
      this.#become('refused', cause.error);
    }
  }

  /** Another session, as soon as the server can be reached; ours may come back before that. */
  #again(error: ErrorBody): void {
    this.#next?.close();
    this.#next = null;
    if (this.#repair.brokenSinceMs === null) this.#become('retrying', error);
    const again = () => this.#knocking.start(() => void this.#open());
    this.#after(backoffMs(this.#attempt), again);
    this.#attempt += 1;
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #drop(isLeaving = false): void {
    clearTimeout(this.#timer);
    this.#knocking.stop();
    const [pc, next, session] = [this.#pc, this.#next, this.#session];
    [this.#pc, this.#next, this.#session] = [null, null, ''];
    pc?.close();
    next?.close();
    if (session) void endSession(session, this.#options.grant(), isLeaving);
  }

  #become(phase: PublisherPhase, error: ErrorBody | null): void {
    this.phase = phase;
    this.error = error;
    this.#options.changed(this);
  }
}
