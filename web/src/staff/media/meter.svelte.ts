/** How loud a stream is right now: data for a level display, ten times a second. */

const EVERY_MS = 100;
/** Speech is around here; below it the display stands still. */
const QUIET_DB = -52;
const LOUD_DB = -8;
/** Ten looks without sound in a row: a second. */
const SILENT_LOOKS = 10;

export class SoundMeter {
  /** 0 (quiet) to 1 (as loud as it should get). */
  level = $state(0);
  /** Whether anything was heard at all since it listens. */
  wasHeard = $state(false);
  /** Whether it has listened long enough to say that nothing is heard. */
  hasListened = $state(false);
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Listens to the voice of a stream; forgets the one before. */
  listen(stream: MediaStream): void {
    this.#stop();
    this.wasHeard = this.hasListened = false;
    const [track] = stream.getAudioTracks();
    if (!track || typeof AudioContext === 'undefined') return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let looks = 0;
    this.#context = context;
    this.#timer = setInterval(() => {
      // A context opened without a gesture sleeps; it may wake after the first click.
      if (context.state === 'suspended') void context.resume();
      analyser.getFloatTimeDomainData(samples);
      this.level = levelOf(samples);
      if (this.level > 0) this.wasHeard = true;
      looks += context.state === 'running' ? 1 : 0;
      this.hasListened = looks >= SILENT_LOOKS * 3;
    }, EVERY_MS);
  }

  close(): void {
    this.#stop();
    this.level = 0;
  }

  #stop(): void {
    clearInterval(this.#timer);
    void this.#context?.close();
    this.#context = null;
  }
}

/** Loudness of samples from -1 to 1, on a scale that the eye finds even. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibel = 10 * Math.log10(sum / samples.length + 1e-10);
  return Math.min(1, Math.max(0, (decibel - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}
