import { ReturningSocket } from '$kit/protocol/socket';
import type { ClientMessage, ServerMessage } from '$kit/protocol/schema';
import type { LessonStore } from '$kit/store/lesson.svelte';
import { isEvent } from '$kit/store/reduce';

/** Tries in a row that brought nothing: it is not worth more of a thin link. */
const MOST_FAILURES = 6;

/**
 * The lesson's events once more, by another TCP connection: what a lost segment of one holds back the
 * other brings. Nobody sees whether it is there; it comes back by itself, and ends where it can't.
 */
export class SecondStrand {
  isGivenUp = false;
  readonly #socket: ReturningSocket;
  #failures = 0;

  constructor(
    path: string,
    private readonly store: LessonStore,
  ) {
    // No polls: over requests it would wait behind the same proxy.
    this.#socket = new ReturningSocket(path, {
      beforeTry: () => this.#mayTry(),
      opened: (send) => send(this.#hello()),
      received: (message) => this.#received(message as ServerMessage),
      lost: () => this.#lost(),
    });
    this.#socket.open();
  }

  close(): void {
    this.#socket.close();
  }

  /** Beside the first alone, which keeps the grant fresh and has a state to go on from. */
  async #mayTry(): Promise<void> {
    const { link, isPolled, state } = this.store;
    if (link !== 'open' || isPolled || state === null) throw new Error('no first strand');
    return Promise.resolve();
  }

  #hello(): ClientMessage {
    const { grant, state } = this.store;
    return { type: 'hello', version: 1, grant, since: state?.seq ?? 0, strand: 'second' };
  }

  #received(message: ServerMessage): void {
    if (message.type === 'resumed') this.#failures = 0;
    if (isEvent(message)) this.store.hear(message);
  }

  #lost(): void {
    this.#failures += 1;
    if (this.#failures < MOST_FAILURES) return;
    this.isGivenUp = true;
    this.close();
  }
}
