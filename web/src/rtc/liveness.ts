import type { LinkSignal } from '$kit/protocol/schema';
import type { FlowCounters } from './stats';

/** Places of a lesson's media, in the order of the offer. */
export const SLOTS = ['voice', 'stageVoice', 'picture', 'screen', 'stagePicture'] as const;
export type SlotName = (typeof SLOTS)[number];

/** One look at a subscription's counters. */
export interface Sight {
  atMs: number;
  connected: boolean;
  /** Grows while the path lives: ICE answers and bytes. */
  path: number;
  flows: Record<SlotName, FlowCounters>;
}

/** What somebody publishes, by the server's word: only that can be missed. */
export interface Expected {
  lead: boolean;
  screen: boolean;
}

/** What follows from the sights so far. */
export interface Vitals {
  link: LinkSignal;
  /** How long no voice packet came although one was due. */
  voiceSilentMs: number;
  /** How long nothing at all came over the path. */
  pathSilentMs: number;
  /** Voice ever arrived on this connection. */
  hadVoice: boolean;
  hadPicture: boolean;
  /** The teacher's picture was ever sent to us, whether or not it could be shown. */
  wasPictureSent: boolean;
  hadScreen: boolean;
  /** How long no picture of a shared screen came. */
  screenSilentMs: number;
  /** The same of the room on stage. */
  stageSilentMs: number;
  /** All media together, over the last seconds. */
  receivedBps: number;
}

/** Nothing for this long starts a repair; even a thin, lossy link brings voice more often. */
export const REPAIR_AFTER_MS = 1_200;

const PATH_DEAD_AFTER_MS = 10_000;
const WINDOW_MS = 2_500;
const HALF_AT_CONCEALED = 0.1;
const FEW_FRAMES = 5;
const LOW_HEIGHT = 300;

const NOTHING: LinkSignal = { voice: 'none', slides: 'none', picture: 'none' };

/** Follows the counters of one connection; pure but for its memory of earlier sights. */
export class Liveness {
  #sights: Sight[] = [];
  #voiceAtMs: number;
  #pathAtMs: number;
  #screenAtMs: number;
  #stageAtMs: number;
  #path = 0;
  vitals: Vitals = {
    link: NOTHING,
    voiceSilentMs: 0,
    pathSilentMs: 0,
    hadVoice: false,
    hadPicture: false,
    wasPictureSent: false,
    hadScreen: false,
    screenSilentMs: 0,
    stageSilentMs: 0,
    receivedBps: 0,
  };

  constructor(startMs: number) {
    this.#voiceAtMs = startMs;
    this.#pathAtMs = startMs;
    this.#screenAtMs = startMs;
    this.#stageAtMs = startMs;
  }

  /** Looks at the path alone, which is cheap, and says what follows. */
  feel(atMs: number, path: number): Vitals {
    if (path > this.#path) this.#pathAtMs = atMs;
    this.#path = path;
    this.vitals = { ...this.vitals, pathSilentMs: atMs - this.#pathAtMs };
    return this.vitals;
  }

  /** Takes one look and says what follows. */
  see(sight: Sight, expected: Expected): Vitals {
    const last = this.#sights[this.#sights.length - 1];
    const grew = (slot: SlotName) =>
      sight.flows[slot].packets > (last === undefined ? 0 : last.flows[slot].packets);
    if (grew('voice') || !expected.lead) this.#voiceAtMs = sight.atMs;
    const moved = (slot: SlotName) => sight.flows[slot].frames > (last?.flows[slot].frames ?? 0);
    if (moved('screen')) this.#screenAtMs = sight.atMs;
    if (moved('stagePicture')) this.#stageAtMs = sight.atMs;
    this.#sights = [...this.#sights, sight].filter((old) => sight.atMs - old.atMs <= WINDOW_MS);
    this.vitals = {
      link: linkOf(this.#sights[0] ?? sight, sight, expected),
      voiceSilentMs: sight.atMs - this.#voiceAtMs,
      pathSilentMs: this.feel(sight.atMs, sight.path).pathSilentMs,
      hadVoice: this.vitals.hadVoice || sight.flows.voice.packets > 0,
      hadPicture: this.vitals.hadPicture || sight.flows.picture.frames > 0,
      wasPictureSent: this.vitals.wasPictureSent || sight.flows.picture.packets > 0,
      hadScreen: this.vitals.hadScreen || sight.flows.screen.frames > 0,
      screenSilentMs: sight.atMs - this.#screenAtMs,
      stageSilentMs: sight.atMs - this.#stageAtMs,
      receivedBps: receivedBps(this.#sights[0] ?? sight, sight),
    };
    return this.vitals;
  }
}

/** Longer than a picture each second leaves between two. */
const STILL_AFTER_MS = 5_000;

/** Whether the picture of a room that has been on stage for `onStageMs` stands still. */
export function isStageStill(vitals: Vitals | null, onStageMs: number): boolean {
  const silentMs = vitals?.stageSilentMs ?? 0;
  return silentMs >= STILL_AFTER_MS && silentMs < onStageMs;
}

/** Whether it has shown none so far: it may have no camera, or a link for its voice alone. */
export function isStageDark(vitals: Vitals | null, onStageMs: number): boolean {
  return onStageMs >= STILL_AFTER_MS && (vitals?.stageSilentMs ?? 0) >= onStageMs;
}

/** Whether the path itself is to blame, so that a new connection may help. */
export function isBroken(vitals: Vitals, connected: boolean, expected: Expected): boolean {
  const voiceDue = vitals.hadVoice && expected.lead;
  const patienceMs = connected && !voiceDue ? PATH_DEAD_AFTER_MS : REPAIR_AFTER_MS;
  return vitals.pathSilentMs >= patienceMs;
}

function linkOf(first: Sight, last: Sight, expected: Expected): LinkSignal {
  if (!last.connected) return NOTHING;
  const seconds = Math.max(0.5, (last.atMs - first.atMs) / 1000);
  const during = (slot: SlotName, counter: keyof FlowCounters) =>
    last.flows[slot][counter] - first.flows[slot][counter];
  return {
    voice: expected.lead ? voiceLevel(during) : 'full',
    slides: !expected.screen || last.flows.screen.frames > 0 ? 'full' : 'none',
    picture: expected.lead
      ? pictureLevel(during('picture', 'frames') / seconds, last.flows.picture.frameHeight)
      : 'full',
  };
}

function receivedBps(first: Sight, last: Sight): number {
  const bytes = ({ flows }: Sight) => SLOTS.reduce((sum, slot) => sum + flows[slot].bytes, 0);
  const seconds = Math.max(0.5, (last.atMs - first.atMs) / 1000);
  return Math.max(0, (8 * (bytes(last) - bytes(first))) / seconds);
}

type During = (slot: SlotName, counter: keyof FlowCounters) => number;

function voiceLevel(during: During): LinkSignal['voice'] {
  if (during('voice', 'packets') <= 0) return 'none';
  const concealed =
    during('voice', 'concealedSamples') / Math.max(1, during('voice', 'totalSamples'));
  return concealed >= HALF_AT_CONCEALED ? 'half' : 'full';
}

function pictureLevel(fps: number, height: number): LinkSignal['picture'] {
  if (fps <= 0) return 'none';
  return fps < FEW_FRAMES || (height > 0 && height < LOW_HEIGHT) ? 'half' : 'full';
}
