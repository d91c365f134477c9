import { describe, expect, it } from 'vitest';
import { EDGE, placeAt, placesOf, pointsOf, Thinner, type Place } from '$kit/board/ink';

/** Numbers that look random and are the same each time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function scribble(seed: number, count: number): Place[] {
  const roll = dice(seed);
  return Array.from({ length: count }, () => placeAt({ x: roll(), y: roll() }));
}

/** A hand that writes: 60 places a second on circles of a letter's size. */
function handwriting(seconds: number): Place[] {
  return Array.from({ length: seconds * 60 }, (_, n) =>
    placeAt({ x: 0.2 + n / 20_000 + 0.02 * Math.cos(n / 6), y: 0.5 + 0.03 * Math.sin(n / 6) }),
  );
}

describe('points of a stroke', () => {
  it('are steps, and lead back to the same places', () => {
    for (let seed = 1; seed < 50; seed += 1) {
      const places = scribble(seed, 1 + (seed % 9));
      const points = pointsOf(places);
      expect(placesOf(points)).toEqual(places);
      expect(points.every((step) => Number.isInteger(step) && Math.abs(step) <= EDGE)).toBe(true);
    }
  });

  it('may come in batches, one after the other', () => {
    const places = scribble(7, 12);
    const first = pointsOf(places.slice(0, 5));
    const rest = pointsOf(places.slice(5), places[4]);
    expect(placesOf([...first, ...rest])).toEqual(places);
  });

  it('stay on the slide, whatever the device says', () => {
    expect(placeAt({ x: -0.2, y: 1.7 })).toEqual([0, EDGE]);
  });
});

describe('thinning', () => {
  function thinned(places: readonly Place[]): Thinner {
    const thinner = new Thinner();
    for (const place of places) thinner.add(place);
    thinner.settle();
    return thinner;
  }

  it('keeps the ends of a straight line and nothing between', () => {
    const line = Array.from({ length: 20 }, (_, n): Place => [n * 100, n * 50]);
    expect(thinned(line).kept).toEqual([line[0], line[19]]);
  });

  it('keeps what anybody would see', () => {
    const corner: Place[] = [
      [0, 0],
      [500, 0],
      [500, 500],
    ];
    expect(thinned(corner).kept).toEqual(corner);
  });

  it('keeps nothing of a hand that rests', () => {
    expect(thinned(Array.from({ length: 90 }, (): Place => [10, 10])).kept).toHaveLength(1);
  });

  it('shows the tip before it is kept', () => {
    const thinner = new Thinner();
    thinner.add([0, 0]);
    thinner.add([100, 0]);
    expect(thinner.places).toEqual([
      [0, 0],
      [100, 0],
    ]);
    expect(thinner.kept).toHaveLength(1);
  });

  it('leaves handwriting at a pace that a thin link carries', () => {
    const seconds = 10;
    const { kept } = thinned(handwriting(seconds));
    const perSecond = kept.length / seconds;
    const bytes = JSON.stringify(pointsOf(kept)).length / seconds;
    expect(perSecond).toBeLessThan(40);
    expect(bytes * 8).toBeLessThan(3_000);
  });
});
