import type { Sound } from './stereo';

/** Why a camera, microphone or screen could not be opened. */
export type DeviceFault = 'insecure' | 'denied' | 'missing' | 'busy' | 'failed';

/** What was opened; a part that failed says why, and the rest works. */
export interface OpenedDevices {
  stream: MediaStream;
  camera: DeviceFault | null;
  microphone: DeviceFault | null;
}

export interface DeviceWish {
  /** Picture to ask for; null for none. The browser gives the nearest it can. */
  video: { width: number; height: number; frameRate?: number; deviceId?: string } | null;
  audio: { deviceId?: string; sound?: Sound } | null;
}

/** A room's camera: enough for two layers, light enough for an old board. */
export const ROOM_CAMERA = { width: 640, height: 480, frameRate: 15 };
/** A teacher's camera: 3 layers. Pages crop it to 3:4. */
export const TEACHER_CAMERA = { width: 1280, height: 720, frameRate: 25 };

const SCREEN_FPS = 15;

/**
 * Opens camera and microphone together; when that fails, each alone, so that a missing camera
 * doesn't cost the voice. Never raises.
 */
export async function openDevices(wish: DeviceWish): Promise<OpenedDevices> {
  const both = await open(wish);
  if (both instanceof MediaStream) return { stream: both, camera: null, microphone: null };
  const camera = wish.video ? await open({ video: wish.video, audio: null }) : null;
  const microphone = wish.audio ? await open({ video: null, audio: wish.audio }) : null;
  const opened = [camera, microphone].filter((part) => part instanceof MediaStream);
  return {
    stream: new MediaStream(opened.flatMap((part) => part.getTracks())),
    camera: typeof camera === 'string' ? camera : null,
    microphone: typeof microphone === 'string' ? microphone : null,
  };
}

/** Opens a shared screen of at most 1080p. Must be called from a click. Never raises. */
export async function openScreen(): Promise<MediaStream | DeviceFault> {
  if (typeof navigator.mediaDevices?.getDisplayMedia !== 'function') return 'insecure';
  const video = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: SCREEN_FPS } };
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video, audio: false });
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail';
    return stream;
  } catch (error) {
    return faultOf(error);
  }
}

/** Cameras, microphones and speakers, with names once a permission was given. */
export async function listDevices(): Promise<MediaDeviceInfo[]> {
  return (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
}

/** Ends every track of a stream: the camera's lamp goes out. */
export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** What a stream holds, as one text to compare; a publication keeps its kinds for life. */
export function kindsOf(stream: MediaStream | null): string {
  const tracks = stream?.getTracks() ?? [];
  return tracks
    .map(({ kind }) => kind)
    .sort()
    .join(' ');
}

/** The reason in our words (names of W3C Media Capture §10, old Chrome names too). */
export function faultOf(error: unknown): DeviceFault {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (['NotAllowedError', 'SecurityError', 'PermissionDeniedError'].includes(name)) return 'denied';
  if (['NotFoundError', 'OverconstrainedError'].includes(name)) return 'missing';
  return ['NotReadableError', 'AbortError', 'TrackStartError'].includes(name) ? 'busy' : 'failed';
}

async function open(wish: DeviceWish): Promise<MediaStream | DeviceFault> {
  if (typeof navigator.mediaDevices?.getUserMedia !== 'function') return 'insecure';
  try {
    return await navigator.mediaDevices.getUserMedia(constraints(wish));
  } catch (error) {
    return faultOf(error);
  }
}

function constraints({ video, audio }: DeviceWish): MediaStreamConstraints {
  return {
    audio: audio ? { ...processing(audio.sound), ...chosen(audio.deviceId) } : false,
    video: video
      ? {
          width: { ideal: video.width },
          height: { ideal: video.height },
          frameRate: { ideal: video.frameRate ?? 25 },
          ...chosen(video.deviceId),
        }
      : false,
  };
}

/** Loudspeakers stand in the same room, so the echo is always taken out. */
function processing(sound: Sound = 'speech'): MediaTrackConstraints {
  const isSpeech = sound === 'speech';
  const common = { echoCancellation: true, noiseSuppression: isSpeech, autoGainControl: isSpeech };
  return isSpeech ? common : { ...common, channelCount: { ideal: 2 } };
}

function chosen(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId ? { deviceId: { exact: deviceId } } : {};
}
