/** What two rows hold on stage or on a screen of 4:3, and on a wide one; in halves of a Chinese
 *  character. */
const NARROW_HALVES = 56;
const WIDE_HALVES = 132;
const FIRST_WIDE = 0x1100;

/** Whether a line needs smaller letters to be read whole: `long` where there is less room, `longer`
 *  everywhere. */
export function lengthOf(text: string): '' | 'long' | 'long longer' {
  const halves = [...text].reduce(
    (sum, char) => sum + ((char.codePointAt(0) ?? 0) >= FIRST_WIDE ? 2 : 1),
    0,
  );
  if (halves > WIDE_HALVES) return 'long longer';
  return halves > NARROW_HALVES ? 'long' : '';
}
