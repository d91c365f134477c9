import { fetchWithin } from '$kit/api';

const WIDTH = 160;
const HEIGHT = 90;
const EVERY_MS = 4_000;
const MOST_BYTES = 8_192;
const QUALITIES = [0.7, 0.5, 0.3];

/** Sends a small still of our camera every few seconds, for the teacher's wall. */
export class Stills {
  readonly #canvas = document.createElement('canvas');
  readonly #video = document.createElement('video');
  readonly #timer: ReturnType<typeof setInterval>;
  #isBusy = false;

  constructor(
    private readonly path: string,
    private readonly grant: () => string,
    private readonly track: () => MediaStreamTrack | null,
  ) {
    this.#canvas.width = WIDTH;
    this.#canvas.height = HEIGHT;
    this.#video.muted = true;
    this.#timer = setInterval(() => void this.#send(), EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#video.srcObject = null;
  }

  /** One at a time: on a slow link a still is left out rather than queued. */
  async #send(): Promise<void> {
    if (this.#isBusy || !(await this.#isWatching())) return;
    this.#isBusy = true;
    try {
      const still = await this.#draw();
      if (still !== null) await this.#put(still);
    } finally {
      this.#isBusy = false;
    }
  }

  async #isWatching(): Promise<boolean> {
    const track = this.track();
    const shown = this.#video.srcObject instanceof MediaStream ? this.#video.srcObject : null;
    if (track === null) return false;
    if (shown?.getTracks()[0] !== track) this.#video.srcObject = new MediaStream([track]);
    if (this.#video.paused) await this.#video.play().catch(() => undefined);
    return this.#video.videoWidth > 0;
  }

  async #draw(): Promise<Blob | null> {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const cropped = Math.min(height, (width * HEIGHT) / WIDTH);
    const top = (height - cropped) / 2;
    const pen = this.#canvas.getContext('2d');
    pen?.drawImage(this.#video, 0, top, width, cropped, 0, 0, WIDTH, HEIGHT);
    for (const quality of QUALITIES) {
      const still = await new Promise<Blob | null>((resolve) =>
        this.#canvas.toBlob(resolve, 'image/jpeg', quality),
      );
      if (still !== null && still.size <= MOST_BYTES) return still;
    }
    return null;
  }

  async #put(still: Blob): Promise<void> {
    const headers = { Authorization: `Bearer ${this.grant()}`, 'Content-Type': 'image/jpeg' };
    try {
      await fetchWithin(this.path, { method: 'PUT', headers, body: still }, 10_000);
    } catch {
      // The next one is four seconds away; the wall shows how old a still is.
      return;
    }
  }
}
