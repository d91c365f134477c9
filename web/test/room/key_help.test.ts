import { render } from 'svelte/server';
import { expect, it, vi } from 'vitest';
import type { Locale } from '$kit/i18n';
import type { Classroom } from '../../src/room/classroom.svelte';
import { actionOf } from '../../src/room/keys';

vi.stubGlobal('location', { search: '?lang=en' });
vi.stubGlobal('document', { documentElement: {} });
const { setLocale } = await import('$kit/i18n');
const { default: KeyHelp } = await import('../../src/room/KeyHelp.svelte');

/** Of a page without a browser: each line as its keys and its words. */
function linesIn(locale: Locale): [string[], string][] {
  setLocale(locale);
  const { body } = render(KeyHelp, { props: { room: { home: null } as Classroom } });
  return [...body.matchAll(/<p>(.*?)<\/p>/gs)].map(([, line = '']) => [
    [...line.matchAll(/<kbd>(.*?)<\/kbd>/g)].map(([, key = '']) => key),
    line.replace(/<kbd>.*?<\/kbd>|<[^>]*>/g, '').trim(),
  ]);
}

it.each([
  ['zh-CN', '笔、橡皮、撤销（上台时）'],
  ['en', 'pen, eraser, undo (on stage)'],
] as const)('names what a room on stage writes with: %s', (locale, words) => {
  expect(linesIn(locale)).toContainEqual([['P', 'E', 'Z'], words]);
});

it('names no key twice, and each key but those of board and captions does something', () => {
  const keys = linesIn('en').flatMap(([of]) => of);
  expect(new Set(keys).size).toBe(keys.length);
  const plain = { ctrlKey: false, altKey: false, metaKey: false, repeat: false };
  const idle = keys.filter((key) => !actionOf({ key: key.replace('−', '-'), ...plain }));
  expect(idle).toEqual(['C', 'P', 'E', 'Z']);
});
