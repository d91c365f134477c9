import { importUntilHere } from '$kit/lazy';
import type { CheckSlot } from '$kit/protocol/schema';

type Parts = typeof import('./check/lazy');
type Camera = () => MediaStreamTrack | null;

/** The room's check: asked for by a person, or due by itself; its code comes when it is needed. */
export class Checking {
  /** It fills the screen as soon as its code is here. */
  isOpen = $state(false);
  parts = $state.raw<Parts | null>(null);

  open(): void {
    this.isOpen = true;
    this.parts?.unattended.stop();
    void this.#load();
  }

  /** Once a second. A lesson comes before every check; a check of a person before one of its own. */
  follow(slots: readonly CheckSlot[], nowMs: number, isFree: boolean, camera: Camera): void {
    const due = slots.find(({ from_ms, until_ms }) => from_ms <= nowMs && nowMs < until_ms);
    if (!isFree) this.isOpen = false;
    if (isFree && due !== undefined && !this.isOpen) {
      void this.#load();
      this.parts?.unattended.follow(due.slot, nowMs, camera);
    } else if (!isFree) this.parts?.unattended.stop();
  }

  async #load(): Promise<void> {
    this.parts ??= await importUntilHere<Parts>({
      first: () => import('./check/lazy'),
      anew: (url) => import(/* @vite-ignore */ url) as Promise<Parts>,
      isOver: () => false,
    });
  }
}
