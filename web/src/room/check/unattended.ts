import type { CheckSlot } from '$kit/protocol/schema';
import { CheckRun } from './run.svelte';
import { Tries } from './tries';

type Camera = () => MediaStreamTrack | null;

/** Checks that the page makes by itself: each once, and again a little later while it is refused. */
class Unattended {
  #run: CheckRun | null = null;
  readonly #tries = new Tries();

  /** These are due now. */
  follow(due: readonly CheckSlot[], nowMs: number, camera: Camera): void {
    if (this.#run !== null) return;
    const slot = this.#tries.next(due, nowMs);
    if (slot !== null) void this.#go(slot, new CheckRun({ slot, camera }));
  }

  stop(): void {
    this.#run?.close();
    this.#run = null;
  }

  async #go(slot: string, run: CheckRun): Promise<void> {
    this.#run = run;
    const view = await run.run();
    if (view !== null) this.#tries.done(slot);
    if (this.#run === run) this.#run = null;
  }
}

export const unattended = new Unattended();
