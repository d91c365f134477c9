/** Writing on the slide while this room is on stage: ink that shows at once, and only its own. */

import { placeOf, placesOf } from '$kit/board/hand';
import type { Place } from '$kit/board/ink';
import { newStrokeId, Pen } from '$kit/board/pen';
import { touched } from '$kit/board/touch';
import type { BoardView, ErrorBody, StrokeStyle, StrokeView } from '$kit/protocol/schema';
import type { LessonStore } from '$kit/store/lesson.svelte';

const SEND_EVERY_MS = 200;
const SAY_FAULT_FOR_MS = 6_000;
/** As the server makes it, whatever a page says. */
const STYLE: StrokeStyle = { tool: 'pen', color: 3, width: 60, text: '' };

export class StagePen {
  isErasing = $state(false);
  /** What is drawn here and not on the board yet. */
  fresh = $state.raw<readonly StrokeView[]>([]);
  fault = $state.raw<ErrorBody | null>(null);
  #erased = $state.raw<readonly string[]>([]);
  #pressed: number | null = null;
  #faultTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #pen = new Pen(newStrokeId);
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly store: LessonStore,
    private readonly roomId: string,
  ) {
    this.#timer = setInterval(() => this.#send(), SEND_EVERY_MS);
    store.onRefused = (about, error) => {
      if (this.#pen.refused(about, error.id, Date.now())) this.#say(error);
      this.#show();
    };
  }

  /** Follows the lesson's board and connection. */
  follow(board: BoardView, link: LessonStore['link']): void {
    if (link !== 'open') this.#pen.again();
    this.#pen.see(board);
    this.#show();
  }

  /** The board's strokes as they are to be seen here. */
  strokesOf({ strokes }: BoardView): StrokeView[] {
    const hidden = [...this.#erased, ...this.fresh.map(({ stroke_id }) => stroke_id)];
    return strokes.filter(({ stroke_id }) => !hidden.includes(stroke_id));
  }

  /** The teacher took the pen, or another slide is shown. */
  release(): void {
    this.#pressed = null;
    if (!this.#pen.isDrawing) return;
    this.#pen.end();
    this.#send();
    this.#show();
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#faultTimer);
    this.store.onRefused = null;
  }

  down(event: PointerEvent): void {
    const slide = this.#board?.slide;
    if (this.#pressed !== null || event.button !== 0 || !slide) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.#pressed = event.pointerId;
    if (this.isErasing) this.#erase(placeOf(event));
    else this.#pen.begin(slide, STYLE, placeOf(event));
    this.#show();
  }

  moved(event: PointerEvent): void {
    if (this.#pressed !== event.pointerId) return;
    for (const place of placesOf(event))
      if (this.isErasing) this.#erase(place);
      else this.#pen.move(place);
    this.#show();
  }

  up(event: PointerEvent): void {
    if (this.#pressed === event.pointerId) this.release();
  }

  undo(): void {
    this.release();
    this.#ask({ type: 'undo' });
  }

  get #board(): BoardView | undefined {
    return this.store.state?.board;
  }

  #erase(place: Place): void {
    const own = this.#board?.strokes.filter(({ by }) => by?.room_id === this.roomId) ?? [];
    const left = own.filter(({ stroke_id }) => !this.#erased.includes(stroke_id));
    const stroke = touched(left, place);
    if (!stroke) return;
    const { stroke_id } = stroke;
    this.#erased = [...this.#erased, stroke_id];
    const back = () => (this.#erased = this.#erased.filter((one) => one !== stroke_id));
    void this.#ask({ type: 'erase', stroke_id }).then(back);
  }

  #ask(request: { type: 'undo' } | { type: 'erase'; stroke_id: string }): Promise<void> {
    return this.store.request(request).catch((caught: { error?: ErrorBody }) => {
      if (caught.error) this.#say(caught.error);
    });
  }

  #send(): void {
    if (this.store.link !== 'open') return;
    for (const draw of this.#pen.due(Date.now()))
      if (this.store.tell({ type: 'draw', ...draw }))
        this.#pen.sent(draw.stroke_id, draw.points.length / 2);
  }

  #show(): void {
    const strokes = this.#pen.shown(this.#board?.slide ?? null);
    if (strokes.length > 0 || this.fresh.length > 0) this.fresh = strokes;
  }

  #say(error: ErrorBody): void {
    this.fault = error;
    clearTimeout(this.#faultTimer);
    this.#faultTimer = setTimeout(() => (this.fault = null), SAY_FAULT_FOR_MS);
  }
}
