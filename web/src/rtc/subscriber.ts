import { ApiError, UNREACHABLE } from '$kit/api';
import { backoffMs } from '$kit/protocol/backoff';
import type { ErrorBody } from '$kit/protocol/schema';
import { PlayoutBuffer, type BufferSigns } from './buffer';
import { preferCodecs } from './codecs';
import { Knocking } from './knocking';
import {
  isBroken,
  Liveness,
  SLOTS,
  type Expected,
  type Sight,
  type SlotName,
  type Vitals,
} from './liveness';
import { endSession, openSession, restartIce } from './negotiation';
import { afterHeadStart, newConnection } from './relays';
import {
  flightMs,
  mediaCount,
  NO_FLOW,
  pathCount,
  received,
  roundTripMs,
  wayOf,
  type FlowCounters,
  type Way,
} from './stats';
import type { Sound } from './stereo';

export type SubscriberPhase =
  /** The first connection is being made. */
  | 'connecting'
  | 'live'
  /** The path broke; a repair runs and tracks keep their last frame. */
  | 'repairing'
  /** The server said no; only `open` tries again. */
  | 'refused'
  | 'closed';

export type SlotTracks = Record<SlotName, MediaStreamTrack>;

export interface SubscriberOptions {
  /** `/whep/{lesson_id}` */
  endpoint: string;
  grant: () => string;
  /** STUN and TURN servers, with passwords that live now. */
  iceServers: () => RTCIceServer[];
  /** What the lesson's microphones are for. */
  sound?: Sound;
  /** Heard by the others from the start: plays with little delay, and a voice before its picture. */
  isTalking?: boolean;
  /** Slots to receive; all of them unless told. The first one must be among them. */
  slots?: readonly SlotName[];
  /** What the lesson's publishers send right now. */
  expected: () => Expected;
  /** Called when `phase`, `tracks`, `vitals` or `error` changed. */
  changed: (subscriber: Subscriber) => void;
}

const KINDS: Record<SlotName, 'audio' | 'video'> = {
  voice: 'audio',
  stageVoice: 'audio',
  picture: 'video',
  screen: 'video',
  stagePicture: 'video',
};
/** A connection that was shown and broke. */
interface Former {
  pc: RTCPeerConnection;
  session: string;
  receivers: Map<SlotName, RTCRtpReceiver>;
  tracks: SlotTracks;
  /** Packets it had brought. */
  media: number;
}

const LOOK_EVERY_MS = 1_000;
const FEEL_EVERY_MS = 250;
const CONNECT_WITHIN_MS = 12_000;
const RESTART_WITHIN_MS = 3_000;
const PASSING = [0, 401, 408, 429, 500, 502, 503, 504];

/**
 * One WHEP subscription to every slot of a lesson. Tracks are there once it is connected and stay
 * the same while the server changes what feeds them; after a break they may be new ones.
 */
export class Subscriber {
  phase: SubscriberPhase = 'connecting';
  tracks: SlotTracks | null = null;
  vitals: Vitals | null = null;
  error: ErrorBody | null = null;
  /** Since when the path is broken (epoch ms); null while it is well. */
  brokenSinceMs: number | null = null;
  /** How media comes; null before it does. */
  way: Way | null = null;
  /** How often this break was tried to mend. */
  repairs = 0;
  /** The last look, and the round trip then. */
  sight: Sight | null = null;
  roundTripMs: number | null = null;

  /** Of all its connections, and of those beside them that the server is to know for its own. */
  certificates: RTCCertificate[] | undefined;

