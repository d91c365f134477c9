import type { Courseware, SlideFile, SlideRef, SlideView } from '../protocol/schema';

export interface NeededSlide {
  slide: SlideRef;
  view: SlideView;
}

/** Every slide that has a file, in the order in which it may be needed: the one that is shown, the
 *  next, the previous, the rest of its courseware onwards, what came before, then the others'. */
export function needOrder(
  coursewares: readonly Courseware[],
  shown: SlideRef | null,
): NeededSlide[] {
  const all = coursewares.flatMap((courseware) =>
    courseware.slides.map((view) => ({
      slide: { courseware_id: courseware.courseware_id, number: view.number },
      view,
    })),
  );
  const own = all.filter(({ slide }) => slide.courseware_id === shown?.courseware_id);
  if (own.length === 0) return all;
  const away = ({ slide }: NeededSlide): number => urgency(slide.number - (shown?.number ?? 1));
  const sorted = [...own].sort((a, b) => away(a) - away(b));
  return [...sorted, ...all.filter((one) => !own.includes(one))];
}

/** How soon a slide may be needed that lies so many pages ahead (or, below 0, behind). */
function urgency(ahead: number): number {
  if (ahead === -1) return 1.5;
  return ahead < 0 ? 10_000 - ahead : ahead;
}

export type Size = 'small' | 'medium' | 'large';

const WIDTHS: Record<Exclude<Size, 'large'>, number> = { small: 640, medium: 1280 };
/** A picture may be drawn this much larger than it is before anybody sees it. */
const STRETCH = 1.15;

/** The smallest size that is sharp on so many pixels. */
export function sizeFor(pixels: number): Size {
  if (pixels <= WIDTHS.small * STRETCH) return 'small';
  return pixels <= WIDTHS.medium * STRETCH ? 'medium' : 'large';
}

export function fileOf(view: SlideView, size: Size): SlideFile {
  return view[size];
}

/** The slide's manifest, if it is known. */
export function viewOf(
  coursewares: readonly Courseware[],
  slide: SlideRef | null,
): SlideView | null {
  const courseware = coursewares.find((one) => one.courseware_id === slide?.courseware_id);
  return courseware?.slides.find((view) => view.number === slide?.number) ?? null;
}
