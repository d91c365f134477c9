/** What /readyz says of the machine's parts. Pure. */

/** Whether somebody goes without a picture that this machine has no place to make. */
export function isMakingFull(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null || !('parts' in answer)) return false;
  const { parts } = answer;
  if (typeof parts !== 'object' || parts === null || !('lower_pictures' in parts)) return false;
  return parts.lower_pictures === 'transcoders-full';
}
