/** The far end of a slide's width and of its height, in the numbers of the wire. */
export const EDGE = 10_000;
/** Most points that one message carries. */
export const MOST_BATCH_POINTS = 64;
/** Most points of one stroke; a longer line goes on as another. */
export const MOST_STROKE_POINTS = 1_000;

/** Farthest that a left-out place may lie from the line: about a pixel of a full-HD board. */
const SEEN = 7;
/** Most places of one straight piece that are looked at again. */
const MOST_PENDING = 24;

export type Place = readonly [x: number, y: number];

/** The places of a stroke from its points: the first, then steps. */
export function placesOf(points: readonly number[]): Place[] {
  const places: Place[] = [];
  let x = 0;
  let y = 0;
  for (let n = 0; n + 1 < points.length; n += 2) {
    x += points[n] ?? 0;
    y += points[n + 1] ?? 0;
    places.push([x, y]);
  }
  return places;
}

/** The points that lead from place to place; `from` is the last place known already. */
export function pointsOf(places: readonly Place[], from: Place = [0, 0]): number[] {
  const points: number[] = [];
  let [lastX, lastY] = from;
  for (const [x, y] of places) {
    points.push(x - lastX, y - lastY);
    [lastX, lastY] = [x, y];
  }
  return points;
}

/** A place on the slide, whatever a pointing device said. */
export function placeAt(share: { x: number; y: number }): Place {
  return [within(share.x), within(share.y)];
}

function within(share: number): number {
  return Math.min(EDGE, Math.max(0, Math.round(share * EDGE)));
}

/** Leaves out the places of a line that nobody would miss. */
export class Thinner {
  /** What is kept so far. */
  readonly kept: Place[] = [];
  readonly #pending: Place[] = [];

  add(place: Place): void {
    const last = this.kept[this.kept.length - 1];
    if (last === undefined) {
      this.kept.push(place);
      return;
    }
    if (isSame(this.#newest(last), place)) return;
    const isBent = this.#pending.some((passed) => distance(passed, last, place) > SEEN);
    if (isBent || this.#pending.length >= MOST_PENDING) this.settle();
    this.#pending.push(place);
  }

  /** Keeps where the line is now. Before it is sent, so that others see its tip. */
  settle(): void {
    const tip = this.#pending[this.#pending.length - 1];
    if (tip !== undefined) this.kept.push(tip);
    this.#pending.length = 0;
  }

  /** The line as it is, its tip included. */
  get places(): Place[] {
    const tip = this.#pending[this.#pending.length - 1];
    return tip === undefined ? this.kept : [...this.kept, tip];
  }

  #newest(last: Place): Place {
    return this.#pending[this.#pending.length - 1] ?? last;
  }
}

function isSame([ax, ay]: Place, [bx, by]: Place): boolean {
  return ax === bx && ay === by;
}

/** How far a place lies from the straight line between two others. */
export function distance([x, y]: Place, [ax, ay]: Place, [bx, by]: Place): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / length;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}
