import { fetchWithin } from '$kit/api';
import { StillPace, type StillForm } from './still_pace';

const SHAPE = 16 / 9;
const QUALITIES = [0.7, 0.5, 0.3];

/**
 * Sends a small still of our camera every few seconds, for the teacher's wall; smaller ones, and
 * fewer, where the uplink is thin.
 */
export class Stills {
  readonly #canvas = document.createElement('canvas');
  readonly #video = document.createElement('video');
  readonly #pace = new StillPace();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(
    private readonly path: string,
    private readonly grant: () => string,
    private readonly track: () => MediaStreamTrack | null,
  ) {
    this.#video.muted = true;
    this.#later();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#video.srcObject = null;
  }

  /** One at a time: on a slow link a still is left out rather than queued. */
  #later(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#send().finally(() => this.#later()), this.#everyMs);
  }

  get #everyMs(): number {
    return this.#pace.form.everyMs;
  }

  async #send(): Promise<void> {
    if (!(await this.#isWatching())) return;
    const still = await this.#draw(this.#pace.form);
    if (still !== null && !this.#isClosed) await this.#put(still);
  }

  async #isWatching(): Promise<boolean> {
    const track = this.track();
    const shown = this.#video.srcObject instanceof MediaStream ? this.#video.srcObject : null;
    if (track === null) return false;
    if (shown?.getTracks()[0] !== track) this.#video.srcObject = new MediaStream([track]);
    if (this.#video.paused) await this.#video.play().catch(() => undefined);
    return this.#video.videoWidth > 0;
  }

  async #draw({ width, mostBytes }: StillForm): Promise<Blob | null> {
    const { videoWidth, videoHeight } = this.#video;
    const cropped = Math.min(videoHeight, videoWidth / SHAPE);
    const top = (videoHeight - cropped) / 2;
    const height = Math.round(width / SHAPE);
    if (this.#canvas.width !== width) Object.assign(this.#canvas, { width, height });
    const pen = this.#canvas.getContext('2d');
    pen?.drawImage(this.#video, 0, top, videoWidth, cropped, 0, 0, width, height);
    for (const quality of QUALITIES) {
      const still = await new Promise<Blob | null>((resolve) =>
        this.#canvas.toBlob(resolve, 'image/jpeg', quality),
      );
      if (still !== null && still.size <= mostBytes) return still;
    }
    return null;
  }

  async #put(still: Blob): Promise<void> {
    const headers = { Authorization: `Bearer ${this.grant()}`, 'Content-Type': 'image/jpeg' };
    const began = Date.now();
    try {
      await fetchWithin(this.path, { method: 'PUT', headers, body: still }, 10_000);
      this.#pace.sent(Date.now() - began);
    } catch {
      // The next one is seconds away; the wall shows how old a still is.
      this.#pace.sent(null);
    }
  }
}
