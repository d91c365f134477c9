import {
  closeStream,
  openDevices,
  ROOM_CAMERA,
  type DeviceFault,
  type OpenedDevices,
} from '$rtc/devices';
import type { Sound } from '$rtc/stereo';

const LOOK_AGAIN_MS = 10_000;

/**
 * The room's camera and microphone: opened once when a lesson is near, closed after it. The voice
 * track is off until the stage switches it on. What was missing or busy is tried again, and what
 * works meanwhile is not given up for that.
 */
export class RoomCamera {
  stream = $state.raw<MediaStream | null>(null);
  cameraFault = $state<DeviceFault | null>(null);
  microphoneFault = $state<DeviceFault | null>(null);
  #wanted = false;
  #sound: Sound = 'speech';
  #timer: ReturnType<typeof setTimeout> | undefined;

  get videoTrack(): MediaStreamTrack | null {
    return this.stream?.getVideoTracks()[0] ?? null;
  }

  get audioTrack(): MediaStreamTrack | null {
    return this.stream?.getAudioTracks()[0] ?? null;
  }

  /** `sound`: what the lesson's microphones are for. */
  open(sound: Sound): void {
    if (this.#wanted && sound === this.#sound) return;
    if (this.#wanted) this.close();
    this.#sound = sound;
    this.#wanted = true;
    void this.#open();
  }

  close(): void {
    this.#wanted = false;
    clearTimeout(this.#timer);
    closeStream(this.stream);
    this.stream = null;
  }

  /** Lets our voice out, or not. */
  speak(isOn: boolean): void {
    if (this.audioTrack) this.audioTrack.enabled = isOn;
  }

  async #open(): Promise<void> {
    const opened = await openDevices({ video: ROOM_CAMERA, audio: { sound: this.#sound } });
    for (const track of opened.stream.getAudioTracks()) track.enabled = false;
    if (!this.#wanted || (this.stream !== null && working(opened.stream) <= working(this.stream)))
      closeStream(opened.stream);
    else this.#adopt(opened);
    if (this.#wanted && [opened.camera, opened.microphone].some(mayPass)) this.#later();
  }

  #adopt({ stream, camera, microphone }: OpenedDevices): void {
    closeStream(this.stream);
    this.stream = stream;
    this.cameraFault = camera;
    this.microphoneFault = microphone;
    for (const track of stream.getTracks()) track.onended = () => this.#lost(track.kind);
  }

  #lost(kind: string): void {
    if (kind === 'video') this.cameraFault = 'missing';
    else this.microphoneFault = 'missing';
    this.#later();
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wanted && void this.#open(), LOOK_AGAIN_MS);
  }
}

function working(stream: MediaStream): number {
  return stream.getTracks().filter((track) => track.readyState === 'live').length;
}

/** Plugging in or closing another program cures it; the others need a person at the browser. */
function mayPass(fault: DeviceFault | null): boolean {
  return fault === 'missing' || fault === 'busy';
}
