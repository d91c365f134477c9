import { backoffMs } from '$kit/protocol/backoff';

/** Without a byte for so long it is asked for again, from where it broke. */
const SILENT_MS = 8_000;
const MOST_TRIES_COUNTED = 2;

/** The server says no for good: the lesson is over, or we may not. */
export class Refused extends Error {}

export interface Fetching {
  grant: () => string;
  isOver: () => boolean;
}

/** What came of a file. */
interface Coming {
  fromByte: number;
  parts: Uint8Array[];
}

/**
 * A whole file, however often its transfer breaks; what came is kept. Null when it is not wanted any
 * more. From the byte `fromByte` on; a server that knows no ranges gives all. Raises Refused.
 */
export async function fetchWhole(
  url: string,
  wanted: Fetching,
  fromByte = 0,
): Promise<ArrayBuffer | null> {
  const coming: Coming = { fromByte, parts: [] };
  for (let tries = 0; !wanted.isOver(); tries += 1) {
    try {
      await fetchRest(url, wanted, coming);
      if (wanted.isOver()) return null;
      return await new Blob(coming.parts as BlobPart[]).arrayBuffer();
    } catch (error) {
      if (error instanceof Refused) throw error;
      await rest(backoffMs(Math.min(tries, MOST_TRIES_COUNTED)));
    }
  }
  return null;
}

async function fetchRest(url: string, wanted: Fetching, coming: Coming): Promise<void> {
  const { parts } = coming;
  const have = parts.reduce((sum, part) => sum + part.length, coming.fromByte);
  const headers: Record<string, string> = { Authorization: `Bearer ${wanted.grant()}` };
  if (have > 0) headers['Range'] = `bytes=${have}-`;
  const controller = new AbortController();
  let timer = setTimeout(() => controller.abort(), SILENT_MS);
  try {
    const asked: RequestInit & { priority: 'low' } = {
      headers,
      signal: controller.signal,
      cache: 'no-store',
      credentials: 'omit', // on connections that were made after the cut, not before it
      priority: 'low',
    };
    const answer = await fetch(url, asked);
    if (have > 0 && answer.status === 416) return; // it was whole already
    if ([403, 404, 409, 410].includes(answer.status)) throw new Refused(`${url}: ${answer.status}`);
    if (!answer.ok || answer.body === null) throw new Error(`${url}: ${answer.status}`);
    if (answer.status === 200) coming.fromByte = parts.length = 0;
    const reader = answer.body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      parts.push(piece.value);
      if (wanted.isOver()) return controller.abort();
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), SILENT_MS);
    }
  } finally {
    clearTimeout(timer);
  }
}

export function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
