import type { WindowTrack } from '$kit/protocol/schema';
import { Follower, type Open } from './follower';

/** How browsers call a voice that keeps its pitch at another speed. */
export const KEEPS_PITCH = { preservesPitch: true, webkitPreservesPitch: true };

export interface Lead {
  /** Where the teacher's track is played, as wall time of the lesson. */
  positionMs: number;
  speed: number;
  isWaiting: boolean;
  hasPicture: boolean;
}

/** All that is played beside the teacher: the rooms on stage, and her screen where pictures are. */
export class Followers {
  /** For her screen. */
  readonly screen = document.createElement('video');
  readonly #all = new Map<string, Follower>();
  #volume = 1;

  constructor(private readonly open: Open) {
    this.screen.className = 'live contain';
    this.screen.playsInline = this.screen.muted = true;
  }

  /** Her screen shows what was on it at that moment. */
  get hasScreen(): boolean {
    for (const { element, isShown } of this.#all.values())
      if (isShown && element === this.screen) return true;
    return false;
  }

  set volume(volume: number) {
    this.#volume = volume;
    for (const { element } of this.#all.values()) element.volume = volume;
  }

  follow(tracks: readonly WindowTrack[], lead: Lead): void {
    for (const track of tracks) {
      const isWanted = track.slot === 'stage' || (track.slot === 'screen' && lead.hasPicture);
      if (!isWanted || !track.playlist) continue;
      const known = this.#all.get(track.name);
      const follower = known ?? new Follower(track, this.#elementOf(track), this.open);
      follower.track = track;
      this.#all.set(track.name, follower);
      follower.follow(lead.positionMs, lead.speed, lead.isWaiting);
    }
  }

  close(): void {
    for (const follower of this.#all.values()) follower.close();
    this.#all.clear();
  }

  #elementOf({ slot }: WindowTrack): HTMLMediaElement {
    if (slot === 'screen') return this.screen;
    return Object.assign(new Audio(), KEEPS_PITCH, { volume: this.#volume });
  }
}
