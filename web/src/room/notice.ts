import type { LinkSignal } from '$kit/protocol/schema';
import type { HeldBy, Quality, Told } from './quality';

/** What the strip under the slide has to say about the link. Good is quiet. */
export type Notice =
  | { kind: 'none' }
  /** Our place on the ladder: what we go without, and why. */
  | { kind: Exclude<Quality, 'none'>; heldBy: HeldBy }
  /** Our path is gone since then. */
  | { kind: 'lost'; sinceMs: number }
  /** Our path is well, but no voice comes from the teacher. */
  | { kind: 'teacher'; sinceMs: number }
  | { kind: 'back'; lostForMs: number };

export interface Sighting {
  nowMs: number;
  /** The teacher is on the air by the server's word. */
  isVoiceDue: boolean;
  voiceSilentMs: number;
  /** How long nothing comes from the teacher by the server's word; null while it does. */
  leadSilentMs: number | null;
  /** Since when our path is broken; null while it is well. */
  brokenSinceMs: number | null;
  link: LinkSignal;
  hadPicture: boolean;
  /** What the server tells of our place on the ladder; null while it can't be asked. */
  told: Told | null;
}

const SAY_LOST_AFTER_MS = 4_000;
/** A page that is reloaded is back sooner; the server says so of one that fell silent after this. */
export const SAY_GONE_AFTER_MS = 1_200;
const SAY_BACK_FOR_MS = 6_000;
const LIFELINE_AFTER_MS = 10_000;
const AUDIO_AFTER_MS = 6_000;
const BETTER_AFTER_MS = 20_000;

/** Of what we see by ourselves. */
type Seen = 'none' | 'lifeline' | 'audio';
const RANK: Record<Seen, number> = { none: 0, lifeline: 1, audio: 2 };
const QUIET: Notice = { kind: 'none' };

/** Turns sightings into notices that don't flicker: worse after a while, better after longer. */
export class LinkNotice {
  now: Notice = QUIET;
  #quality: Seen = 'none';
  #otherSinceMs: number | null = null;
  #backUntilMs = 0;

  see(sighting: Sighting): Notice {
    this.now = this.#lost(sighting) ?? this.#recovered(sighting) ?? this.#ladder(sighting);
    return this.now;
  }

  #lost(sighting: Sighting): Notice | null {
    const { nowMs, brokenSinceMs, isVoiceDue, voiceSilentMs } = sighting;
    if (brokenSinceMs !== null && nowMs - brokenSinceMs >= SAY_LOST_AFTER_MS)
      return { kind: 'lost', sinceMs: this.#since('lost') ?? brokenSinceMs };
    if (brokenSinceMs === null) {
      if ((sighting.leadSilentMs ?? 0) >= SAY_GONE_AFTER_MS) return this.#gone(sighting);
      if (isVoiceDue && voiceSilentMs >= SAY_LOST_AFTER_MS) {
        const kind = this.now.kind === 'lost' ? 'lost' : 'teacher';
        return { kind, sinceMs: this.#since(kind) ?? nowMs - voiceSilentMs };
      }
    }
    const isSilent = isVoiceDue && sighting.link.voice === 'none';
    const isStillOut = isSilent || brokenSinceMs !== null;
    return this.#since('lost') !== null && isStillOut ? this.now : null;
  }

  /** The teacher, by the server. What our own break took from us is told first. */
  #gone({ nowMs, leadSilentMs }: Sighting): Notice | null {
    if (this.now.kind === 'lost' || nowMs < this.#backUntilMs) return null;
    return { kind: 'teacher', sinceMs: this.#since('teacher') ?? nowMs - (leadSilentMs ?? 0) };
  }

  #recovered({ nowMs }: Sighting): Notice | null {
    const since = this.#since('lost');
    if (since !== null) {
      this.#backUntilMs = nowMs + SAY_BACK_FOR_MS;
      return { kind: 'back', lostForMs: nowMs - since };
    }
    return this.now.kind === 'back' && nowMs < this.#backUntilMs ? this.now : null;
  }

  /** The server's word, which has lasted already; by ourselves only while it can't be heard. */
  #ladder(sighting: Sighting): Notice {
    const seen = this.#seen(sighting);
    if (sighting.told === null) return seen;
    const { quality, heldBy } = sighting.told;
    return quality === 'none' ? QUIET : { kind: quality, heldBy };
  }

  #seen({ nowMs, link, hadPicture, isVoiceDue }: Sighting): Notice {
    const seen = isVoiceDue && hadPicture ? qualityOf(link.picture) : this.#quality;
    if (seen === this.#quality) this.#otherSinceMs = null;
    else this.#otherSinceMs ??= nowMs;
    const heldMs = this.#otherSinceMs === null ? 0 : nowMs - this.#otherSinceMs;
    if (this.#otherSinceMs !== null && heldMs >= holdMs(this.#quality, seen)) {
      this.#quality = RANK[seen] < RANK[this.#quality] ? oneBetter(this.#quality) : seen;
      this.#otherSinceMs = null;
    }
    return this.#quality === 'none' ? QUIET : { kind: this.#quality, heldBy: 'link' };
  }

  #since(kind: 'lost' | 'teacher'): number | null {
    return this.now.kind === kind ? this.now.sinceMs : null;
  }
}

function qualityOf(picture: LinkSignal['picture']): Seen {
  if (picture === 'none') return 'audio';
  return picture === 'half' ? 'lifeline' : 'none';
}

function holdMs(held: Seen, seen: Seen): number {
  if (RANK[seen] < RANK[held]) return BETTER_AFTER_MS;
  return seen === 'audio' ? AUDIO_AFTER_MS : LIFELINE_AFTER_MS;
}

function oneBetter(quality: Seen): Seen {
  return quality === 'audio' ? 'lifeline' : 'none';
}
