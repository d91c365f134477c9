import { backoffMs } from '$kit/protocol/backoff';
import { Refused, rest } from './fetching';

/** Longer than the server lets anybody wait for what comes next. */
const WITHIN_MS = 16_000;
const MOST_TRIES_COUNTED = 3;
/** The address is no good, or the file is gone: nothing that another try would change. */
const FINAL = [400, 403, 404, 410];

/**
 * A file of the live lesson, which may be held until it is there; its address is its permission. Null
 * when it is not wanted any more. Raises Refused.
 */
export async function fetchLive(url: string, isOver: () => boolean): Promise<ArrayBuffer | null> {
  for (let tries = 0; !isOver(); tries += 1) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), WITHIN_MS);
    try {
      const answer = await fetch(url, { signal: controller.signal, credentials: 'omit' });
      if (FINAL.includes(answer.status)) throw new Refused(`${url}: ${answer.status}`);
      if (answer.ok) return isOver() ? null : await answer.arrayBuffer();
    } catch (error) {
      if (error instanceof Refused) throw error;
    } finally {
      clearTimeout(timer);
    }
    await rest(backoffMs(Math.min(tries, MOST_TRIES_COUNTED)));
  }
  return null;
}
