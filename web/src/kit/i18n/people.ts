import type { Locale } from './locale.svelte';

const TITLE = '老师';

/** A teacher as she is addressed: with her title in Chinese, unless the name has it. */
export function teacherName(name: string, locale: Locale): string {
  return locale === 'en' || name.endsWith(TITLE) ? name : name + TITLE;
}
