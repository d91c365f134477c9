/** What the device check says, from what the browser told us. Pure. */

import type { DeviceFault } from '$rtc/devices';

export type CheckName = 'microphone' | 'camera' | 'speaker';
/** `waiting`: not known yet. `better`: works, could be better. `blocks`: no lesson without it. */
export type CheckState = 'waiting' | 'good' | 'better' | 'blocks';

/** Keys of the page's words. */
export type CheckWords =
  | 'mic.waiting'
  | 'mic.good'
  | 'mic.quiet'
  | 'mic.insecure'
  | 'mic.denied'
  | 'mic.missing'
  | 'mic.busy'
  | 'mic.failed'
  | 'cam.waiting'
  | 'cam.good'
  | 'cam.insecure'
  | 'cam.denied'
  | 'cam.missing'
  | 'cam.busy'
  | 'cam.failed'
  | 'spk.waiting'
  | 'spk.good'
  | 'spk.bad';

export interface Check {
  name: CheckName;
  state: CheckState;
  words: CheckWords;
}

export interface Seen {
  isOpening: boolean;
  hasVoice: boolean;
  hasPicture: boolean;
  microphoneFault: DeviceFault | null;
  cameraFault: DeviceFault | null;
  /** A sound came through the microphone. */
  wasHeard: boolean;
  hasListened: boolean;
  /** What the teacher said about the test sound; null while she was not asked. */
  heardSpeaker: boolean | null;
}

/** Only a missing microphone blocks: a camera that fails costs the picture and nothing else. */
export function checksOf(seen: Seen): Check[] {
  return [microphone(seen), camera(seen), speaker(seen)];
}

function microphone(seen: Seen): Check {
  const name = 'microphone';
  if (seen.isOpening) return { name, state: 'waiting', words: 'mic.waiting' };
  if (seen.microphoneFault || !seen.hasVoice) {
    return { name, state: 'blocks', words: `mic.${seen.microphoneFault ?? 'missing'}` };
  }
  if (seen.wasHeard) return { name, state: 'good', words: 'mic.good' };
  if (seen.hasListened) return { name, state: 'better', words: 'mic.quiet' };
  return { name, state: 'waiting', words: 'mic.waiting' };
}

function camera(seen: Seen): Check {
  const name = 'camera';
  if (seen.isOpening) return { name, state: 'waiting', words: 'cam.waiting' };
  if (seen.cameraFault || !seen.hasPicture) {
    return { name, state: 'better', words: `cam.${seen.cameraFault ?? 'missing'}` };
  }
  return { name, state: 'good', words: 'cam.good' };
}

function speaker({ heardSpeaker }: Seen): Check {
  const name = 'speaker';
  if (heardSpeaker === null) return { name, state: 'waiting', words: 'spk.waiting' };
  return heardSpeaker
    ? { name, state: 'good', words: 'spk.good' }
    : { name, state: 'better', words: 'spk.bad' };
}

export type Verdict = 'checking' | 'blocked' | 'good' | 'better';

/** The headline, and how many things could be better. */
export function verdictOf(checks: readonly Check[]): { verdict: Verdict; better: number } {
  const better = checks.filter(({ state }) => state === 'better').length;
  if (checks.some(({ state }) => state === 'blocks')) return { verdict: 'blocked', better };
  const isOpen = checks.some(({ name, state }) => name !== 'speaker' && state === 'waiting');
  if (isOpen) return { verdict: 'checking', better };
  return { verdict: better > 0 ? 'better' : 'good', better };
}
