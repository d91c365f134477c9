/** The board as the teacher handles it: which slide, which tool, and ink that shows at once. */

import { slideKey } from '$kit/board/board';
import { viewOf } from '$kit/board/order';
import type { Place } from '$kit/board/ink';
import { newStrokeId, Pen } from '$kit/board/pen';
import { SlideShelf } from '$kit/board/shelf.svelte';
import { touched } from '$kit/board/touch';
import type { BoardView, SlideRef, StrokeView } from '$kit/protocol/schema';
import { slideBeside, slidesOf } from './pages';
import type { Teaching } from './teaching.svelte';
import { isInk, styleOf, type BoardTool } from './tools';

const SEND_EVERY_MS = 200;
const BARE: BoardView = { slide: null, strokes: [] };
/** The console's slide is never wider than this share of the screen. */
const SLIDE_SHARE = 0.7;

export class BoardDesk {
  tool = $state<BoardTool>('pen');
  color = $state(0);
  /** What is drawn here and not on the board yet. */
  fresh = $state.raw<readonly StrokeView[]>([]);
  /** Where our pointer is; null: nowhere. */
  pointer = $state.raw<Place | null>(null);
  shelf = $state.raw<SlideShelf | null>(null);

  /** Asked for and not confirmed yet; undefined when the server's word is ours. */
  #wanted = $state.raw<SlideRef | null | undefined>(undefined);
  #turns = 0;
  #erased = $state.raw<readonly string[]>([]);
  #lastSlide: SlideRef | null = null;
  #lastBlank: SlideRef = { courseware_id: null, number: 1 };
  #pointed: Place | null = null;
  readonly #pen = new Pen(newStrokeId);
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(private readonly teaching: Teaching) {
    this.#timer = setInterval(() => this.#send(), SEND_EVERY_MS);
  }

  get slide(): SlideRef | null {
    return this.#wanted === undefined ? this.#told.slide : this.#wanted;
  }

  /** The board as it is to be seen here: turned at once, without what was just erased. */
  get board(): BoardView {
    const { slide, strokes } = this.#told;
    if (slideKey(slide) !== slideKey(this.slide)) return { slide: this.slide, strokes: [] };
    const hidden = [...this.#erased, ...this.fresh.map(({ stroke_id }) => stroke_id)];
    if (hidden.length === 0) return this.#told;
    return { slide, strokes: strokes.filter(({ stroke_id }) => !hidden.includes(stroke_id)) };
  }

  get coursewares(): SlideShelf['coursewares'] {
    return this.shelf?.coursewares ?? [];
  }

  get next(): SlideRef | null {
    return slideBeside(this.coursewares, this.slide, 1);
  }

  get previous(): SlideRef | null {
    return slideBeside(this.coursewares, this.slide, -1);
  }

  get nextView(): ReturnType<typeof viewOf> {
    return viewOf(this.coursewares, this.next);
  }

  get #told(): BoardView {
    return this.teaching.state?.board ?? BARE;
  }

