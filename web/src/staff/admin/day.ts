/** Days and minutes as the browser's date fields write them, in local time. Pure. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `2026-04-15` */
export function dayInput(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `2026-04-15T09:00`: the next full five minutes. */
export function localInput(ms: number): string {
  const step = 5 * 60_000;
  const date = new Date(Math.ceil(ms / step) * step);
  return `${dayInput(date.getTime())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What such a field says, in ms since the epoch; null when it says nothing. */
export function msOf(text: string): number | null {
  const ms = text ? new Date(text.length === 10 ? `${text}T00:00` : text).getTime() : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
