import type { QuestionView, ServerMessage, ViewersView } from '../protocol/schema';

/** Questions kept on a page; the oldest that wait for nobody fall out. */
const MOST_QUESTIONS = 200;

/**
 * Who watches a lesson outside of its rooms, and what they ask, as its store tells it (`onMessage`).
 * Apart from the lesson's state, because rooms are told neither.
 */
export class Viewing {
  questions = $state.raw<readonly QuestionView[]>([]);
  viewers = $state.raw<ViewersView | null>(null);

  hear(message: ServerMessage): void {
    if (message.type === 'snapshot') {
      this.questions = message.questions;
      this.viewers = message.viewers;
    } else if (message.type === 'viewers_changed') this.viewers = message.viewers;
    else if (message.type === 'question_changed') this.#put(message.question);
  }

  /** Those that still need somebody. */
  get open(): readonly QuestionView[] {
    return this.questions.filter(({ state }) => state === 'waiting' || state === 'approved');
  }

  #put(question: QuestionView): void {
    const isThis = (one: QuestionView): boolean => one.question_id === question.question_id;
    const known = this.questions.some(isThis);
    const all = known
      ? this.questions.map((one) => (isThis(one) ? question : one))
      : [...this.questions, question];
    const done = all.filter(({ state }) => state === 'answered' || state === 'dismissed');
    const gone = new Set(done.slice(0, Math.max(0, all.length - MOST_QUESTIONS)));
    this.questions = all.filter((one) => !gone.has(one));
  }
}
