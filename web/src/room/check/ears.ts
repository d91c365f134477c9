import { closeStream, faultOf, type DeviceFault } from '$rtc/devices';
import { NOTES_HZ, type Spectrum } from './hearing';

const NOTE_S = 0.4;
const SONG_S = 12;
const LOUDNESS = 0.35;
const LOOK_EVERY_MS = 100;
const BINS = 2_048;

/**
 * The test sound as a track to send, and the room's microphone as it is: without the browser's echo
 * removal, which takes out just what is listened for. What it hears stays here.
 */
export class Ears {
  fault: DeviceFault | null = null;
  readonly voice: MediaStreamTrack | null;
  readonly #context = new AudioContext();
  readonly #analyser = this.#context.createAnalyser();
  readonly #tone = this.#context.createOscillator();
  readonly #gain = this.#context.createGain();
  #stream: MediaStream | null = null;
  #isClosed = false;

  constructor() {
    const out = this.#context.createMediaStreamDestination();
    this.#gain.gain.value = 0;
    this.#tone.connect(this.#gain).connect(out);
    this.#tone.start();
    this.#analyser.fftSize = 2 * BINS;
    this.#analyser.smoothingTimeConstant = 0.2;
    this.voice = out.stream.getAudioTracks()[0] ?? null;
  }

  get hertzPerBin(): number {
    return this.#context.sampleRate / (2 * BINS);
  }

  /** Whether sound is worked on at all: browsers wait for a touch. */
  async isAwake(): Promise<boolean> {
    await Promise.race([this.#context.resume(), pause(1_000)]);
    return this.#context.state === 'running';
  }

  /** Opens the microphone; says in `fault` what is in the way. */
  async open(): Promise<void> {
    if (typeof navigator.mediaDevices?.getUserMedia !== 'function') {
      this.fault = 'insecure';
      return;
    }
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
      // Somebody may have answered the browser's question after the end.
      if (this.#isClosed) return closeStream(stream);
      this.#stream = stream;
      this.#context.createMediaStreamSource(stream).connect(this.#analyser);
    } catch (error) {
      this.fault = faultOf(error);
    }
  }

  /** How loud the room was at its loudest, 0 to 1. */
  async loudest(forMs: number): Promise<number> {
    const wave = new Float32Array(2 * BINS);
    let most = 0;
    for (const endMs = Date.now() + forMs; Date.now() < endMs; await pause(LOOK_EVERY_MS)) {
      this.#analyser.getFloatTimeDomainData(wave);
      most = wave.reduce((loud, value) => Math.max(loud, Math.abs(value)), most);
    }
    return most;
  }

  /** Looks at what is heard, until `isEnough` or the time is over. */
  async listen(
    forMs: number,
    isEnough: (spectra: Spectrum[]) => boolean = () => false,
  ): Promise<Spectrum[]> {
    const spectra: Spectrum[] = [];
    for (const endMs = Date.now() + forMs; Date.now() < endMs; await pause(LOOK_EVERY_MS)) {
      const spectrum = new Float32Array(BINS);
      this.#analyser.getFloatFrequencyData(spectrum);
      spectra.push(spectrum);
      if (isEnough(spectra)) break;
    }
    return spectra;
  }

  /** Lets the test sound out into the track. */
  sing(): void {
    const nowS = this.#context.currentTime;
    for (let s = 0; s < SONG_S; s += NOTE_S) {
      const note = NOTES_HZ[Math.round(s / NOTE_S) % NOTES_HZ.length] ?? NOTES_HZ[0];
      this.#tone.frequency.setValueAtTime(note, nowS + s);
    }
    this.#gain.gain.setTargetAtTime(LOUDNESS, nowS, 0.02);
  }

  hush(): void {
    this.#gain.gain.setTargetAtTime(0, this.#context.currentTime, 0.02);
  }

  close(): void {
    this.#isClosed = true;
    closeStream(this.#stream);
    this.voice?.stop();
    void this.#context.close();
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
