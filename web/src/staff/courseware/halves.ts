/** Uploads that this browser began and did not finish: after a reload the same file goes on. */

export interface Half {
  /** The lesson's courseware. */
  path: string;
  /** Where the server takes the rest. */
  place: string;
  name: string;
  size: number;
  modifiedMs: number;
  sent: number;
  atMs: number;
}

const KEY = 'courseware-halves';
/** As long as the server keeps them. */
const KEPT_MS = 24 * 3_600_000;

type Named = Pick<File, 'name' | 'size' | 'lastModified'>;

/** Those of a lesson that may still be finished. */
export function halvesOf(path: string, nowMs = Date.now()): Half[] {
  return read().filter((half) => half.path === path && nowMs - half.atMs < KEPT_MS);
}

export function halfOf(path: string, file: Named): Half | null {
  const same = (half: Half) =>
    half.name === file.name && half.size === file.size && half.modifiedMs === file.lastModified;
  return halvesOf(path).find(same) ?? null;
}

export function remember(path: string, place: string, file: Named, sent: number): void {
  const { name, size, lastModified: modifiedMs } = file;
  const half = { path, place, name, size, modifiedMs, sent, atMs: Date.now() };
  write([...read().filter((one) => one.place !== place), half]);
}

export function forget(place: string): void {
  write(read().filter((one) => one.place !== place));
}

function read(): Half[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as Half[];
  } catch {
    return [];
  }
}

function write(halves: Half[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(halves.slice(-20)));
  } catch {
    // a browser that keeps nothing begins anew after a reload
  }
}
