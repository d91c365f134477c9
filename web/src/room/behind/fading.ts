import { rest } from './fetching';

const STEPS = 6;
const STEP_MS = 50;

/** One voice comes, another goes: says the share of the one that comes, until it is whole. */
export async function fade(onShare: (share: number) => void, isOver: () => boolean): Promise<void> {
  for (let step = 1; step <= STEPS && !isOver(); step += 1) {
    onShare(step / STEPS);
    await rest(STEP_MS);
  }
}