  /** Follows the lesson's word; called when its state or its connection changed. */
  follow(): void {
    const { state, store } = this.teaching;
    if (!state || !store) return;
    this.shelf ??= new SlideShelf({
      place: `/api/lessons/${this.teaching.lessonId}`,
      grant: () => store.grant,
      link: () => null,
      pixels: () => Math.min(1920, innerWidth * devicePixelRatio * SLIDE_SHARE),
    });
    store.onRefused ??= (about, error) => {
      if (this.#pen.refused(about, error.id, Date.now())) this.teaching.fault = error;
      this.#show();
    };
    this.shelf.list(state.courseware);
    this.shelf.show(this.slide);
    this.#remember(state.board.slide);
    this.#pen.see(state.board);
    this.#show();
  }

  /** The connection broke: what the board lacks is sent again once it is back. */
  lost(): void {
    this.#pen.again();
  }

  close(): void {
    clearInterval(this.#timer);
    this.shelf?.close();
  }

  // ---- turning ---------------------------------------------------------------------------------

  /** Shows a slide, here at once. */
  turn(slide: SlideRef | null): void {
    if (slideKey(slide) === slideKey(this.slide)) return;
    this.#pen.end();
    this.#send();
    this.#wanted = slide;
    this.#erased = [];
    this.point(null);
    this.shelf?.show(slide);
    this.#show();
    const turn = ++this.#turns;
    void this.teaching.ask({ type: 'turn_slide', slide }).then(() => {
      if (turn === this.#turns) this.#wanted = undefined;
      this.#show();
    });
  }

  step(by: 1 | -1): void {
    const slide = by === 1 ? this.next : this.previous;
    if (slide) this.turn(slide);
  }

  /** The slide shown last, or the first; false when there is none. */
  openSlides(): boolean {
    const all = slidesOf(this.coursewares);
    const last = all.find((one) => slideKey(one) === slideKey(this.#lastSlide));
    const slide = last ?? all[0];
    if (slide) this.turn(slide);
    return slide !== undefined;
  }

  openBlank(): void {
    this.turn(this.#lastBlank);
  }

  // ---- drawing ---------------------------------------------------------------------------------

  press(place: Place, isEraserEnd: boolean): void {
    const { slide } = this;
    if (slide === null) return;
    const tool = isEraserEnd ? 'eraser' : this.tool;
    if (tool === 'eraser') this.#erase(place);
    else if (isInk(tool) && tool !== 'text')
      this.#pen.begin(slide, styleOf(tool, this.color), place);
    this.#show();
  }

  drag(places: readonly Place[], isEraserEnd: boolean): void {
    if (this.tool === 'eraser' || isEraserEnd) for (const place of places) this.#erase(place);
    else for (const place of places) this.#pen.move(place);
    if (this.#pen.isDrawing) this.#show();
  }

  release(): void {
    if (!this.#pen.isDrawing) return;
    this.#pen.end();
    this.#send();
    this.#show();
  }

  write(place: Place, text: string): void {
    const { slide } = this;
    if (slide === null || !text.trim()) return;
    this.#pen.begin(slide, styleOf('text', this.color, text.trim()), place);
    this.#pen.end();
    this.#send();
    this.#show();
  }

  point(place: Place | null): void {
    this.pointer = place;
  }

  undo(): void {
    this.release();
    this.#erased = [];
    void this.teaching.ask({ type: 'undo' });
  }

  clear(): void {
    this.release();
    void this.teaching.ask({ type: 'clear_board' });
  }

  #erase(place: Place): void {
    const stroke = touched(this.board.strokes, place);
    if (!stroke) return;
    const { stroke_id } = stroke;
    this.#erased = [...this.#erased, stroke_id];
    const back = () => (this.#erased = this.#erased.filter((one) => one !== stroke_id));
    void this.teaching.ask({ type: 'erase', stroke_id }).then(back);
  }

  #send(): void {
    const { store } = this.teaching;
    if (!store || store.link !== 'open') return;
    for (const draw of this.#pen.due(Date.now()))
      if (store.tell({ type: 'draw', ...draw }))
        this.#pen.sent(draw.stroke_id, draw.points.length / 2);
    if (
      this.pointer !== this.#pointed &&
      store.tell({ type: 'point_at', at: asPair(this.pointer) })
    )
      this.#pointed = this.pointer;
  }

  #show(): void {
    const strokes = this.#pen.shown(this.slide);
    if (strokes.length > 0 || this.fresh.length > 0) this.fresh = strokes;
  }

  #remember(slide: SlideRef | null): void {
    if (slide === null) return;
    if (slide.courseware_id === null) this.#lastBlank = slide;
    else this.#lastSlide = slide;
  }
}

function asPair(place: Place | null): [number, number] | null {
  return place === null ? null : [place[0], place[1]];
}
