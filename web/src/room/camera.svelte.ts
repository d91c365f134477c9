import { closeStream, openDevices, ROOM_CAMERA, type DeviceFault } from '$rtc/devices';

const LOOK_AGAIN_MS = 10_000;

/**
 * The room's camera and microphone: opened once when a lesson is near, closed after it. The voice
 * track is off until the stage switches it on. A camera that was missing or busy is tried again.
 */
export class RoomCamera {
  stream = $state.raw<MediaStream | null>(null);
  cameraFault = $state<DeviceFault | null>(null);
  microphoneFault = $state<DeviceFault | null>(null);
  #wanted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get videoTrack(): MediaStreamTrack | null {
    return this.stream?.getVideoTracks()[0] ?? null;
  }

  get audioTrack(): MediaStreamTrack | null {
    return this.stream?.getAudioTracks()[0] ?? null;
  }

  open(): void {
    if (this.#wanted) return;
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
    const opened = await openDevices({ video: ROOM_CAMERA, audio: {} });
    for (const track of opened.stream.getAudioTracks()) track.enabled = false;
    if (!this.#wanted) {
      closeStream(opened.stream);
      return;
    }
    closeStream(this.stream);
    this.stream = opened.stream;
    this.cameraFault = opened.camera;
    this.microphoneFault = opened.microphone;
    for (const track of opened.stream.getTracks()) track.onended = () => this.#later();
    if (opened.camera === 'missing' || opened.camera === 'busy') this.#later();
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wanted && void this.#open(), LOOK_AGAIN_MS);
  }
}
