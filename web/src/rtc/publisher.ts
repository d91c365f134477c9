import { ApiError, UNREACHABLE } from '$kit/api';
import { backoffMs } from '$kit/protocol/backoff';
import type { ErrorBody } from '$kit/protocol/schema';
import { preferCodecs, sendsH264 } from './codecs';
import { encodings, thinned, type Encoding, type PublicationKind } from './layers';
import { endSession, openSession } from './negotiation';
import { SendLadder, type SendLevel } from './send_ladder';
import type { Sound } from './stereo';
import { sent, sourceLevel, type SendFigures } from './stats';

export type PublisherPhase = 'connecting' | 'live' | 'retrying' | 'refused' | 'closed';

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
  /** Called when `phase`, `error` or `figures` changed. */
  changed: (publisher: Publisher) => void;
}

const STATS_EVERY_MS = 2_000;
const CONNECT_WITHIN_MS = 12_000;
const DISCONNECTED_FOR_MS = 3_000;
/** Refusals that waiting cures; all others need a person. */
const PASSING = [0, 401, 408, 429, 500, 502, 503, 504];

/** One WHIP publication: opens, comes back after breaks by itself, and closes once. */
export class Publisher {
  phase: PublisherPhase = 'connecting';
  /** Why we are `retrying` or `refused`. */
  error: ErrorBody | null = null;
  figures: SendFigures | null = null;
  /** What of our picture goes out: the voice comes first. */
  level: SendLevel = 'all';

  readonly #options: PublisherOptions;
  #stream: MediaStream;
  #pc: RTCPeerConnection | null = null;
  #session = '';
  #ending: Promise<void> = Promise.resolve();
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stats: ReturnType<typeof setInterval> | undefined;
  #encodings: Encoding[] = [];
  #ladder = new SendLadder();
  #before: { report: RTCStatsReport; atMs: number } | null = null;

