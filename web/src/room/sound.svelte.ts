const REMEMBERED = 'streamsvc.volume';
const STEP = 0.1;
/** One sample of silence (WAV), to learn whether this browser lets us play. */
const SILENCE = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==';

/** The lesson's voices out of the loudspeaker, and what to do when the browser refuses to play. */
export class Sound {
  /** The browser wants a tap or a key first. */
  isRefused = $state(false);
  volume = $state(remembered());
  /** Until when the foot line shows the volume. */
  shownUntilMs = $state(0);
  readonly #players = [playerOf('lead-voice'), playerOf('stage-voice')];
  #probe: HTMLAudioElement | null = null;
  #share = 1;

  constructor() {
    for (const player of this.#players) {
      player.volume = this.volume;
      // Once it may, a browser starts by itself what it had refused.
      player.onplaying = () => (this.isRefused = false);
    }
  }

  /** Only so much of the live voices is heard, 0 to 1. */
  fade(share: number): void {
    for (const player of this.#players) player.volume = this.volume * share;
    this.#share = share;
  }

  /** Plays these voices from now on, in place of the earlier ones. */
  play(tracks: readonly (MediaStreamTrack | null)[]): void {
    this.#players.forEach((player, place) => {
      const track = tracks[place] ?? null;
      const playing = player.srcObject instanceof MediaStream ? player.srcObject : null;
      if (playing?.getTracks()[0] === (track ?? undefined)) return;
      player.srcObject = track === null ? null : new MediaStream([track]);
      if (track !== null) void this.#start(player);
    });
  }

  /** Learns before the lesson whether sound needs a tap. */
  async probe(): Promise<void> {
    this.#probe ??= new Audio(silenceUrl());
    await this.#start(this.#probe);
  }

  /** A person touched the screen: now the browser lets us. */
  touched(): void {
    if (!this.isRefused) return;
    for (const player of this.#players) if (player.srcObject !== null) void this.#start(player);
    if (this.#probe !== null) void this.#start(this.#probe);
  }

  louder(): void {
    this.#set(this.volume + STEP);
  }

  softer(): void {
    this.#set(this.volume - STEP);
  }

  #set(volume: number): void {
    this.volume = Math.round(Math.min(1, Math.max(0, volume)) * 10) / 10;
    this.shownUntilMs = Date.now() + 3_000;
    this.fade(this.#share);
    try {
      localStorage.setItem(REMEMBERED, String(this.volume));
    } catch {
      return;
    }
  }

  async #start(player: HTMLAudioElement): Promise<void> {
    try {
      await player.play();
      this.isRefused = false;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.isRefused = true;
    }
  }
}

/** In the page, so that whoever measures it finds the voices beside the pictures. */
function playerOf(slot: 'lead-voice' | 'stage-voice'): HTMLAudioElement {
  const player = new Audio();
  player.autoplay = true;
  player.dataset.slot = slot;
  document.body.append(player);
  return player;
}

/** A blob, because the page's policy allows no `data:` media. */
function silenceUrl(): string {
  const bytes = Uint8Array.from(atob(SILENCE), (char) => char.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: 'audio/wav' }));
}

function remembered(): number {
  try {
    const volume = Number(localStorage.getItem(REMEMBERED) ?? 1);
    return volume >= 0 && volume <= 1 ? volume : 1;
  } catch {
    return 1;
  }
}
