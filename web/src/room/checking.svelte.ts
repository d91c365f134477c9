import { importUntilHere } from '$kit/lazy';
import type { CheckSlot } from '$kit/protocol/schema';

type Parts = typeof import('./check/lazy');
type Camera = () => MediaStreamTrack | null;

/** A person who asked waits so long for the code of the check; nothing starts by itself later. */
const WAITS_S = 10;

/** The room's check: asked for by a person, or due by itself; its code comes when it is needed. */
export class Checking {
  /** A person asked for it. */
  isOpen = $state(false);
  parts = $state.raw<Parts | null>(null);
  #waitedS = 0;
  #isLoading = false;

  /** It fills the screen. */
  get shown(): Parts | null {
    return this.isOpen ? this.parts : null;
  }

  /** What its button says. */
  get words(): 'check' | 'wait.link.lost' | 'check.lost' {
    if (this.isOpen) return 'wait.link.lost';
    return this.parts || this.#waitedS < WAITS_S ? 'check' : 'check.lost';
  }

  open(): void {
    this.isOpen = true;
    this.#waitedS = 0;
    this.parts?.unattended.stop();
    this.#load();
  }

  /** Once a second. A lesson comes before every check; a check of a person before one of its own. */
  follow(slots: readonly CheckSlot[], nowMs: number, isFree: boolean, camera: Camera): void {
    const due = slots.filter(({ from_ms, until_ms }) => from_ms <= nowMs && nowMs < until_ms);
    if (this.isOpen && !this.parts) this.#waitedS += 1;
    if (!isFree || (!this.parts && this.#waitedS >= WAITS_S)) this.isOpen = false;
    if (isFree && due.length > 0 && !this.isOpen) {
      this.#load();
      this.parts?.unattended.follow(due, nowMs, camera);
    } else if (!isFree) this.parts?.unattended.stop();
  }

  /** Once it was wanted it comes, however late; it starts nothing. */
  #load(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    void importUntilHere<Parts>({
      first: () => import('./check/lazy'),
      anew: (url) => import(/* @vite-ignore */ url) as Promise<Parts>,
      isOver: () => false,
    }).then((parts) => (this.parts = parts));
  }
}
