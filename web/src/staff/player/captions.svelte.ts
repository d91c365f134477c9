/** Captions of a recording, in step with its playback. */

import { CaptionTrack, type ShownCaption } from '$kit/captions';
import { readCaptions } from '../resources';

const REMEMBERED = 'streamsvc.player.captions';

export class Captions {
  #track = $state.raw(new CaptionTrack());
  isOn = $state(isRemembered());

  constructor(private readonly recordingId: string) {}

  get areThere(): boolean {
    return !this.#track.isEmpty;
  }

  /** Reads them, and again what a recording that grows has more by now. */
  async load(): Promise<void> {
    try {
      const track = new CaptionTrack();
      track.add(await readCaptions(this.recordingId));
      this.#track = track;
    } catch {
      return; // the pictures play without them
    }
  }

  at(ms: number): ShownCaption | null {
    return this.isOn ? this.#track.at(ms) : null;
  }

  toggle(): void {
    this.isOn = !this.isOn;
    try {
      localStorage.setItem(REMEMBERED, this.isOn ? 'on' : 'off');
    } catch {
      return;
    }
  }
}

function isRemembered(): boolean {
  try {
    return localStorage.getItem(REMEMBERED) !== 'off';
  } catch {
    return true;
  }
}
