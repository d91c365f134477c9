import { backoffMs } from './protocol/backoff';

export interface LazyImport<Parts> {
  /** `() => import('./parts')`. */
  first: () => Promise<Parts>;
  /** `(url) => import(url)`. */
  anew: (url: string) => Promise<Parts>;
  isOver: () => boolean;
}

/**
 * Imports a chunk, and tries until it is here; null when it is no longer wanted. Chromium remembers
 * for ever that an address could not be imported, so each further try asks for another address of the
 * same file.
 */
export async function importUntilHere<Parts>(wanted: LazyImport<Parts>): Promise<Parts | null> {
  let url: string | null = null;
  for (let tries = 0; !wanted.isOver(); tries += 1) {
    try {
      return await (url === null ? wanted.first() : wanted.anew(`${url}?again=${tries}`));
    } catch (error) {
      url ??= addressIn(error);
      await new Promise((resolve) => setTimeout(resolve, backoffMs(tries)));
    }
  }
  return null;
}

/** Chrome and Firefox name it at the end of the message; Safari does not, and does not remember. */
function addressIn(error: unknown): string | null {
  return /https?:\/\/[^\s?#]+/.exec(String(error))?.[0] ?? null;
}
