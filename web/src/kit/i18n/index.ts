import type { Sentence } from '../protocol/schema';
import { format, type Arguments } from './format';
import { locale, type Locale } from './locale.svelte';

export { LOCALES, locale, setLocale, type Locale } from './locale.svelte';

/** Messages of one page: every language has the keys of zh-CN. */
export type Messages<Key extends string> = Record<Locale, Record<Key, string>>;
export type Translate<Key extends string> = (key: Key, args?: Arguments) => string;

/** Makes `t('key', {name})` for one page's messages; it follows the language when used in markup. */
export function translator<Key extends string>(messages: Messages<Key>): Translate<Key> {
  return (key, args = {}) => format(messages[locale()][key], args, locale());
}

/** The sentence of a server's error in the language of this page. */
export function sentence(text: Sentence): string {
  return text[locale()];
}
