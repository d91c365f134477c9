/** A recording being played: one clock, and the tracks that keep to it. */

import type { RecordingDetail, TrackInfo } from '$kit/protocol/schema';
import { HlsTrack } from './hls_track';
import { StandingHole } from './hole';
import {
  adjusted,
  clamped,
  covers,
  isNear,
  mustHold,
  orderFor,
  positionOf,
  SEEK_BEYOND_MS,
  type MasterClock,
} from './sync';

const LOOK_EVERY_MS = 100;
const LOAD_AHEAD_MS = 12_000;
/** The last moment of a track may lack data that never comes. */
const TAIL_MS = 250;
/** A track that holds everybody for this long is left out until it has data again. */
const HOLD_AT_MOST_MS = 15_000;
/** An element that joins the others needs about this long to start. */
const JOIN_LAG_MS = 90;

export class Playback {
  positionMs = $state(0);
  durationMs = $state(0);
  speed = $state(1);
  /** What the person asked for; while a track loads nothing moves although this is true. */
  isPlaying = $state(false);
  isHolding = $state(false);
  isLive = $state(false);
  tracks = $state.raw<readonly TrackInfo[]>([]);
  failedTracks = $state.raw<readonly string[]>([]);
  /** Greatest distance between what plays now, in ms: what a test and a person can check. */
  spreadMs = $state(0);
  #clock: MasterClock;
  #players = new Map<string, HlsTrack>();
  #volumes = { lead: 1, stage: 1 };
  #heldSinceMs: number | null = null;
  readonly #hole = new StandingHole();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(detail: RecordingDetail, startMs: number) {
    const setAtMs = performance.now();
    this.#clock = { positionMs: startMs, setAtMs, speed: 1, isRunning: false };
    this.update(detail);
    this.seek(startMs);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Newer facts of a recording that grows. */
  update(detail: RecordingDetail): void {
    this.tracks = detail.tracks;
    this.isLive = detail.recording.is_live;
    const ends = detail.tracks.map(({ start_ms, duration_ms }) => start_ms + duration_ms);
    this.durationMs = Math.max(detail.recording.duration_ms, ...ends);
    for (const info of detail.tracks) {
      const player = this.#players.get(info.name);
      if (player) player.info = info;
    }
  }

  /** Gives a track the element it plays in; returns how to take it away. */
  mount(info: TrackInfo, element: HTMLVideoElement): () => void {
    const player = new HlsTrack(info, element);
    this.#players.set(info.name, player);
    element.volume = this.#volumes[info.slot === 'stage' ? 'stage' : 'lead'];
    return () => {
      player.close();
      this.#players.delete(info.name);
    };
  }

  /** The track of a slot that shows something now. */
  shown(slot: TrackInfo['slot']): TrackInfo | undefined {
    return this.tracks.find(
      (info) => info.slot === slot && info.playlist && this.#covers(info, this.positionMs),
    );
  }

  play(): void {
    if (this.positionMs >= this.durationMs - TAIL_MS && !this.isLive) this.seek(0);
    this.isPlaying = true;
    this.#look();
  }

  pause(): void {
    this.isPlaying = false;
    this.#stopAll();
  }

