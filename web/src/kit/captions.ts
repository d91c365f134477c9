import type { CaptionView } from './protocol/schema';

/** What is to be read at a moment: a line, and the one before it where that was just said. */
export interface ShownCaption {
  now: CaptionView;
  before: CaptionView | null;
}

/** A line stays above the next one if it ended no longer ago. */
const JUST_SAID_MS = 2_000;

/** The lines of a lesson by their times; a line that comes again takes its own place. */
export class CaptionTrack {
  #lines: CaptionView[] = [];

  add(lines: readonly CaptionView[]): void {
    for (const line of lines) {
      const known = this.#lines.findIndex(({ line_id }) => line_id === line.line_id);
      if (known >= 0) this.#lines.splice(known, 1);
      if (line.text) this.#lines.splice(this.#placeOf(line.from_ms), 0, line);
    }
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Null where nobody speaks, or nobody writes. */
  at(ms: number): ShownCaption | null {
    const place = this.#placeOf(ms) - 1;
    const now = this.#lines[place];
    if (now === undefined || ms >= now.to_ms) return null;
    const before = this.#lines[place - 1];
    const isNear = before !== undefined && before.to_ms + JUST_SAID_MS >= now.from_ms;
    return { now, before: isNear ? before : null };
  }

  /** Behind all that began by then. */
  #placeOf(ms: number): number {
    let place = this.#lines.length;
    while (place > 0 && (this.#lines[place - 1]?.from_ms ?? 0) > ms) place -= 1;
    return place;
  }
}

/** The same line, as it was: nothing to draw. */
export function isSame(one: ShownCaption | null, other: ShownCaption | null): boolean {
  return one?.now === other?.now && one?.before === other?.before;
}
