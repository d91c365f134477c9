/** Whether a camera gives a picture. Pure. */

import type { CheckResult } from '$kit/protocol/schema';

/** What was found of a camera, a microphone or a loudspeaker. */
export type PartName = CheckResult['camera'];

/** Pixels of a small copy of a picture, four numbers each. */
export type Pixels = Uint8ClampedArray;

/** 0 to 255. */
const BLACK = 14;
const FLAT = 6;

/**
 * `black`: a closed lid. `frozen`: not one pixel changed between any two looks, which no camera's
 * noise allows. `good`: something is seen, and it lives.
 */
export function seenIn(looks: readonly Pixels[]): PartName {
  if (looks.length === 0) return 'failed';
  if (looks.every(isBlack)) return 'black';
  if (looks.length < 2) return 'good';
  const isSame = looks.every((look, place) => place === 0 || isEqual(look, looks[place - 1]));
  return isSame ? 'frozen' : 'good';
}

function isBlack(pixels: Pixels): boolean {
  const greens = pixels.filter((_, place) => place % 4 === 1);
  const mean = greens.reduce((sum, value) => sum + value, 0) / Math.max(1, greens.length);
  const furthest = greens.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
  return mean < BLACK && furthest < FLAT + BLACK;
}

function isEqual(one: Pixels, other: Pixels | undefined): boolean {
  return other !== undefined && one.every((value, place) => value === other[place]);
}
