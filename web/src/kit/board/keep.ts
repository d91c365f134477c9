/** Where slide files are kept: in the browser's Cache Storage, else in memory, both with a bound. */

export interface SlideKeep {
  /** Addresses of what is kept. */
  readonly urls: ReadonlySet<string>;
  put(url: string, file: Blob): Promise<void>;
  get(url: string): Promise<Blob | null>;
}

const CACHE_NAME = 'streamsvc-slides';
const MOST_FILES = 600;
const MOST_MEMORY_BYTES = 24 * 1024 * 1024;

/** Cache Storage exists in secure contexts only, and may refuse there too. */
export async function openKeep(): Promise<SlideKeep> {
  try {
    const cache = await caches.open(CACHE_NAME);
    const requests = await cache.keys();
    return new StoredKeep(cache, new Set(requests.map(({ url }) => new URL(url).pathname)));
  } catch {
    return new MemoryKeep();
  }
}

/** Lasts beyond this page; the files that came first go first. */
class StoredKeep implements SlideKeep {
  constructor(
    private readonly cache: Cache,
    readonly urls: Set<string>,
  ) {}

  async put(url: string, file: Blob): Promise<void> {
    await this.cache.put(url, new Response(file));
    this.urls.add(url);
    for (const old of [...this.urls].slice(0, -MOST_FILES)) {
      this.urls.delete(old);
      await this.cache.delete(old);
    }
  }

  async get(url: string): Promise<Blob | null> {
    const answer = await this.cache.match(url);
    if (answer === undefined) this.urls.delete(url);
    return answer === undefined ? null : answer.blob();
  }
}

/** Lasts as long as this page; the files that came first go first. */
export class MemoryKeep implements SlideKeep {
  readonly urls = new Set<string>();
  readonly #files = new Map<string, Blob>();
  #bytes = 0;

  constructor(private readonly mostBytes = MOST_MEMORY_BYTES) {}

  put(url: string, file: Blob): Promise<void> {
    this.#drop(url);
    this.#files.set(url, file);
    this.urls.add(url);
    this.#bytes += file.size;
    for (const old of [...this.#files.keys()])
      if (this.#bytes > this.mostBytes && old !== url) this.#drop(old);
    return Promise.resolve();
  }

  get(url: string): Promise<Blob | null> {
    return Promise.resolve(this.#files.get(url) ?? null);
  }

  #drop(url: string): void {
    this.#bytes -= this.#files.get(url)?.size ?? 0;
    this.#files.delete(url);
    this.urls.delete(url);
  }
}
