import { expect, it } from 'vitest';
import { StillPace, STILL_FORMS } from '../../src/room/still_pace';

const [LARGE, MIDDLE, SMALL] = STILL_FORMS;

it('sends large ones while they are quick, however far the server is', () => {
  const pace = new StillPace();
  for (let n = 0; n < 20; n += 1) pace.sent(1_300 + (n % 3) * 100);
  expect(pace.form).toBe(LARGE);
});

it('shrinks where they take long or are lost, and grows back after proof', () => {
  const pace = new StillPace();
  pace.sent(200);
  pace.sent(1_500);
  expect(pace.form).toBe(MIDDLE);
  pace.sent(null);
  pace.sent(null);
  expect(pace.form).toBe(SMALL);
  for (let n = 0; n < 5; n += 1) pace.sent(300);
  expect(pace.form).toBe(MIDDLE);
  for (let n = 0; n < 5; n += 1) pace.sent(300);
  expect(pace.form).toBe(LARGE);
});

it('takes four seconds for too slow even the first time', () => {
  const pace = new StillPace();
  pace.sent(4_000);
  expect(pace.form).toBe(MIDDLE);
});

it('never costs an uplink of 64 kbit/s more than a part', () => {
  for (const { mostBytes, everyMs } of STILL_FORMS)
    expect((8 * mostBytes) / everyMs).toBeLessThan(64 / 3);
});
