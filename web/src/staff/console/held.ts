/** What a room goes without, and why, as keys of `words.ts`. Pure. */

import type { RoomView } from '$kit/protocol/schema';
import type { Condition, Shown } from './wall';

export type StateKey = `state.${Condition}` | 'state.voice.screen' | 'state.voice.slide';
export type HeldKey = 'pop.held.link' | 'pop.held.setting' | 'pop.held.server';

/** Of a room without pictures also what the others see now. */
export function stateKey(condition: Condition, shown: Shown): StateKey {
  if (condition !== 'voice') return `state.${condition}`;
  if (shown.screen) return 'state.voice.screen';
  return shown.slide ? 'state.voice.slide' : 'state.voice';
}

const HELD: readonly Condition[] = ['voice', 'slides', 'reduced', 'still', 'screen'];

/** Null where nothing is held back. */
export function heldKey({ ladder }: RoomView, condition: Condition): HeldKey | null {
  if (!ladder || ladder.level === ladder.top) return null;
  return HELD.includes(condition) ? `pop.held.${ladder.held_by}` : null;
}
