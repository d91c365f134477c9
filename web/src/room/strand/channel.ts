import { ApiError } from '$kit/api';
import type { Heard, LessonEvent } from '$kit/protocol/schema';
import type { LessonStore } from '$kit/store/lesson.svelte';
import { openSession } from '$rtc/negotiation';
import { newConnection } from '$rtc/relays';
import { Holes } from './holes';

/** Agreed beforehand, so that it needs no handshake of its own; nothing is sent again by itself. */
const CHANNEL = { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 };
const OPEN_WITHIN_MS = 25_000;
/** The server is asked again while no answer has come, by connections of their own. */
const ASK_AFTER_MS = [0, 2_000, 5_000];
/** Tries in a row that brought nothing. */
const MOST_FAILURES = 4;
const AGAIN_AFTER_MS = 1_000;
/** The server said no: it may not have seen enough of the link yet. */
const AGAIN_AFTER_NO_MS = 4_000;
const LOOK_EVERY_MS = 250;
/** The server takes us for gone after five of these. */
const SAY_EVERY_MS = 2_000;
const SAY_APART_MS = 100;

/**
 * The lesson's events once more, over a data channel that never waits for what was lost: the server
 * says them again and again until we say that we have them.
 */
export class EventChannel {
  isGivenUp = false;
  /** Events come. */
  isOpen = false;
  #pc: RTCPeerConnection | null = null;
  #channel: RTCDataChannel | null = null;
  #holes: Holes;
  readonly #looks: ReturnType<typeof setInterval>;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #saidAtMs = 0;
  #saidSeq = -1;

  constructor(
    private readonly endpoint: string,
    private readonly store: LessonStore,
    /** The media come by a relay: nothing else was found before. */
    private readonly isRelayed: boolean,
  ) {
    this.#holes = new Holes(store);
    this.#looks = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#connect();
  }

  close(): void {
    clearInterval(this.#looks);
    this.#drop();
  }

  #connect(): void {
    const pc = newConnection(this.store.iceServers, this.isRelayed);
    const channel = pc.createDataChannel('events', CHANNEL);
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => this.#opened(channel);
    channel.onmessage = ({ data }) => void this.#received(pc, data as string | ArrayBuffer);
    channel.onclose = () => this.#failed(pc);
    pc.onconnectionstatechange = () => pc.connectionState === 'failed' && this.#failed(pc);
    this.#pc = pc;
    this.#deadline = setTimeout(() => this.#failed(pc), OPEN_WITHIN_MS);
    for (const afterMs of ASK_AFTER_MS) setTimeout(() => void this.#ask(pc, afterMs > 0), afterMs);
  }

  /** One answer is enough: requests wait for TCP as long as events do, each on its own. */
  async #ask(pc: RTCPeerConnection, isAfterCut: boolean): Promise<void> {
    if (pc !== this.#pc || pc.remoteDescription !== null) return;
    try {
      await openSession(pc, this.endpoint, this.store.grant, 'speech', { isAfterCut });
    } catch (error) {
      const isNo = error instanceof ApiError && error.status >= 400 && error.status < 500;
      if (isNo) this.#failed(pc, AGAIN_AFTER_NO_MS);
    }
  }

  #opened(channel: RTCDataChannel): void {
    clearTimeout(this.#deadline);
    this.#channel = channel;
    this.#say();
  }

  async #received(pc: RTCPeerConnection, data: string | ArrayBuffer): Promise<void> {
    const events = JSON.parse(typeof data === 'string' ? data : await unpacked(data)) as object[];
    if (pc !== this.#pc) return; // over meanwhile
    this.#failures = 0;
    this.isOpen = true;
    this.#holes.take(events as LessonEvent[]);
    this.#look(true);
  }

  /** Says how far we are, when that is news to the server or it should know that we are here. */
  #look(isAsked = false): void {
    this.#holes.fill();
    const sinceMs = Date.now() - this.#saidAtMs;
    const isNews = isAsked || this.store.state?.seq !== this.#saidSeq;
    if (sinceMs >= (isNews ? SAY_APART_MS : SAY_EVERY_MS)) this.#say();
  }

  #say(): void {
    const [channel, heard] = [this.#channel, this.store.state?.seq];
    // What still waits says less than we know by now.
    if (channel?.readyState !== 'open' || channel.bufferedAmount > 0 || heard === undefined) return;
    [this.#saidAtMs, this.#saidSeq] = [Date.now(), heard];
    const word: Heard = { heard, packed: typeof DecompressionStream !== 'undefined' };
    channel.send(JSON.stringify(word));
  }

  #failed(pc: RTCPeerConnection, againMs = AGAIN_AFTER_MS): void {
    if (pc !== this.#pc) return;
    this.#drop();
    this.#failures += 1;
    if (this.#failures >= MOST_FAILURES) {
      this.isGivenUp = true;
      this.close();
    } else this.#deadline = setTimeout(() => this.#connect(), againMs);
  }

  #drop(): void {
    clearTimeout(this.#deadline);
    const pc = this.#pc;
    [this.#pc, this.#channel, this.isOpen] = [null, null, false];
    this.#holes = new Holes(this.store);
    pc?.close();
  }
}

function unpacked(data: ArrayBuffer): Promise<string> {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).text();
}
