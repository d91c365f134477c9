import { describe, expect, test } from 'vitest';
import { checksOf, verdictOf, type Seen } from '../../src/staff/check/verdict';

const good: Seen = {
  isOpening: false,
  hasVoice: true,
  hasPicture: true,
  microphoneFault: null,
  cameraFault: null,
  wasHeard: true,
  hasListened: true,
  heardSpeaker: null,
};

function verdict(differs: Partial<Seen>): string {
  return verdictOf(checksOf({ ...good, ...differs })).verdict;
}

describe('the verdict', () => {
  test.each([
    ['all is well', {}, 'good'],
    ['devices are being opened', { isOpening: true }, 'checking'],
    ['nothing was heard yet', { wasHeard: false, hasListened: false }, 'checking'],
    ['nothing was heard for long', { wasHeard: false }, 'better'],
    ['there is no microphone', { hasVoice: false }, 'blocked'],
    ['the microphone is refused', { hasVoice: false, microphoneFault: 'denied' }, 'blocked'],
    ['the camera is busy', { hasPicture: false, cameraFault: 'busy' }, 'better'],
    ['the loudspeaker was not heard', { heardSpeaker: false }, 'better'],
    ['the page is not secure', { hasVoice: false, microphoneFault: 'insecure' }, 'blocked'],
  ] as const)('when %s', (_name, differs, expected) => {
    expect(verdict(differs)).toBe(expected);
  });

  test('each fault has its own sentence', () => {
    const faults = ['insecure', 'denied', 'missing', 'busy', 'failed'] as const;
    const words = faults.map((fault) => {
      const [microphone, camera] = checksOf({
        ...good,
        hasVoice: false,
        hasPicture: false,
        microphoneFault: fault,
        cameraFault: fault,
      });
      return [microphone?.words, camera?.words];
    });
    expect(words).toEqual(faults.map((fault) => [`mic.${fault}`, `cam.${fault}`]));
  });

  test('counts what could be better', () => {
    const checks = checksOf({ ...good, wasHeard: false, hasPicture: false });
    expect(verdictOf(checks)).toEqual({ verdict: 'better', better: 2 });
  });
});
