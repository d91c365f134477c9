/** The teacher's camera and microphone in this browser: opened once, switched, muted, closed. */

import {
  closeStream,
  listDevices,
  openDevices,
  TEACHER_CAMERA,
  type DeviceFault,
  type DeviceWish,
} from '$rtc/devices';
import type { Sound } from '$rtc/stereo';
import { SoundMeter } from './meter.svelte';

const CAMERA_KEY = 'streamsvc.camera';
const MICROPHONE_KEY = 'streamsvc.microphone';

export interface DeviceChoice {
  id: string;
  name: string;
}

export class Camera {
  /** Null until the browser has answered once. */
  stream = $state.raw<MediaStream | null>(null);
  cameraFault = $state<DeviceFault | null>(null);
  microphoneFault = $state<DeviceFault | null>(null);
  cameras = $state.raw<DeviceChoice[]>([]);
  microphones = $state.raw<DeviceChoice[]>([]);
  cameraId = $state('');
  microphoneId = $state('');
  isMicOn = $state(true);
  isCameraOn = $state(true);
  isOpening = $state(false);
  /** What the microphone is for; set before it is opened. */
  sound: Sound = 'speech';
  readonly meter = new SoundMeter();
  #closed = false;

  readonly hasVoice = $derived(this.stream !== null && this.stream.getAudioTracks().length > 0);
  readonly hasPicture = $derived(this.stream !== null && this.stream.getVideoTracks().length > 0);

  /** Opens what was chosen last in this browser; a device that has gone gives way to any. */
  async open(): Promise<void> {
    this.isOpening = true;
    const [cameraId, microphoneId] = [recall(CAMERA_KEY), recall(MICROPHONE_KEY)];
    let opened = await openDevices(wish(cameraId, microphoneId, this.sound));
    const isGone = opened.camera === 'missing' || opened.microphone === 'missing';
    if (isGone && (cameraId || microphoneId)) {
      closeStream(opened.stream);
      opened = await openDevices(wish('', '', this.sound));
    }
    if (this.#closed) return closeStream(opened.stream);
    this.#adopt(opened.stream);
    this.cameraFault = opened.camera;
    this.microphoneFault = opened.microphone;
    this.isOpening = false;
    await this.list();
  }

  /** Chooses another camera or microphone and opens it. */
  async choose(kind: 'camera' | 'microphone', id: string): Promise<void> {
    remember(kind === 'camera' ? CAMERA_KEY : MICROPHONE_KEY, id);
    closeStream(this.stream);
    await this.open();
  }

  /** Tries again after the teacher plugged something in or allowed it. */
  async retry(): Promise<void> {
    closeStream(this.stream);
    await this.open();
  }

  async list(): Promise<void> {
    const devices = await listDevices();
    const named = (kind: MediaDeviceKind): DeviceChoice[] =>
      devices
        .filter((device) => device.kind === kind && device.deviceId)
        .map(({ deviceId, label }, index) => ({ id: deviceId, name: label || String(index + 1) }));
    this.cameras = named('videoinput');
    this.microphones = named('audioinput');
  }

  toggleMic(): void {
    this.isMicOn = !this.isMicOn;
    this.#applySwitches();
  }

  toggleCamera(): void {
    this.isCameraOn = !this.isCameraOn;
    this.#applySwitches();
  }

  close(): void {
    this.#closed = true;
    this.meter.close();
    closeStream(this.stream);
    this.stream = null;
  }

  #adopt(stream: MediaStream): void {
    // Two choices in a row open two: the lamp of the first must go out.
    closeStream(this.stream);
    this.stream = stream;
    this.cameraId = stream.getVideoTracks()[0]?.getSettings().deviceId ?? '';
    this.microphoneId = stream.getAudioTracks()[0]?.getSettings().deviceId ?? '';
    this.meter.listen(stream);
    this.#applySwitches();
    for (const track of stream.getTracks()) {
      track.addEventListener('ended', () => this.#unplugged(stream, track.kind));
    }
  }

  #unplugged(stream: MediaStream, kind: string): void {
    if (stream !== this.stream) return;
    if (kind === 'video') this.cameraFault = 'missing';
    else this.microphoneFault = 'missing';
  }

  #applySwitches(): void {
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = this.isMicOn;
    for (const track of this.stream?.getVideoTracks() ?? []) track.enabled = this.isCameraOn;
  }
}

function wish(cameraId: string, microphoneId: string, sound: Sound): DeviceWish {
  return {
    video: cameraId ? { ...TEACHER_CAMERA, deviceId: cameraId } : TEACHER_CAMERA,
    audio: microphoneId ? { deviceId: microphoneId, sound } : { sound },
  };
}

function recall(key: string): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}
