/** This device's camera, front or back, and its screen that must not go dark. */

import { closeStream, faultOf, type DeviceFault } from '$rtc/devices';

export type Facing = 'environment' | 'user';

const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25 } };

interface Sentinel {
  release(): Promise<void>;
}
/** TypeScript's DOM knows it; Chrome before 84 does not have it. */
type Wakeful = Navigator & { wakeLock?: { request(kind: 'screen'): Promise<Sentinel> } };

export class Picture {
  stream = $state.raw<MediaStream | null>(null);
  fault = $state<DeviceFault | null>(null);
  facing = $state<Facing>('environment');
  hasSides = $state(false);
  isPortrait = $state(false);
  /** The browser can't keep the screen on. */
  maySleep = $state(false);
  readonly #changed: (stream: MediaStream) => void;

  /** `isWanted`: without a link nothing is filmed. */
  constructor(isWanted: boolean, changed: (stream: MediaStream) => void) {
    this.#changed = changed;
    if (!isWanted) return;
    document.addEventListener('visibilitychange', () => void this.#keepAwake());
    void this.open();
    void this.#keepAwake();
  }

  async open(): Promise<void> {
    this.fault = null;
    // A phone opens one camera at a time.
    closeStream(this.stream);
    try {
      if (!navigator.mediaDevices?.getUserMedia) {
        this.fault = 'insecure';
        return;
      }
      const video = { ...SIZE, facingMode: { ideal: this.facing } };
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      this.stream = stream;
      for (const track of stream.getVideoTracks()) this.#watch(track);
      this.#changed(stream);
      const devices = await navigator.mediaDevices.enumerateDevices();
      this.hasSides = devices.filter(({ kind }) => kind === 'videoinput').length > 1;
    } catch (error) {
      this.fault = faultOf(error);
    }
  }

  /** The lesson is over: nothing is filmed any more. */
  close(): void {
    closeStream(this.stream);
    this.stream = null;
  }

  async flip(): Promise<void> {
    this.facing = this.facing === 'user' ? 'environment' : 'user';
    await this.open();
  }

  #watch(track: MediaStreamTrack): void {
    const { width = 16, height = 9 } = track.getSettings();
    this.isPortrait = height > width;
    track.addEventListener('ended', () => {
      if (this.stream?.getVideoTracks().includes(track)) this.fault = 'missing';
    });
  }

  /** The lock ends whenever the page is hidden. */
  async #keepAwake(): Promise<void> {
    if (document.visibilityState !== 'visible') return;
    try {
      const { wakeLock } = navigator as Wakeful;
      if (wakeLock === undefined) this.maySleep = true;
      else await wakeLock.request('screen');
    } catch {
      this.maySleep = true;
    }
  }
}
