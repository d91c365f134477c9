// Builds every page into dist/, each with its own scripts, then compresses what is served as it is.
// `npm run build -- room join` builds only those.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { pageBuild } from './pages.mjs';

const WEB = new URL('../', import.meta.url).pathname;
const DIST = `${WEB}dist`;
/** A whole build is made beside the old one, which a running service goes on serving meanwhile. */
const NEXT = `${WEB}node_modules/.dist`;
const PAGES = ['room', 'join', 'phone', 'watch', 'camera', 'captions', 'staff'];
const COMPRESSED = /\.(html|js|css|svg)$/;

function compress(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) compress(`${path}/`);
    else if (COMPRESSED.test(entry.name)) {
      const body = readFileSync(path);
      writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }));
      writeFileSync(`${path}.br`, brotliCompressSync(body));
    }
  }
}

const wanted = process.argv.slice(2);
const isWhole = wanted.length === 0;
const folder = isWhole ? NEXT : DIST;
if (isWhole) rmSync(NEXT, { recursive: true, force: true });
for (const page of PAGES) {
  const chosen = isWhole || wanted.includes(page);
  if (chosen && existsSync(`${WEB}${page}.html`)) await build(pageBuild(page, folder));
}
compress(`${folder}/`);
if (isWhole) {
  rmSync(DIST, { recursive: true, force: true });
  renameSync(NEXT, DIST);
}