  readonly #options: SubscriberOptions;
  readonly #certified: Promise<void>;
  /** As they came: a restart changes what the connection says of it. */
  readonly #answers = new WeakMap<RTCPeerConnection, string>();
  /** How far behind all slots play. */
  readonly buffer: PlayoutBuffer;
  #pc: RTCPeerConnection | null = null;
  /** What the open connection would show; `tracks` once it is connected. */
  #own: SlotTracks | null = null;
  /** Kept open: where only the link was gone it comes back by itself, before any new connection
   * could, and closing it would turn its last frames black. */
  #former: Former | null = null;
  readonly #knocking = new Knocking();
  #session = '';
  /** Packets it brought. */
  #media = 0;
  /** What comes was sent so long ago: a break is older than the silence after it. */
  #flightMs = 0;
  /** Of the open connection. */
  receivers = new Map<SlotName, RTCRtpReceiver>();
  #liveness = new Liveness(Date.now());
  #looks: ReturnType<typeof setInterval> | undefined;
  readonly #feeling: ReturnType<typeof setInterval>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.buffer = new PlayoutBuffer(options.isTalking, options.sound === 'music');
    this.#certified = ownCertificate().then((made) => void (this.certificates = made));
    this.#feeling = setInterval(() => void this.#feel(), FEEL_EVERY_MS);
    addEventListener('online', this.#hurry);
    addEventListener('pagehide', this.#leave);
  }

  /** Starts, or starts again after a refusal. */
  open(): void {
    if (this.phase === 'closed') return;
    this.#attempt = 0;
    void this.#certified.then(() => this.#connect());
  }

  /** What the server said first of the open connection; empty while there is none. */
  get answer(): string {
    return (this.#pc && this.#answers.get(this.#pc)) ?? '';
  }

  /** The room is heard by the others, or not any more: plays with another delay, without a gap. */
  setTalking(isTalking: boolean): void {
    this.buffer.become(isTalking);
    this.#applyBuffer();
  }

  /** How loud the lead voice is right now, 0 to 1. */
  async voiceLevel(): Promise<number> {
    const report = await this.receivers.get('voice')?.getStats();
    return report === undefined ? 0 : received(report).audioLevel;
  }

  close(isLeaving = false): void {
    if (this.phase === 'closed') return;
    removeEventListener('online', this.#hurry);
    removeEventListener('pagehide', this.#leave);
    clearInterval(this.#feeling);
    this.#drop(isLeaving);
    this.#giveUpFormer(isLeaving);
    this.#become('closed', null);
  }

  readonly #leave = (): void => this.close(true);

  readonly #hurry = (): void => {
    if (this.phase === 'repairing') this.open();
  };

  async #connect(isAfterCut = false): Promise<void> {
    if (this.phase === 'closed') return;
    this.#setAside();
    this.#drop();
    const withRelays = this.#attempt > 0 || this.way === 'relay';
    const pc = newConnection(this.#options.iceServers(), withRelays, this.certificates);
    this.#pc = pc;
    this.#liveness = new Liveness(Date.now());
    this.buffer.restart();
    const tracks = this.#addSlots(pc);
    pc.onconnectionstatechange = () => pc === this.#pc && this.#moved(pc);
    this.#after(CONNECT_WITHIN_MS, () => this.#again(UNREACHABLE));
    try {
      const { endpoint, grant, sound, isTalking = false } = this.#options;
      const how = { isApart: isTalking, isAfterCut };
      const session = await openSession(pc, endpoint, grant(), sound, how);
      if (this.#pc !== pc) return await endSession(session, this.#options.grant());
      this.#session = session;
      this.#answers.set(pc, pc.remoteDescription?.sdp ?? '');
      this.#own = tracks;
      // Chrome 80 may be connected before it says that it took the answer.
      this.#moved(pc);
      // An answer that came late says that the link is bad, not that it is dead.
      if (pc.connectionState !== 'connected')
        this.#after(CONNECT_WITHIN_MS, () => this.#again(UNREACHABLE));
      this.#looks = setInterval(() => void this.#look(pc), LOOK_EVERY_MS);
      afterHeadStart(pc, this.#options.iceServers(), () => {
        if (pc === this.#pc) this.#restart(pc).catch(() => undefined);
      });
      this.#options.changed(this);
    } catch (error) {
      if (this.#pc === pc) this.#failed(error);
    }
  }

  #addSlots(pc: RTCPeerConnection): SlotTracks {
    const tracks: Partial<SlotTracks> = {};
    this.receivers = new Map();
    for (const slot of SLOTS) {
      const isWanted = this.#options.slots?.includes(slot) ?? true;
      const direction = isWanted ? 'recvonly' : 'inactive';
      const transceiver = pc.addTransceiver(KINDS[slot], { direction });
      if (KINDS[slot] === 'video') preferCodecs(transceiver);
      this.receivers.set(slot, transceiver.receiver);
      tracks[slot] = transceiver.receiver.track;
    }
    this.#applyBuffer();
    return tracks as SlotTracks;
  }

  #applyBuffer(): void {
    for (const receiver of this.receivers.values()) applyBuffer(receiver, this.buffer.targetMs);
  }

  #moved(pc: RTCPeerConnection): void {
    // there is nothing to show before the answer was taken
    if (pc.connectionState === 'connected' && this.#own !== null) {
      clearTimeout(this.#timer);
      this.#attempt = 0;
      this.#mended();
      void this.#look(pc);
    }
    if (pc.connectionState === 'failed') this.#repair();
  }

  async #look(pc: RTCPeerConnection): Promise<void> {
    const flows = Object.fromEntries(SLOTS.map((slot) => [slot, NO_FLOW]));
    for (const [slot, receiver] of this.receivers)
      flows[slot] = received(await receiver.getStats());
    const report = await pc.getStats();
    if (pc !== this.#pc) return;
    const path = pathCount(report);
    this.way = wayOf(report) ?? this.way;
    const connected = pc.connectionState === 'connected';
    const sight = {
      atMs: Date.now(),
      connected,
      path,
      flows: flows as Record<SlotName, FlowCounters>,
    };
    this.vitals = this.#liveness.see(sight, this.#options.expected());
    this.sight = sight;
    this.roundTripMs = roundTripMs(report);
    if (connected) this.buffer.see(bufferSigns(sight, this.roundTripMs));
    this.#applyBuffer();
    this.#judge(pc, this.vitals);
    this.#options.changed(this);
  }

  /** Between the looks: whether the path is silent, or the former one is not any more. */
  async #feel(): Promise<void> {
    const former = this.#former;
    if (former !== null) {
      const media = mediaCount(await former.pc.getStats());
      if (this.#former === former && media > former.media) this.#revive(former);
    } else if (this.#pc !== null && this.vitals !== null) await this.#feelPath(this.#pc);
    if (this.phase === 'repairing') this.#options.changed(this);
  }

  async #feelPath(pc: RTCPeerConnection): Promise<void> {
    const report = await pc.getStats();
    if (pc !== this.#pc) return;
    this.#media = mediaCount(report);
    this.#flightMs = flightMs(report);
    this.vitals = this.#liveness.feel(Date.now(), pathCount(report));
    this.#judge(pc, this.vitals);
  }

  #judge(pc: RTCPeerConnection, vitals: Vitals): void {
    const connected = pc.connectionState === 'connected';
    if (isBroken(vitals, connected, this.#options.expected())) this.#repair();
    else if (connected && this.phase === 'repairing') this.#mended();
  }

  /** Keeps a connection that was shown beside the next one. */
  #setAside(): void {
    const [pc, session, tracks] = [this.#pc, this.#session, this.tracks];
    if (pc === null || !session || tracks === null || tracks !== this.#own) return;
    this.#former = { pc, session, receivers: this.receivers, tracks, media: this.#media };
    [this.#pc, this.#session] = [null, ''];
  }

  #revive(former: Former): void {
    this.#drop();
    this.#former = null;
    [this.#pc, this.#session, this.#own] = [former.pc, former.session, former.tracks];
    this.receivers = former.receivers;
    this.#liveness = new Liveness(Date.now());
    this.buffer.restart();
    this.#looks = setInterval(() => void this.#look(former.pc), LOOK_EVERY_MS);
    this.#mended();
  }

  /**
   * First an ICE restart, which keeps keys and buffers and finds another network. If that is not
   * answered, a new connection as soon as the server can be reached; what lives first, counts.
   */
  #repair(): void {
    if (this.phase !== 'live') return;
    this.brokenSinceMs = Date.now() - (this.vitals?.pathSilentMs ?? 0) - this.#flightMs;
    this.#become('repairing', null);
    this.repairs = 1;
    this.#after(RESTART_WITHIN_MS, () => this.#knock());
    const pc = this.#pc;
    if (pc === null) return;
    this.#restart(pc).catch(() => {
      if (pc === this.#pc && this.phase === 'repairing') this.#knock();
    });
  }

  #knock(): void {
    this.#knocking.start(() => void this.#connect(true));
  }

  #restart(pc: RTCPeerConnection): Promise<void> {
    const { grant, sound, iceServers } = this.#options;
    return restartIce(pc, this.#session, grant(), sound, iceServers());
  }

  #mended(): void {
    clearTimeout(this.#timer);
    this.#knocking.stop();
    this.#giveUpFormer();
    this.tracks = this.#own;
    this.brokenSinceMs = null;
    this.repairs = 0;
    if (this.phase !== 'live') this.#become('live', null);
  }

  #failed(error: unknown): void {
    const cause = error instanceof ApiError ? error : new ApiError(0, UNREACHABLE);
    if (PASSING.includes(cause.status)) this.#again(cause.error);
    else {
      this.#drop();
      this.#giveUpFormer();
      this.#become('refused', cause.error);
    }
  }

  #again(error: ErrorBody): void {
    this.#drop();
    this.repairs += 1;
    if (this.tracks !== null) this.brokenSinceMs ??= Date.now();
    this.#become(this.tracks ? 'repairing' : 'connecting', error);
    this.#after(backoffMs(this.#attempt), () => this.#knock());
    this.#attempt += 1;
  }

  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #drop(isLeaving = false): void {
    clearTimeout(this.#timer);
    clearInterval(this.#looks);
    this.#knocking.stop();
    const [pc, session] = [this.#pc, this.#session];
    [this.#pc, this.#session, this.#own] = [null, '', null];
    pc?.close();
    if (session) void endSession(session, this.#options.grant(), isLeaving);
  }

  #giveUpFormer(isLeaving = false): void {
    const former = this.#former;
    this.#former = null;
    former?.pc.close();
    if (former !== null) void endSession(former.session, this.#options.grant(), isLeaving);
  }

  #become(phase: SubscriberPhase, error: ErrorBody | null): void {
    this.phase = phase;
    this.error = error;
    this.#options.changed(this);
  }
}

function bufferSigns({ atMs, flows }: Sight, roundTripMs: number | null): BufferSigns {
  const sum = (name: keyof FlowCounters) =>
    SLOTS.reduce((total, slot) => total + flows[slot][name], 0);
  return {
    atMs,
    roundTripMs,
    lost: sum('packetsLost'),
    voicePackets: flows.voice.packets + flows.stageVoice.packets,
    concealed: sum('concealedSamples') - sum('silentSamples'),
    samples: sum('totalSamples'),
    freezes: sum('freezes'),
  };
}

/** What browsers take by themselves. */
const ECDSA: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };

/** None where the browser can't: each connection has one of its own then. */
async function ownCertificate(): Promise<RTCCertificate[] | undefined> {
  try {
    return [await RTCPeerConnection.generateCertificate(ECDSA)];
  } catch {
    return undefined;
  }
}

/** `jitterBufferTarget`, or what Chrome 80 has in its place. */
function applyBuffer(receiver: RTCRtpReceiver, bufferMs: number): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = bufferMs;
  else if ('playoutDelayHint' in receiver)
    Object.assign(receiver, { playoutDelayHint: bufferMs / 1000 });
}
