import { describe, expect, it } from 'vitest';
import type { CheckView } from '../../../src/kit/protocol/schema';
import { lossBetween } from '../../../src/room/check/counting';
import { seenIn } from '../../../src/room/check/seeing';
import {
  deviceStep,
  linkStep,
  percentText,
  rateSteps,
  rateText,
} from '../../../src/room/check/steps';

function pixels(value: (place: number) => number): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: 64 * 36 * 4 }, (_, place) => value(place));
}

describe('seenIn', () => {
  it('tells a picture from a closed lid and from one that stands still', () => {
    const lively = [3, 5, 8].map((seed) => pixels((place) => (place * seed) % 251));
    expect(seenIn(lively)).toBe('good');
    expect(seenIn([pixels(() => 4), pixels(() => 6)])).toBe('black');
    const same = pixels((place) => place % 251);
    expect(seenIn([same, same, same])).toBe('frozen');
    expect(seenIn([])).toBe('failed');
  });
});

describe('steps', () => {
  it('say what is wrong with a device', () => {
    expect(deviceStep('camera', 'black')).toMatchObject({ state: 'better', words: 'camera.black' });
    expect(deviceStep('echo', 'good').state).toBe('good');
    expect(deviceStep('microphone', 'skipped').state).toBe('skipped');
  });

  it('say how the server is reached', () => {
    const udp = { way: 'udp', round_trip_ms: 0, loss_down: 0 } as const;
    expect(linkStep(udp)).toMatchObject({ state: 'good', words: 'link.udp', values: { ms: 1 } });
    expect(linkStep({ ...udp, round_trip_ms: 620 }).words).toBe('link.far');
    expect(linkStep({ ...udp, loss_down: 0.08 })).toMatchObject({
      state: 'better',
      words: 'link.loss',
      values: { percent: '8%' },
    });
    expect(linkStep({ ...udp, way: 'tcp' }).words).toBe('link.tcp');
    expect(linkStep({ way: 'none', round_trip_ms: null, loss_down: null }).state).toBe('blocks');
  });

  it('say what the rates mean, by the verdict', () => {
    const found = { up_bps: 90_000, down_bps: 64_000 } as CheckView['found'];
    const view = { level: 'slides', sends: 'stills', found } as CheckView;
    expect(rateSteps(view).map(({ state, words }) => [state, words])).toEqual([
      ['better', 'up.stills'],
      ['better', 'down.slides'],
    ]);
    const nothing = { ...view, level: null, sends: 'nothing' } as CheckView;
    expect(rateSteps(nothing).map(({ state }) => state)).toEqual(['blocks', 'blocks']);
  });
});

it('writes rates and shares for people', () => {
  expect([64_000, 1_234_000, 996_000, null].map(rateText)).toEqual([
    '64 kbps',
    '1.2 Mbps',
    '1.0 Mbps',
    '–',
  ]);
  expect([0, 0.004, 0.05].map(percentText)).toEqual(['0%', '<1%', '5%']);
});

it('counts what was lost between two looks', () => {
  const before = { downLost: 5, downSeen: 100, upLost: 1, upSent: 50 };
  const after = { downLost: 15, downSeen: 190, upLost: 3, upSent: 150 };
  expect(lossBetween(before, after)).toEqual({ down: 0.1, up: 0.02 });
  expect(lossBetween(before, before)).toEqual({ down: null, up: null });
});
