import type { Locale } from './locale.svelte';

/** `09:05`, or `09:05:28`; 24 hours in every language. */
export function clockText(ms: number, withSeconds = false): string {
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), ...(withSeconds ? [date.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** `4月15日 周三`, `Wed 15 April`. */
export function dayText(ms: number, locale: Locale): string {
  const date = new Date(ms);
  const tag = locale === 'en' ? 'en-GB' : locale;
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(tag, options).format(date);
  const weekday = part({ weekday: 'short' });
  if (locale === 'en') return `${weekday} ${date.getDate()} ${part({ month: 'long' })}`;
  return `${date.getMonth() + 1}月${date.getDate()}日 ${weekday}`;
}

/** `4:32`, `1:02:09`: how long something lasts; never negative. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

/** `04:32`: time left, rounded up so that it reaches 00:00 at the start and not before. */
export function countdownText(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
