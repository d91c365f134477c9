// Fails when a classroom page's build holds CSS or JavaScript that Chrome 80 lacks.
import { readdirSync, readFileSync } from 'node:fs';

const DIST = new URL('../dist/', import.meta.url).pathname;
const PAGES = ['room', 'join', 'phone', 'watch', 'camera', 'captions'];

const CSS = [
  ['flex gap (use margins or grid-*-gap)', /[{;](?:gap|row-gap|column-gap):/],
  ['aspect-ratio', /[{;]aspect-ratio:/],
  ['aspect ratio as one number (1/1 is minified to it)', /aspect-ratio:\s*[\d.]+\)/],
  ['inset', /[{;]inset(?:-inline|-block)?(?:-start|-end)?:/],
  ['margin/padding-inline/-block shorthand', /[{;](?:margin|padding|border)-(?:inline|block):/],
  [':is, :where, :has', /:(?:is|where|has)\(/],
  ['dynamic viewport units', /\d(?:dvh|svh|lvh|dvw|dvi)/],
  ['color-mix, oklch, light-dark', /(?:color-mix|oklch|light-dark)\(/],
  ['container queries', /@container|container-type/],
  ['cascade layers', /@layer/],
  ['backdrop-filter', /backdrop-filter/],
  ['nesting', /[{;]\s*&/],
];
const JS = [
  ['logical assignment', /[\w\])](?:\?\?=|\|\|=|&&=)/],
  ['static block', /static\s*\{/],
  ['top-level await', /^await /m],
  ['Array.prototype.findLast', /\.findLast\(/],
  ['Promise.any', /Promise\.any\(/],
  ['WeakRef', /new WeakRef\(/],
  ['toSorted, groupBy', /\.toSorted\(|Object\.groupBy/],
  ['AbortSignal.timeout', /AbortSignal\.timeout/],
  ['requestVideoFrameCallback without a test', /\.requestVideoFrameCallback\(\(/],
];
/** Allowed because src/kit/polyfills.js gives them. */
const POLYFILLED = [
  ['replaceAll', /\.replaceAll\(/],
  ['at', /\.at\(/],
  ['structuredClone', /structuredClone\(/],
  ['Object.hasOwn', /Object\.hasOwn/],
  ['randomUUID', /\.randomUUID\(/],
];

function parts(page) {
  const html = readFileSync(`${DIST}${page}.html`, 'utf8');
  const css = [...html.matchAll(/<style>(.*?)<\/style>/gs)].map((match) => match[1]).join('\n');
  const inline = [...html.matchAll(/<script>(.*?)<\/script>/gs)]
    .map((match) => match[1])
    .join('\n');
  const names = [...html.matchAll(/src="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]);
  const lazy = readdirSync(`${DIST}assets`).filter((name) => name.startsWith(`${page}-`));
  const scripts = new Set([
    ...names,
    ...lazy.filter((n) => n.endsWith('.js')).map((n) => `assets/${n}`),
  ]);
  const js = [...scripts].map((name) => readFileSync(`${DIST}${name}`, 'utf8')).join('\n');
  return { css, js, inline };
}

const faults = [];
for (const page of PAGES) {
  const { css, js, inline } = parts(page);
  for (const [name, pattern] of CSS) if (pattern.test(css)) faults.push(`${page}: CSS ${name}`);
  for (const [name, pattern] of JS) if (pattern.test(js)) faults.push(`${page}: JS ${name}`);
  for (const [name, pattern] of POLYFILLED)
    if (pattern.test(js) && !inline.includes(name)) faults.push(`${page}: JS ${name}, no polyfill`);
}
for (const fault of faults) console.error(fault);
if (faults.length) process.exit(1);
console.log(`${PAGES.join(', ')}: nothing that Chrome 80 lacks`);
