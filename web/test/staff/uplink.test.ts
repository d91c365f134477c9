import { describe, expect, test } from 'vitest';
import {
  nextUplink,
  UPLINK_START,
  type Uplink,
  type UplinkSample,
} from '../../src/staff/console/uplink';

function sample(at_ms: number, differs: Partial<UplinkSample> = {}): UplinkSample {
  return {
    at_ms,
    is_connected: true,
    voice_bytes: at_ms,
    voice_loss: 0,
    picture_limited_by: 'none',
    ...differs,
  };
}

/** Feeds one sample a second. */
function after(seconds: number, differs: Partial<UplinkSample>, from: Uplink): Uplink {
  let uplink = from;
  const start_ms = (from.last?.at_ms ?? 0) + 1_000;
  for (let second = 0; second < seconds; second += 1) {
    uplink = nextUplink(uplink, sample(start_ms + second * 1_000, differs));
  }
  return uplink;
}

const steady = after(3, {}, UPLINK_START);

describe('the uplink', () => {
  test('is known from the first sample on', () => {
    expect(steady.state).toBe('steady');
  });

  test('turns slow only when the bandwidth has limited it for four seconds', () => {
    expect(after(4, { picture_limited_by: 'bandwidth' }, steady).state).toBe('steady');
    expect(after(5, { picture_limited_by: 'bandwidth' }, steady).state).toBe('slow');
  });

  test('a dip in between starts the count anew', () => {
    let uplink = after(3, { picture_limited_by: 'bandwidth' }, steady);
    uplink = after(1, {}, uplink);
    expect(after(4, { picture_limited_by: 'bandwidth' }, uplink).state).toBe('steady');
  });

  test('recovers later than it fails', () => {
    const slow = after(6, { picture_limited_by: 'bandwidth' }, steady);
    expect(after(10, {}, slow).state).toBe('slow');
    expect(after(11, {}, slow).state).toBe('steady');
  });

  test('says voice is lost when no voice leaves, whatever the browser claims', () => {
    expect(after(6, { voice_bytes: 7 }, steady).state).toBe('voice_lost');
    expect(after(6, { is_connected: false }, steady).state).toBe('voice_lost');
  });

  test('tells a busy computer from a slow link, and heavy loss is slow', () => {
    expect(after(6, { picture_limited_by: 'cpu' }, steady).state).toBe('computer_busy');
    expect(after(6, { voice_loss: 0.3 }, steady).state).toBe('slow');
  });
});
