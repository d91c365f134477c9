/** What each step of a check says, from what was found. Pure. */

import type { CheckResult, CheckView } from '$kit/protocol/schema';
import type { CheckKey } from './messages';
import type { PartName } from './seeing';

export const STEPS = ['camera', 'microphone', 'echo', 'link', 'up', 'down'] as const;
export type StepName = (typeof STEPS)[number];
/** `better`: works with less. `blocks`: no lesson without it. */
export type StepState = 'waiting' | 'running' | 'good' | 'better' | 'blocks' | 'skipped';

export interface Step {
  name: StepName;
  state: StepState;
  /** Key of the sentence beside it. */
  words: CheckKey;
  values: Record<string, string | number>;
}

const SATELLITE_MS = 400;
const NOTABLE_LOSS = 0.05;
const LEVELS_FOR_A_PICTURE = ['low_video', 'high_video', 'screen_video'];

export function waiting(): Step[] {
  return STEPS.map((name) => ({ name, state: 'waiting', words: `${name}.waiting`, values: {} }));
}

/** A camera, microphone or loudspeaker, once it is known. */
export function deviceStep(name: 'camera' | 'microphone' | 'echo', found: PartName): Step {
  if (found === 'skipped') return { name, state: 'skipped', words: 'skipped', values: {} };
  return {
    name,
    state: found === 'good' ? 'good' : 'better',
    words: `${name}.${found}`,
    values: {},
  };
}

/** The way to the server. */
export function linkStep(found: Pick<CheckResult, 'way' | 'round_trip_ms' | 'loss_down'>): Step {
  const ms = Math.max(1, found.round_trip_ms ?? 0);
  const percent = percentText(found.loss_down ?? 0);
  const base = { name: 'link', values: { ms, percent } } as const;
  if (found.way === 'none') return { ...base, state: 'blocks', words: 'link.none' };
  if ((found.loss_down ?? 0) >= NOTABLE_LOSS)
    return { ...base, state: 'better', words: 'link.loss' };
  if (ms >= SATELLITE_MS) return { ...base, state: 'good', words: 'link.far' };
  return { ...base, state: 'good', words: found.way === 'udp' ? 'link.udp' : 'link.tcp' };
}

/** What the room sends, and what reaches it: by the server's verdict. */
export function rateSteps({ sends, level, found }: CheckView): Step[] {
  const up = rateText(found.up_bps);
  const down = rateText(found.down_bps);
  const isSeen = level !== null && LEVELS_FOR_A_PICTURE.includes(level);
  return [
    {
      name: 'up',
      state: sends === 'video' ? 'good' : sends === 'nothing' ? 'blocks' : 'better',
      words: `up.${sends}`,
      values: { rate: up },
    },
    {
      name: 'down',
      state: isSeen ? 'good' : level === null || level === 'voice' ? 'blocks' : 'better',
      words: `down.${level ?? 'none'}`,
      values: { rate: down },
    },
  ];
}

/** 1.2 Mbps, 64 kbps. */
export function rateText(bps: number | null): string {
  if (bps === null) return '–';
  if (bps >= 950_000) return `${(bps / 1e6).toFixed(1)} Mbps`;
  return `${Math.round(bps / 1_000)} kbps`;
}

export function percentText(fraction: number): string {
  return fraction > 0 && fraction < 0.01 ? '<1%' : `${Math.round(100 * fraction)}%`;
}
