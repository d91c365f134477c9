import type { Heard, LessonEvent } from '$kit/protocol/schema';
import type { LessonStore } from '$kit/store/lesson.svelte';
import type { Subscriber } from '$rtc/subscriber';
import { Holes } from './holes';
import { Lane } from './lane';

/** As many as the server has; the next begins while none before is open. */
const LANES = 4;
const APART_MS = 750;
/** Of a handshake some steps are the browser's to repeat, who waits longer each time. */
const OPEN_WITHIN_MS = 10_000;
/** Tries in a row that brought nothing. */
const MOST_FAILURES = 16;
const AGAIN_AFTER_MS = 1_000;
const LOOK_EVERY_MS = 250;
/** The server takes us for gone after five of these. */
const SAY_EVERY_MS = 2_000;
/** At first, until something came: the server may not have heard us, or seen that the link is bad. */
const SAY_FIRST_EVERY_MS = 750;
const FIRST_MS = 15_000;
const SAY_APART_MS = 100;

/**
 * The lesson's events once more, over a data channel that never waits for what was lost: the server
 * says them again and again until we say that we have them.
 */
export class EventChannel {
  isGivenUp = false;
  /** Events come. */
  isOpen = false;
  #lanes: Lane[] = [];
  /** The lane that is open. */
  #lane: Lane | null = null;
  #holes: Holes;
  readonly #looks: ReturnType<typeof setInterval>;
  #next: ReturnType<typeof setTimeout> | undefined;
  #deadlines = new Map<Lane, ReturnType<typeof setTimeout>>();
  #failures = 0;
  #openedAtMs = 0;
  #saidAtMs = 0;
  #saidSeq = -1;

  constructor(
    private readonly store: LessonStore,
    private readonly subscriber: Pick<Subscriber, 'way' | 'answer' | 'certificates'>,
  ) {
    this.#holes = new Holes(store);
    this.#looks = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#begin();
  }

  close(): void {
    clearInterval(this.#looks);
    this.#drop();
  }

  /** One more lane, and the next a little later. Later too while the media have no answer to make
   * its own of: that is no failure. */
  #begin(): void {
    const { answer, certificates } = this.subscriber;
    if (answer === '') {
      this.#after(AGAIN_AFTER_MS);
      return;
    }
    // With the answer it is known whether there are any; the server refuses who has another.
    if (certificates === undefined) {
      this.#giveUp();
      return;
    }
    const taken = this.#lanes.map(({ number }) => number);
    const number = Array.from({ length: LANES }, (_, at) => at).find((at) => !taken.includes(at));
    if (number === undefined) return;
    const lane = new Lane(this.store, this.subscriber, number, {
      opened: (lane) => this.#opened(lane),
      received: (lane, data) => void this.#received(lane, data),
      failed: (lane) => this.#failed(lane),
    });
    this.#lanes.push(lane);
    this.#deadlines.set(
      lane,
      setTimeout(() => this.#failed(lane), OPEN_WITHIN_MS),
    );
    this.#after(APART_MS);
  }

  /** Unless the next is due before. */
  #after(ms: number): void {
    this.#next ??= setTimeout(() => {
      this.#next = undefined;
      this.#begin();
    }, ms);
  }

  /** Begins no more. */
  #stop(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
  }

  #opened(lane: Lane): void {
    this.#stop();
    for (const other of this.#lanes) if (other !== lane) this.#leave(other);
    clearTimeout(this.#deadlines.get(lane));
    [this.#lanes, this.#lane, this.#openedAtMs] = [[lane], lane, Date.now()];
    this.#say();
  }

  async #received(lane: Lane, data: string | ArrayBuffer): Promise<void> {
    const events = JSON.parse(typeof data === 'string' ? data : await unpacked(data)) as object[];
    if (lane !== this.#lane) return; // over meanwhile
    this.#failures = 0;
    this.isOpen = true;
    this.#holes.take(events as LessonEvent[]);
    this.#look(true);
  }

  /** Says how far we are, when that is news to the server or it should know that we are here. */
  #look(isAsked = false): void {
    this.#holes.fill();
    const sinceMs = Date.now() - this.#saidAtMs;
    const isNews = isAsked || this.store.state?.seq !== this.#saidSeq;
    const isFirst = !this.isOpen && Date.now() - this.#openedAtMs < FIRST_MS;
    const everyMs = isFirst ? SAY_FIRST_EVERY_MS : SAY_EVERY_MS;
    if (sinceMs >= (isNews ? SAY_APART_MS : everyMs)) this.#say();
  }

  #say(): void {
    const heard = this.store.state?.seq;
    if (heard === undefined) return;
    const word: Heard = { heard, packed: typeof DecompressionStream !== 'undefined' };
    // What still waits says less than we know by now.
    if (this.#lane?.say(word)) [this.#saidAtMs, this.#saidSeq] = [Date.now(), heard];
  }

  #failed(lane: Lane): void {
    this.#leave(lane);
    if (lane === this.#lane) this.#drop();
    this.#failures += 1;
    if (this.#failures >= MOST_FAILURES) this.#giveUp();
    else this.#after(AGAIN_AFTER_MS);
  }

  #giveUp(): void {
    this.isGivenUp = true;
    this.close();
  }

  #leave(lane: Lane): void {
    clearTimeout(this.#deadlines.get(lane));
    this.#deadlines.delete(lane);
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    lane.close();
  }

  #drop(): void {
    this.#stop();
    for (const lane of this.#lanes) this.#leave(lane);
    [this.#lane, this.isOpen] = [null, false];
    this.#holes = new Holes(this.store);
  }
}

function unpacked(data: ArrayBuffer): Promise<string> {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).text();
}