  constructor(stream: MediaStream, options: PublisherOptions) {
    this.#stream = stream;
    this.#options = options;
    addEventListener('pagehide', this.#leave);
  }

  /** Starts. `takeOver` ends whoever fills the slot now (answer to `slot-taken`). */
  open(takeOver = false): void {
    if (this.phase === 'closed') return;
    this.#attempt = 0;
    void this.#try(takeOver);
  }

  /** Sends other tracks of the same kinds from now on, without a new session. */
  async replaceStream(stream: MediaStream): Promise<void> {
    this.#stream = stream;
    for (const sender of this.#pc?.getSenders() ?? []) {
      const track = stream.getTracks().find((candidate) => candidate.kind === sender.track?.kind);
      if (track) await sender.replaceTrack(track);
    }
  }

  /** How loud what we send is right now, 0 to 1; needs no AudioContext, which waits for a touch. */
  async voiceLevel(): Promise<number> {
    const sender = this.#pc?.getSenders().find((one) => one.track?.kind === 'audio');
    return sender === undefined ? 0 : sourceLevel(await sender.getStats());
  }

  /** Ends the publication; the caller's stream stays open. */
  close(isLeaving = false): void {
    if (this.phase === 'closed') return;
    removeEventListener('pagehide', this.#leave);
    this.#drop(isLeaving);
    this.#become('closed', null);
  }

  readonly #leave = (): void => this.close(true);

  async #try(takeOver: boolean): Promise<void> {
    this.#drop();
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.#pc = pc;
    try {
      // Our own broken session may still hold the slot; taking over could end somebody else's.
      await this.#ending;
      this.#addTracks(pc);
      pc.onconnectionstatechange = () => this.#moved(pc);
      this.#after(CONNECT_WITHIN_MS, () => this.#retry(UNREACHABLE));
      const isTaking = takeOver || this.#options.isOurs === true;
      const endpoint = this.#options.endpoint + (isTaking ? '?take_over=1' : '');
      const session = await openSession(pc, endpoint, this.#options.grant(), this.#options.sound);
      if (this.#pc === pc) this.#session = session;
      else await endSession(session, this.#options.grant());
    } catch (error) {
      if (this.#pc === pc) this.#failed(error);
    }
  }

  #addTracks(pc: RTCPeerConnection): void {
    for (const track of this.#stream.getTracks()) {
      const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [this.#stream] };
      if (track.kind === 'video') {
        const { width = 640, height = 360 } = track.getSettings();
        this.#encodings = encodings(this.#options.kind, width, height, sendsH264());
        init.sendEncodings = this.#encodings;
      }
      const transceiver = pc.addTransceiver(track, init);
      if (track.kind === 'video') preferCodecs(transceiver);
    }
  }

  #moved(pc: RTCPeerConnection): void {
    if (pc !== this.#pc) return;
    if (pc.connectionState === 'connected') this.#connected(pc);
    if (pc.connectionState === 'failed') this.#retry(UNREACHABLE);
    if (pc.connectionState === 'disconnected')
      this.#after(DISCONNECTED_FOR_MS, () => this.#retry(UNREACHABLE));
  }

  #connected(pc: RTCPeerConnection): void {
    clearTimeout(this.#timer);
    this.#attempt = 0;
    clearInterval(this.#stats);
    this.#stats = setInterval(() => void this.#measure(pc), STATS_EVERY_MS);
    this.#heedFarewell(pc);
    this.#become('live', null);
  }

  /** A server that ends a session says so (DTLS close_notify); silence would tell only later. */
  #heedFarewell(pc: RTCPeerConnection): void {
    const transport = pc.getSenders()[0]?.transport;
    if (!transport) return;
    transport.onstatechange = () => {
      if (pc === this.#pc && transport.state === 'closed') this.#retry(UNREACHABLE);
    };
  }

  async #measure(pc: RTCPeerConnection): Promise<void> {
    const report = await pc.getStats();
    if (pc !== this.#pc) return;
    const [before, atMs] = [this.#before, performance.now()];
    this.figures = sent(before?.report ?? null, report, atMs - (before?.atMs ?? atMs));
    this.#before = { report, atMs };
    if (this.#options.kind !== 'screen') this.#followUplink(pc, this.figures);
    this.#options.changed(this);
  }

  /** Nothing of our picture may cost the voice, ours or theirs. */
  #followUplink(pc: RTCPeerConnection, figures: SendFigures): void {
    const level = this.#ladder.see({ ...figures, atMs: Date.now() });
    if (level === this.level) return;
    this.level = level;
    const sender = pc.getSenders().find((one) => one.track?.kind === 'video');
    if (sender) void thin(sender, this.#encodings, level);
  }

  #failed(error: unknown): void {
    const cause = error instanceof ApiError ? error : new ApiError(0, UNREACHABLE);
    if (PASSING.includes(cause.status)) this.#retry(cause.error);
    else {
      this.#drop();
      this.#become('refused', cause.error);
    }
  }

  #retry(error: ErrorBody): void {
    this.#drop();
    this.#become('retrying', error);
    this.#after(backoffMs(this.#attempt), () => void this.#try(false));
    this.#attempt += 1;
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #drop(isLeaving = false): void {
    clearTimeout(this.#timer);
    clearInterval(this.#stats);
    this.#before = null;
    this.#ladder = new SendLadder();
    this.level = 'all';
    const [pc, session] = [this.#pc, this.#session];
    [this.#pc, this.#session] = [null, ''];
    pc?.close();
    if (session) this.#ending = endSession(session, this.#options.grant(), isLeaving);
  }

  #become(phase: PublisherPhase, error: ErrorBody | null): void {
    this.phase = phase;
    this.error = error;
    this.#options.changed(this);
  }
}

/** Browsers that refuse a parameter send as before; their own estimate still holds. */
async function thin(sender: RTCRtpSender, all: Encoding[], level: SendLevel): Promise<void> {
  const parameters = sender.getParameters();
  const wanted = thinned(all, level);
  parameters.encodings.forEach((encoding, place) => {
    const { active, maxBitrate, maxFramerate } = wanted[place] ?? {};
    if (active !== undefined) encoding.active = active;
    if (maxBitrate !== undefined) encoding.maxBitrate = maxBitrate;
    if (maxFramerate === undefined) delete encoding.maxFramerate;
    else encoding.maxFramerate = maxFramerate;
  });
  await sender.setParameters(parameters).catch(() => undefined);
}
