import { describe, expect, test } from 'vitest';
import {
  nextUplink,
  UPLINK_START,
  type Uplink,
  type UplinkSample,
} from '../../src/staff/console/uplink';

let ticks = 0;

/** Feeds one sample a second. */
function after(seconds: number, differs: Partial<UplinkSample>, from: Uplink): Uplink {
  const good = { isConnected: true, bitrateBps: 900_000, fractionLost: 0 };
  let uplink = from;
  for (let second = 0; second < seconds; second += 1) {
    const atMs = 100_000 + (ticks += 1) * 1_000;
    uplink = nextUplink(uplink, { ...good, limitedBy: 'none', ...differs, atMs });
  }
  return uplink;
}

const steady = after(3, {}, UPLINK_START);

describe('the uplink', () => {
  test('is known from the first good sample on, and not blamed for its first second', () => {
    expect(steady.state).toBe('steady');
    expect(after(1, { bitrateBps: 0 }, UPLINK_START).state).toBe('unknown');
  });

  test('turns slow only when the bandwidth has limited it for four seconds', () => {
    expect(after(4, { limitedBy: 'bandwidth' }, steady).state).toBe('steady');
    expect(after(5, { limitedBy: 'bandwidth' }, steady).state).toBe('slow');
  });

  test('a good sample in between starts the count anew', () => {
    const uplink = after(1, {}, after(3, { limitedBy: 'bandwidth' }, steady));
    expect(after(4, { limitedBy: 'bandwidth' }, uplink).state).toBe('steady');
  });

  test('recovers later than it fails', () => {
    const slow = after(6, { limitedBy: 'bandwidth' }, steady);
    expect(after(10, {}, slow).state).toBe('slow');
    expect(after(11, {}, slow).state).toBe('steady');
  });

  test('says voice is lost when nothing leaves', () => {
    expect(after(6, { bitrateBps: 0 }, steady).state).toBe('voice_lost');
    expect(after(6, { isConnected: false }, steady).state).toBe('voice_lost');
  });

  test('tells a busy computer from a slow link, and heavy loss is slow', () => {
    expect(after(6, { limitedBy: 'cpu' }, steady).state).toBe('computer_busy');
    expect(after(6, { fractionLost: 0.3 }, steady).state).toBe('slow');
  });
});
