import type { LessonEvent } from '$kit/protocol/schema';
import type { LessonStore } from '$kit/store/lesson.svelte';

/** Later ones come again. */
const MOST_KEPT = 100;

/** Events that come in any order and more than once: each is heard when those before it are here. */
export class Holes {
  readonly #kept = new Map<number, LessonEvent>();
  #seq = -1;

  constructor(private readonly store: Pick<LessonStore, 'state' | 'hear'>) {}

  take(events: readonly LessonEvent[]): void {
    this.#forget();
    for (const event of events) if (this.#kept.size < MOST_KEPT) this.#kept.set(event.seq, event);
    this.fill();
  }

  /** A server that has lost something counts from before: the numbers are other events' now. */
  #forget(): void {
    const seq = this.store.state?.seq ?? -1;
    if (seq < this.#seq) this.#kept.clear();
    this.#seq = seq;
  }

  /** Whoever brought what was missing. */
  fill(): void {
    this.#forget();
    const inOrder = [...this.#kept.values()].sort((one, other) => one.seq - other.seq);
    for (const event of inOrder) {
      const seq = this.store.state?.seq ?? -1;
      const first = event.type === 'withheld' ? event.first_seq : event.seq;
      if (first > seq + 1) break;
      this.#kept.delete(event.seq);
      if (event.seq > seq) this.store.hear(event);
    }
    this.#seq = this.store.state?.seq ?? -1;
  }
}
