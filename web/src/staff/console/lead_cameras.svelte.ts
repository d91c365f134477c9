/** The lead room's cameras as the server tells them, and small pictures of them to choose by. */

import { ApiError, UNREACHABLE } from '$kit/api';
import { backoffMs } from '$kit/protocol/backoff';
import type { CamerasView, ServerMessage } from '$kit/protocol/schema';
import { preferCodecs } from '$rtc/codecs';
import { endSession, openSession } from '$rtc/negotiation';
import { newConnection } from '$rtc/relays';

export type CameraId = 'camera2' | 'camera3' | 'camera4';
const CAMERA_IDS: readonly CameraId[] = ['camera2', 'camera3', 'camera4'];
/** Lead, screen and stage: the m-lines before those of cameras. */
const OTHER_PICTURES = 3;
const CONNECT_WITHIN_MS = 12_000;

interface Access {
  endpoint: string;
  grant: () => string;
  iceServers: () => RTCIceServer[];
}

export class LeadCameras {
  view = $state.raw<CamerasView>({ program: 'camera1', cameras: [], fallback: null });
  /** What to show of each; black until something came. */
  streams = $state.raw<Partial<Record<CameraId, MediaStream>>>({});
  #access: Access | null = null;
  #pc: RTCPeerConnection | null = null;
  #session = '';
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  hear(message: ServerMessage): void {
    if (message.type === 'snapshot' || message.type === 'cameras_changed') {
      this.view = message.cameras;
      this.#follow();
    }
  }

  /** How previews are to be had; idempotent. They are asked for while there is a camera. */
  open(access: Access): void {
    this.#access ??= access;
    this.#follow();
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #follow(): void {
    const isWanted = this.view.cameras.length > 0 && !this.#isClosed;
    if (!isWanted) this.#drop();
    else if (this.#pc === null && this.#access) void this.#connect(this.#access);
  }

  async #connect(access: Access): Promise<void> {
    clearTimeout(this.#timer);
    const pc = newConnection(access.iceServers(), this.#attempt > 0);
    this.#pc = pc;
    pc.addTransceiver('audio', { direction: 'recvonly' }); // the first m-line carries the bundle
    for (let place = 0; place < OTHER_PICTURES; place += 1)
      pc.addTransceiver('video', { direction: 'inactive' });
    const streams: Partial<Record<CameraId, MediaStream>> = {};
    for (const id of CAMERA_IDS) {
      const transceiver = pc.addTransceiver('video', { direction: 'recvonly' });
      preferCodecs(transceiver);
      streams[id] = new MediaStream([transceiver.receiver.track]);
    }
    pc.onconnectionstatechange = () => this.#moved(pc);
    this.#timer = setTimeout(() => this.#again(), CONNECT_WITHIN_MS);
    try {
      const session = await openSession(pc, access.endpoint, access.grant());
      if (this.#pc !== pc) return await endSession(session, access.grant());
      this.#session = session;
      this.streams = streams;
      this.#moved(pc);
    } catch (error) {
      const { status } = error instanceof ApiError ? error : new ApiError(0, UNREACHABLE);
      // Names and states are there without pictures: a refusal is not worth a word.
      if (this.#pc === pc && (status === 0 || status >= 429)) this.#again();
    }
  }

  #moved(pc: RTCPeerConnection): void {
    if (pc !== this.#pc) return;
    if (pc.connectionState === 'connected') {
      clearTimeout(this.#timer);
      this.#attempt = 0;
    }
    if (pc.connectionState === 'failed') this.#again();
  }

  #again(): void {
    this.#drop();
    const waitMs = backoffMs(this.#attempt);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#follow(), waitMs);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const [pc, session] = [this.#pc, this.#session];
    [this.#pc, this.#session] = [null, ''];
    this.streams = {};
    pc?.close();
    if (session && this.#access) void endSession(session, this.#access.grant());
  }
}