  seek(positionMs: number): void {
    const target = clamped(positionMs, this.durationMs);
    this.#clock = adjusted(this.#clock, performance.now(), { positionMs: target });
    this.positionMs = target;
    this.#heldSinceMs = null;
    for (const player of this.#players.values()) {
      if (player.isAttached && this.#covers(player.info, target)) player.seek(target);
    }
    this.#look();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.#clock = adjusted(this.#clock, performance.now(), { speed });
  }

  setVolume(whose: 'lead' | 'stage', volume: number): void {
    this.#volumes[whose] = volume;
    for (const { info, element } of this.#players.values()) {
      if ((info.slot === 'stage') === (whose === 'stage')) element.volume = volume;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const player of this.#players.values()) player.close();
    this.#players.clear();
  }

  #covers(info: TrackInfo, positionMs: number): boolean {
    const lastsMs = info.start_ms + info.duration_ms;
    const isGrowing = this.isLive && lastsMs >= this.durationMs - LOAD_AHEAD_MS;
    return covers(info, positionMs, isGrowing);
  }

  #look(): void {
    const nowMs = performance.now();
    const positionMs = positionOf(this.#clock, nowMs);
    this.#attachNear(positionMs);
    const needed = [...this.#players.values()].filter(
      (player) =>
        player.info.playlist &&
        this.#covers(player.info, positionMs) &&
        !player.isSilentAt(positionMs),
    );
    this.#follow(needed, positionMs, nowMs);
    this.positionMs = clamped(positionOf(this.#clock, nowMs), this.durationMs);
    const isOver = positionMs >= this.durationMs - 40;
    if (isOver && this.isPlaying && !this.isLive && this.durationMs > 0) this.pause();
  }

  #attachNear(positionMs: number): void {
    for (const player of this.#players.values()) {
      const { info } = player;
      const isDue = isNear(info, positionMs, LOAD_AHEAD_MS) || this.#covers(info, positionMs);
      if (isDue && !player.isAttached) void player.attach(Math.max(positionMs, info.start_ms));
    }
  }

  #follow(needed: HlsTrack[], positionMs: number, nowMs: number): void {
    for (const player of this.#players.values()) if (!needed.includes(player)) player.pause();
    const mustWait = this.#mustWait(needed, positionMs, nowMs);
    this.isHolding = this.isPlaying && mustWait;
    const goOnMs = this.#hole.see(mustWait ? holeEnd(needed) : null, nowMs);
    if (goOnMs !== null) return this.seek(goOnMs);
    if (!this.isPlaying || mustWait) {
      if (this.#clock.isRunning) this.#stopAll();
      for (const player of needed) alignStanding(player, positionMs);
    } else {
      if (!this.#clock.isRunning) this.#clock = adjusted(this.#clock, nowMs, { isRunning: true });
      this.#steer(needed, nowMs);
    }
    const at = needed.filter(({ hasFrame }) => hasFrame).map(({ positionMs: place }) => place);
    this.spreadMs = at.length > 1 ? Math.max(...at) - Math.min(...at) : 0;
    const failed = needed.filter(({ isFailed }) => isFailed).map(({ info }) => info.name);
    if (failed.join() !== this.failedTracks.join()) this.failedTracks = failed;
  }

  /** While playing, more than the present frame is needed to go on without a stutter. */
  #mustWait(needed: HlsTrack[], positionMs: number, nowMs: number): boolean {
    const statuses = needed.map((player) => {
      const { start_ms, duration_ms } = player.info;
      const isTail = positionMs > start_ms + duration_ms - TAIL_MS;
      const hasTail = this.#clock.isRunning && player.hasFrame && isTail;
      const hasData = player.hasData || player.isCorrecting || hasTail;
      return { isNeeded: !isTail, hasData, isFailed: player.isFailed };
    });
    if (!mustHold(statuses)) {
      this.#heldSinceMs = null;
      return false;
    }
    this.#heldSinceMs ??= nowMs;
    return nowMs - this.#heldSinceMs < HOLD_AT_MOST_MS;
  }

  /** The clock follows the lead's voice; the others follow the clock. */
  #steer(needed: HlsTrack[], nowMs: number): void {
    const lead = needed.find(({ info, hasFrame }) => info.slot === 'lead' && hasFrame);
    const isUnderWay = lead !== undefined && !lead.isPaused;
    if (lead) {
      const leadMs = lead.positionMs;
      const isNearby =
        Math.abs(leadMs - positionOf(this.#clock, nowMs)) < SEEK_BEYOND_MS * this.speed;
      if (isNearby) this.#clock = adjusted(this.#clock, nowMs, { positionMs: leadMs });
      else lead.correct(positionOf(this.#clock, nowMs));
      lead.play(this.speed);
    }
    const clockMs = positionOf(this.#clock, nowMs);
    for (const player of needed) {
      if (player === lead || !player.hasFrame) continue;
      const kind = player.info.kinds.includes('audio') ? 'voice' : 'picture';
      const order = orderFor(player.positionMs, clockMs, this.speed, kind);
      if (player.isPaused && isUnderWay) player.correct(clockMs + JOIN_LAG_MS * this.speed);
      else if (order.action === 'seek') player.correct(order.toMs + JOIN_LAG_MS * this.speed);
      player.play(order.rate);
    }
  }

  #stopAll(): void {
    this.#clock = adjusted(this.#clock, performance.now(), { isRunning: false });
    for (const player of this.#players.values()) player.pause();
  }
}

/** Where everybody can go on who is needed and stands before data; null when nobody does. */
function holeEnd(needed: readonly HlsTrack[]): number | null {
  const ends = needed.filter(({ hasFrame }) => !hasFrame).map(({ dataFromMs }) => dataFromMs);
  const known = ends.filter((end) => end !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

/** Puts a standing track to the clock's moment, once it can be put. */
function alignStanding(player: HlsTrack, positionMs: number): void {
  if (!player.hasFrame) return;
  const order = orderFor(player.positionMs, positionMs, 1, 'picture');
  const isOff = Math.abs(player.positionMs - positionMs) > 60;
  if (order.action === 'seek' || isOff) player.seek(positionMs);
}
