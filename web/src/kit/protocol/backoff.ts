const FIRST_MS = 500;
const LONGEST_MS = 8_000;

/**
 * How long to wait before try number `attempt` (0 is the first): 0.5 s doubling up to 8 s, of which
 * the upper half is random, so that a county's rooms don't all come back in the same instant.
 */
export function backoffMs(attempt: number, random: number = Math.random()): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return ceiling / 2 + (ceiling / 2) * random;
}
