import { CheckRun } from './run.svelte';

type Camera = () => MediaStreamTrack | null;

const AGAIN_AFTER_MS = 150_000;
const MOST_TRIES = 3;

/** Checks that the page makes by itself: each once, and again a little later while it is refused. */
class Unattended {
  #run: CheckRun | null = null;
  #slot = '';
  #tries = 0;
  #triedMs = 0;

  /** This one is due now. */
  follow(slot: string, nowMs: number, camera: Camera): void {
    if (this.#run !== null) return;
    if (slot !== this.#slot) [this.#slot, this.#tries] = [slot, 0];
    const isTooSoon = this.#tries > 0 && nowMs - this.#triedMs < AGAIN_AFTER_MS;
    if (this.#tries >= MOST_TRIES || isTooSoon) return;
    this.#tries += 1;
    this.#triedMs = nowMs;
    void this.#go(new CheckRun({ slot, camera }));
  }

  stop(): void {
    this.#run?.close();
    this.#run = null;
  }

  async #go(run: CheckRun): Promise<void> {
    this.#run = run;
    const view = await run.run();
    if (view !== null) this.#tries = MOST_TRIES;
    if (this.#run === run) this.#run = null;
  }
}

export const unattended = new Unattended();
