// Gzip budgets of the first screens. HTML carries its CSS, so the requests are HTML + scripts.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const DIST = new URL('../dist/', import.meta.url).pathname;
const BUDGETS = {
  ...{ room: 60, join: 30, phone: 60, watch: 60, camera: 60, captions: 60 },
  staff: 170,
};
const MOST_REQUESTS = 3;

const gzipped = (text) => gzipSync(text, { level: 9 }).length;

function measure(page) {
  const html = readFileSync(`${DIST}${page}.html`, 'utf8');
  const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
  const css = [...html.matchAll(/<style>(.*?)<\/style>/gs)].map((match) => match[1]).join('');
  const rest = files.map((file) => gzipped(readFileSync(`${DIST}${file}`)));
  return {
    page,
    requests: 1 + files.length,
    html_bytes: gzipped(html),
    of_which_css_bytes: gzipped(css),
    files_bytes: rest.reduce((sum, size) => sum + size, 0),
  };
}

let failed = false;
const pages = process.argv.slice(2).filter((word) => word in BUDGETS);
const SMALL = ['room', 'join', 'phone', 'watch', 'camera', 'captions'];
const report = (pages.length ? pages : SMALL).map((page) => {
  const size = measure(page);
  const total_bytes = size.html_bytes + size.files_bytes;
  const ok =
    total_bytes <= BUDGETS[page] * 1024 && (page === 'staff' || size.requests <= MOST_REQUESTS);
  failed ||= !ok;
  return { ...size, total_bytes, budget_bytes: BUDGETS[page] * 1024, ok };
});
if (process.argv.includes('--json')) console.log(JSON.stringify(report));
else console.table(report, Object.keys(report[0]));
if (failed) process.exit(1);
