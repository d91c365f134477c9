import type { LessonStore } from '$kit/store/lesson.svelte';
import { newConnection } from '$rtc/relays';
import type { Subscriber } from '$rtc/subscriber';
import { answerOf } from './invitation';

/** Agreed beforehand, so that it needs no handshake of its own; nothing is sent again by itself. */
const CHANNEL = { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 };

/** Called with the lane that it happened to, and never after its `close`. */
export interface LaneListener {
  opened: (lane: Lane) => void;
  received: (lane: Lane, data: string | ArrayBuffer) => void;
  failed: (lane: Lane) => void;
}

/** One try to open a data channel, and the channel if it comes about. */
export class Lane {
  readonly #pc: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  #isClosed = false;

  constructor(
    store: Pick<LessonStore, 'iceServers'>,
    subscriber: Pick<Subscriber, 'way' | 'answer' | 'certificates'>,
    readonly number: number,
    listener: LaneListener,
  ) {
    const { way, answer, certificates } = subscriber;
    this.#pc = newConnection(store.iceServers, way === 'relay', certificates);
    this.#channel = this.#pc.createDataChannel('events', CHANNEL);
    this.#channel.binaryType = 'arraybuffer';
    const tell = (what: 'opened' | 'failed') => this.#isClosed || listener[what](this);
    this.#channel.onopen = () => tell('opened');
    this.#channel.onclose = () => tell('failed');
    this.#channel.onmessage = ({ data }) => {
      if (!this.#isClosed) listener.received(this, data as string | ArrayBuffer);
    };
    this.#pc.onconnectionstatechange = () =>
      this.#pc.connectionState === 'failed' && tell('failed');
    this.#begin(answer).catch(() => tell('failed'));
  }

  /** No request: whoever is there says so by the channel itself. */
  async #begin(answer: string): Promise<void> {
    const offer = await this.#pc.createOffer();
    await this.#pc.setLocalDescription(offer);
    const sdp = answerOf(answer, offer.sdp ?? '', this.number);
    await this.#pc.setRemoteDescription({ type: 'answer', sdp });
  }

  /** Says it once; false when it is not open, or what was said before still waits. */
  say(word: object): boolean {
    if (this.#channel.readyState !== 'open' || this.#channel.bufferedAmount > 0) return false;
    this.#channel.send(JSON.stringify(word));
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#pc.close();
  }
}
