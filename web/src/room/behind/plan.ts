/** When to play what was missed, how fast, and when to slide into the live lesson. Pure. */

import type { RecordingView } from '$kit/protocol/schema';
import type { Quality } from '../quality';

/** Less is not worth a word: the strip's notice says it. */
export const WORTH_MS = 5_000;
/** What a broadcast plays by itself: a cut of three minutes and what it takes to be back. */
export const BY_ITSELF_MS = 240_000;
/** Catching up takes five times the gap; more than this is for the library. */
export const OFFERED_MS = 600_000;
/** So few rooms talk with the teacher; more of them listen. */
export const INTERACTIVE_ROOMS = 3;

export const CATCH_UP_SPEED = 1.2;
/** So far behind it follows the recording where no live path is: a segment and its way to us. */
export const FOLLOWED_MS = 8_000;
/** Further than this from it is caught up with, live path or not. */
const STRAYED_MS = 5_000;

export interface Gap {
  lostForMs: number;
  /** Invited to the lesson. */
  rooms: number;
  isMusic: boolean;
  isRecorded: boolean;
}

export type Start = 'no' | 'offer' | 'play';

/**
 * What follows a gap. Music is never played faster, and at its own speed nobody arrives. Where few
 * rooms talk with the teacher, being behind has a price, so a person decides.
 */
export function startAfter({ lostForMs, rooms, isMusic, isRecorded }: Gap): Start {
  if (isMusic || !isRecorded || lostForMs < WORTH_MS || lostForMs > OFFERED_MS) return 'no';
  return rooms > INTERACTIVE_ROOMS && lostForMs <= BY_ITSELF_MS ? 'play' : 'offer';
}

export type State = 'catching' | 'following' | 'ending';

/** What a room that is behind does: become live, where a live path is; or hear the lesson's end. */
export function stateOf(isConnected: boolean, hasEnded: boolean): State {
  if (hasEnded) return 'ending';
  return isConnected ? 'catching' : 'following';
}

export function speedOf(state: State, behindMs: number, isMusic: boolean): number {
  if (isMusic) return 1;
  if (state === 'following' && behindMs < FOLLOWED_MS + STRAYED_MS) return 1;
  return CATCH_UP_SPEED;
}

/** It grows, and can be read: one that failed says why, though its packets are still kept. */
export function canBeRead(recording: RecordingView | undefined): boolean {
  return recording?.state === 'recording' && recording.reason === null;
}

/**
 * Pictures cost ten times the voice: only a link that carried the best ones takes them faster. Null:
 * nobody told what it carries, and a stall of some seconds will.
 */
export function mayHavePictures(before: Quality | null): boolean {
  return before === null || before === 'none' || before === 'screen';
}

/** Downloads that are slower than this many times what is played don't keep up. */
const SPARE = 1.3;

/** Whether segments come fast enough to be played at that speed. */
export function keepsUp(playedMs: number, tookMs: number, speed: number): boolean {
  return playedMs >= tookMs * speed * SPARE;
}

export interface Place {
  state: State;
  behindMs: number;
  /** How far behind the live voice itself plays: its buffer, and its way. */
  liveLagMs: number;
}

/** What the ear does not notice in a crossfade. */
const TOGETHER_MS = 80;
/** Whether the live voice can take over: it is at the same word. */
export function hasArrived({ state, behindMs, liveLagMs }: Place): boolean {
  return state === 'catching' && behindMs - liveLagMs <= TOGETHER_MS;
}

/**
 * The live voice waits for us from here on: browsers take their time for it, and before it nobody
 * knows whether we are called to the stage, where it may not be late.
 */
export const NEAR_MS = 15_000;

export function isNear(state: State, behindMs: number): boolean {
  return state === 'catching' && behindMs <= NEAR_MS;
}

/** More than this is not skipped, however the link stalls. */
const CLOSE_MS = 10_000;

export function isClose(state: State, behindMs: number): boolean {
  return state === 'catching' && behindMs <= CLOSE_MS;
}

export interface Out {
  isWaiting: boolean;
  /** The recording was closed: nothing will be added. */
  isComplete: boolean;
  waitedMs: number;
}

/** What was under way when the lesson ended is written within seconds, else never. */
const CLOSED_WITHIN_MS = 20_000;

/** Whether a lesson that has ended was played to its end. */
export function isPlayedOut({ isWaiting, isComplete, waitedMs }: Out): boolean {
  return isWaiting && (isComplete || waitedMs >= CLOSED_WITHIN_MS);
}

/** Until it is live, or over, in ms of the clock. */
export function leftMs(state: State, behindMs: number, speed: number): number {
  if (state === 'ending') return Math.max(0, behindMs) / speed;
  return speed > 1 ? Math.max(0, behindMs) / (speed - 1) : Number.POSITIVE_INFINITY;
}

/** How much of the way is done, 0 to 1; what is missed on the way makes it longer. */
export function shareDone(behindMs: number, mostBehindMs: number): number {
  if (mostBehindMs <= 0) return 1;
  return Math.min(1, Math.max(0, 1 - behindMs / mostBehindMs));
}

export interface Span {
  startMs: number;
  endMs: number;
}

export type Beside =
  | { does: 'nothing' | 'wait' }
  /** From where it is by so much, and so many times the lead's speed. */
  | { does: 'play'; seekByMs: number; nudge: number };

/** Loaded so long before it begins; it may have grown so much since we heard of its end. */
const LOAD_AHEAD_MS = 8_000;
const GROWN_MS = 15_000;
const SEEK_BEYOND_MS = 400;
const MOST_NUDGE = 0.05;

/** What a track beside the lead does when the lead is at `leadMs`; `atMs` null: it has not begun. */
export function beside({ startMs, endMs }: Span, leadMs: number, atMs: number | null): Beside {
  if (leadMs < startMs - LOAD_AHEAD_MS || leadMs > endMs + GROWN_MS) return { does: 'nothing' };
  if (leadMs < startMs || atMs === null) return { does: 'wait' };
  const lateMs = leadMs - atMs;
  if (Math.abs(lateMs) > SEEK_BEYOND_MS) return { does: 'play', seekByMs: lateMs, nudge: 1 };
  const nudge = Math.max(-MOST_NUDGE, Math.min(MOST_NUDGE, lateMs / 2_000));
  return { does: 'play', seekByMs: 0, nudge: 1 + nudge };
}
