import { api } from '$kit/api';
import { slideKey } from '$kit/board/board';
import { sizeFor, viewOf } from '$kit/board/order';
import type { SlidePicture } from '$kit/board/shelf.svelte';
import type { Courseware, SlideRef, SlideView } from '$kit/protocol/schema';

const RETRY_MS = 5_000;
const MOST_PICTURES = 4;

/**
 * The slides of a lesson that is watched: the one that is shown and the next, no more, since a phone
 * pays for what it fetches. Pictures come with the broadcast (`base`), else from the service.
 */
export class Slides {
  coursewares = $state.raw<readonly Courseware[]>([]);
  pictures = $state.raw<readonly SlidePicture[]>([]);
  #shown: SlideRef | null = null;
  #listedMs = -Infinity;
  #isListing = false;
  #isBroadcast = true;
  readonly #asked = new Map<string, number>();

  /** `place`: where the manifests are. `base`: the broadcast's address, while there is one. */
  constructor(
    private readonly place: string,
    private readonly base: () => string | null,
  ) {}

  viewOf(slide: SlideRef | null): SlideView | null {
    return viewOf(this.coursewares, slide);
  }

  pictureOf(slide: SlideRef | null): SlidePicture | null {
    return this.pictures.find(({ key }) => key === slideKey(slide)) ?? null;
  }

  show(slide: SlideRef | null): void {
    this.#shown = slide;
    if (slide === null || slide.courseware_id === null) return;
    if (this.viewOf(slide) === null) void this.#list();
    void this.#fetch(slide).then((isHere) => {
      if (isHere && this.#shown === slide) void this.#fetch({ ...slide, number: slide.number + 1 });
    });
  }

  async #list(): Promise<void> {
    if (this.#isListing || Date.now() - this.#listedMs < RETRY_MS) return;
    this.#isListing = true;
    this.#listedMs = Date.now();
    try {
      this.coursewares = await api<Courseware[]>(`${this.place}/courseware`);
    } catch {
      setTimeout(() => this.show(this.#shown), RETRY_MS);
    }
    this.#isListing = false;
    this.show(this.#shown);
  }

  async #fetch(slide: SlideRef): Promise<boolean> {
    const view = this.viewOf(slide);
    if (view === null || this.pictureOf(slide)) return view !== null;
    const key = slideKey(slide);
    if (Date.now() - (this.#asked.get(key) ?? -Infinity) < RETRY_MS) return false;
    this.#asked.set(key, Date.now());
    const size = sizeFor(innerWidth * devicePixelRatio);
    const base = this.#isBroadcast ? this.base() : null;
    const name = `slides/${slide.courseware_id ?? ''}/${slide.number}-${size}.webp`;
    let picture = base === null ? null : await pictureAt(key, new URL(name, base).href);
    if (base !== null && picture === null) this.#isBroadcast = false;
    picture ??= await pictureAt(key, view[size].url);
    if (picture !== null) this.pictures = [...this.pictures, picture].slice(-MOST_PICTURES);
    return picture !== null;
  }
}

async function pictureAt(key: string, url: string): Promise<SlidePicture | null> {
  const image = new Image();
  image.alt = ''; // the paper says its words
  image.src = url;
  try {
    await image.decode();
    return { key, url, image };
  } catch {
    return null;
  }
}
