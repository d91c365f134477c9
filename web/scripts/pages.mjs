import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';

/** Where our imports start from. */
export const alias = { $kit: here('../src/kit'), $rtc: here('../src/rtc') };

function here(path) {
  return new URL(path, import.meta.url).pathname;
}

/** Runs before the module: what Chrome 80 lacks and the Svelte runtime or we use. */
export function inlinePolyfills() {
  const source = readFileSync(here('../src/kit/polyfills.js'), 'utf8');
  const minified = source.replace(/^\s*\/\/.*$/gm, '').replace(/\s*\n\s*/g, '\n');
  return {
    name: 'inline-polyfills',
    transformIndexHtml: (html) => html.replace('<!--polyfills-->', `<script>${minified}</script>`),
  };
}

/** Puts a page's stylesheet into its HTML: one round trip less on a 600 ms link. */
function inlineStyles() {
  return {
    name: 'inline-styles',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const sheets = Object.values(bundle).filter((file) => file.fileName.endsWith('.css'));
      for (const page of Object.values(bundle)) {
        if (page.type !== 'asset' || !page.fileName.endsWith('.html')) continue;
        let html = String(page.source);
        for (const sheet of sheets) {
          const link = new RegExp(`<link rel="stylesheet"[^>]*${sheet.fileName}[^>]*>`);
          const css = sheet.type === 'asset' ? String(sheet.source).trim() : '';
          html = html.replace(link, () => `<style>${css}</style>`);
        }
        page.source = html;
      }
      for (const sheet of sheets) Reflect.deleteProperty(bundle, sheet.fileName);
      // else a chunk that a lazy chunk imports would wait for a sheet that is nowhere
      for (const file of Object.values(bundle)) file.viteMetadata?.importedCss.clear();
    },
  };
}

/**
 * Svelte scopes styles with `:where(.svelte-x)`, which browsers before Chrome 88 drop with the whole
 * rule. The class alone says the same and only weighs more, evenly.
 */
function plainScopes() {
  return {
    name: 'plain-scopes',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const sheet of Object.values(bundle)) {
        if (sheet.type !== 'asset' || !sheet.fileName.endsWith('.css')) continue;
        sheet.source = String(sheet.source).replace(/:where\((\.svelte-[\w-]+)\)/g, '$1');
      }
    },
  };
}

/** Settings of one page's build; `scripts/build.mjs` makes one for each, so that none shares chunks. */
export function pageBuild(page, outDir) {
  return {
    configFile: false,
    root: here('..'),
    logLevel: 'warn',
    plugins: [svelte(), inlinePolyfills(), page === 'staff' ? plainScopes() : inlineStyles()],
    resolve: { alias },
    build: {
      target: ['chrome80'],
      cssTarget: ['chrome80'],
      modulePreload: { polyfill: false },
      outDir,
      emptyOutDir: false,
      assetsInlineLimit: 4096,
      rolldownOptions: {
        input: { [page]: here(`../${page}.html`) },
        checks: { pluginTimings: false },
      },
    },
  };
}
