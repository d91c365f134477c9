import type { LivePlayer } from './live_player';

const RETRY_MS = 3_000;
/** So far from the teacher's sound it is moved there. */
const APART_MS = 700;
/** Moved so often at most: each time it loads anew. */
const MOVE_EVERY_MS = 4_000;

/** The teacher's shared screen, without sound, in step with the picture that has it. */
export class SharedScreen {
  isShown = $state(false);
  #element: HTMLVideoElement | null = null;
  #player: LivePlayer | null = null;
  #address: string | null = null;
  #retryAtMs = 0;
  #movedAtMs = 0;

  constructor(private readonly make: (element: HTMLVideoElement) => Promise<LivePlayer | null>) {}

  /** Plays here from now on. */
  take(element: HTMLVideoElement): void {
    this.#element = element;
  }

  /** What is shared at the position of the main picture; null: nothing. Call it often. */
  step(address: string | null, positionMs: number, isPlaying: boolean, isLow: boolean): void {
    if (address === null) {
      this.close();
      return;
    }
    this.isShown = (this.#element?.videoWidth ?? 0) > 0;
    if (address !== this.#address) void this.#open(address, isLow);
    const [player, element] = [this.#player, this.#element];
    if (player === null || element === null) return;
    if (isPlaying && element.paused) void element.play().catch(() => undefined);
    else if (!isPlaying && !element.paused) element.pause();
    this.#follow(player, element, positionMs);
  }

  failed(): void {
    this.#player?.close();
    this.#address = null;
    this.#retryAtMs = performance.now() + RETRY_MS;
  }

  close(): void {
    this.isShown = false;
    this.#player?.close();
    this.#player = null;
    this.#address = null;
  }

  async #open(address: string, isLow: boolean): Promise<void> {
    if (this.#element === null || performance.now() < this.#retryAtMs) return;
    this.#address = address;
    const player = this.#player ?? (await this.make(this.#element));
    if (player === null || this.#address !== address) return;
    this.#player = player;
    player.open(address, isLow);
  }

  #follow(player: LivePlayer, element: HTMLVideoElement, positionMs: number): void {
    const own = player.positionMs;
    const now = performance.now();
    if (own === null || now - this.#movedAtMs < MOVE_EVERY_MS) return;
    const apartMs = positionMs - own;
    if (Math.abs(apartMs) < APART_MS) return;
    this.#movedAtMs = now;
    player.seek(Math.max(0, element.currentTime + apartMs / 1_000));
  }
}
