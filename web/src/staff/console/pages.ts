/** Which slide comes before and after another. Pure. */

import type { Courseware, SlideRef } from '$kit/protocol/schema';

/** Pages of the blank board. */
export const MOST_BLANK_PAGES = 20;

/** The slide so many pages on (or, below 0, back); null at either end. Coursewares follow each other
 *  in the lesson's order; the blank board's pages are a row of their own. */
export function slideBeside(
  coursewares: readonly Courseware[],
  slide: SlideRef | null,
  step: 1 | -1,
): SlideRef | null {
  if (slide === null) return null;
  if (slide.courseware_id === null) {
    const number = slide.number + step;
    return number >= 1 && number <= MOST_BLANK_PAGES ? { courseware_id: null, number } : null;
  }
  const all = slidesOf(coursewares);
  const at = all.findIndex(
    (one) => one.courseware_id === slide.courseware_id && one.number === slide.number,
  );
  return at === -1 ? null : (all[at + step] ?? null);
}

export function slidesOf(coursewares: readonly Courseware[]): SlideRef[] {
  return coursewares.flatMap(({ courseware_id, slides }) =>
    slides.map(({ number }) => ({ courseware_id, number })),
  );
}

/** How many slides the row has that a slide is in. */
export function countBeside(coursewares: readonly Courseware[], slide: SlideRef): number {
  if (slide.courseware_id === null) return MOST_BLANK_PAGES;
  const own = coursewares.find((one) => one.courseware_id === slide.courseware_id);
  return own ? (own.total_slides ?? own.slides.length) : 0;
}
