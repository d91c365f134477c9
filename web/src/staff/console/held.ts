/** What a room goes without, and why, as keys of `words.ts`. Pure. */

import type { RoomView } from '$kit/protocol/schema';
import type { Condition } from './wall';

export type StateKey = `state.${Condition}` | 'state.screen' | 'state.voice.only';
export type HeldKey = 'pop.held.link' | 'pop.held.setting' | 'pop.held.server';

export function stateKey({ ladder }: RoomView, condition: Condition): StateKey {
  if (condition === 'reduced' && ladder?.level === 'high_video') return 'state.screen';
  return condition === 'voice' && ladder?.level === 'voice'
    ? 'state.voice.only'
    : `state.${condition}`;
}

/** Null where nothing is held back. */
export function heldKey({ ladder }: RoomView, condition: Condition): HeldKey | null {
  if (!ladder || ladder.level === ladder.top) return null;
  return condition === 'reduced' || condition === 'voice' ? `pop.held.${ladder.held_by}` : null;
}
