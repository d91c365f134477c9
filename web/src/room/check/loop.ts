import type { CheckOpened } from '$kit/protocol/schema';
import { preferCodecs } from '$rtc/codecs';
import { endSession, openSession, restartIce } from '$rtc/negotiation';
import { afterHeadStart, newConnection } from '$rtc/relays';
import { availableBps, roundTripMs, wayOf, type Way } from '$rtc/stats';
import type { Look } from './arrival';
import { carriedBytes, lossBetween, type Losses, lossesOf } from './counting';

/** Several in the half second of a burst. */
const LOOK_EVERY_MS = 100;
/** Beside the test sound this fits into most links. */
const SMALL_BPS = 70_000;
const LARGE_BPS = 1_500_000;

/**
 * Media from this page to the server and back, on the way that lessons take. It opens once and is
 * never mended: a check has a minute.
 */
export class MediaLoop {
  way: Way | null = null;
  /** The least that was seen: more is a queue of our own. */
  roundTripMs: number | null = null;
  /** What the browser believes the way up takes. */
  availableBps: number | null = null;
  readonly downLooks: Look[] = [];
  readonly upLooks: Look[] = [];
  readonly #opened: CheckOpened;
  readonly #up: RTCPeerConnection;
  readonly #down: RTCPeerConnection;
  readonly #timer: ReturnType<typeof setInterval>;
  #sessions: string[] = [];
  #isClosed = false;

  constructor(opened: CheckOpened, tracks: readonly (MediaStreamTrack | null)[]) {
    this.#opened = opened;
    this.#up = newConnection(opened.ice_servers, !takesServersLater());
    this.#down = newConnection(opened.ice_servers, !takesServersLater());
    const stream = new MediaStream();
    for (const track of tracks) {
      if (track === null) continue;
      const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [stream] };
      if (track.kind === 'video') init.sendEncodings = [{ maxBitrate: SMALL_BPS }];
      const sending = this.#up.addTransceiver(track, init);
      if (track.kind === 'video') preferCodecs(sending);
    }
    this.#down.addTransceiver('audio', { direction: 'recvonly' });
    preferCodecs(this.#down.addTransceiver('video', { direction: 'recvonly' }));
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** What came back; plays once it is connected. */
  get voice(): MediaStreamTrack | null {
    return this.#down.getReceivers().find(({ track }) => track.kind === 'audio')?.track ?? null;
  }

  /** Raises ApiError where the server refuses; resolves when media may flow both ways. */
  async open(): Promise<void> {
    const { whip, whep } = this.#opened;
    await Promise.all([this.#session(this.#up, whip), this.#session(this.#down, whep)]);
    await Promise.all([connected(this.#up), connected(this.#down)]);
  }

  async #session(pc: RTCPeerConnection, endpoint: string): Promise<void> {
    const { grant, ice_servers } = this.#opened;
    const session = await openSession(pc, endpoint, grant);
    if (this.#isClosed) return endSession(session, grant);
    this.#sessions.push(session);
    afterHeadStart(pc, ice_servers, () => {
      restartIce(pc, session, grant, 'speech', ice_servers).catch(() => undefined);
    });
  }

  /** Sends as much picture as the way up takes, or little. */
  async send(how: 'large' | 'small'): Promise<void> {
    const sender = this.#up.getSenders().find((one) => one.track?.kind === 'video');
    const parameters = sender?.getParameters();
    for (const encoding of parameters?.encodings ?? [])
      encoding.maxBitrate = how === 'large' ? LARGE_BPS : SMALL_BPS;
    if (parameters) await sender?.setParameters(parameters).catch(() => undefined);
  }

  /** What was lost on the way since an earlier count. */
  async lost(before: Losses): Promise<{ down: number | null; up: number | null }> {
    return lossBetween(before, await this.losses());
  }

  async losses(): Promise<Losses> {
    return lossesOf(await this.#up.getStats(), await this.#down.getStats());
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#up.close();
    this.#down.close();
    for (const session of this.#sessions) void endSession(session, this.#opened.grant);
    this.#sessions = [];
  }

  async #look(): Promise<void> {
    if (this.#isClosed || this.#down.connectionState !== 'connected') return;
    const [up, down] = await Promise.all([this.#up.getStats(), this.#down.getStats()]);
    const atMs = performance.now();
    this.upLooks.push({ atMs, bytes: carriedBytes(up, 'bytesSent') });
    this.downLooks.push({ atMs, bytes: carriedBytes(down, 'bytesReceived') });
    this.way = wayOf(down) ?? this.way;
    this.availableBps = availableBps(up) ?? this.availableBps;
    const tripMs = roundTripMs(down);
    if (tripMs !== null) this.roundTripMs = Math.min(tripMs, this.roundTripMs ?? tripMs);
  }
}

/** Others have relays from the start: the loop is never made anew. */
function takesServersLater(): boolean {
  return 'setConfiguration' in RTCPeerConnection.prototype;
}

async function connected(pc: RTCPeerConnection): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (pc.connectionState === 'connected') resolve();
      // One that failed may come about with relays yet.
      if (pc.connectionState === 'closed') reject(new Error(pc.connectionState));
    };
    pc.onconnectionstatechange = look;
    look();
  });
}
