import type { Locale } from './locale.svelte';

export type Arguments = Record<string, string | number>;

const ARGUMENT = /\{(\w+)(?:, plural, ((?:(?:=\d+|one|other) \{[^{}]*\} ?)+))?\}/g;
const BRANCH = /(=\d+|one|other) \{([^{}]*)\}/g;

/**
 * Fills an ICU message: `{name}` and `{n, plural, =0 {none} one {# room} other {# rooms}}`.
 * An argument that is missing shows as its name, so that a test or a person sees it.
 */
export function format(message: string, args: Arguments, locale: Locale): string {
  return message.replace(ARGUMENT, (_all, name: string, branches: string | undefined) => {
    const value = args[name];
    if (value === undefined) return name;
    if (branches === undefined) return String(value);
    return branch(branches, Number(value), locale).split('#').join(String(value));
  });
}

function branch(branches: string, count: number, locale: Locale): string {
  const texts = new Map<string, string>();
  for (const [, key, text] of branches.matchAll(BRANCH)) texts.set(key ?? '', text ?? '');
  const category = new Intl.PluralRules(locale).select(count);
  return texts.get(`=${count}`) ?? texts.get(category) ?? texts.get('other') ?? '';
}
