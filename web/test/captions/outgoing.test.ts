import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/kit/api';
import { Outgoing, type Line } from '../../src/captions/outgoing';

const line = (text: string): Line => ({ text, lang: 'zh-CN', fromMs: 1, lineId: null });
const problem = (status: number, id: string) =>
  new ApiError(status, { id, message: { 'zh-CN': id, en: id }, details: {} });

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30));
}

function outgoing(answers: (ApiError | null)[]) {
  const seen = { sent: [] as string[], refused: [] as string[], waiting: 0 };
  const made = new Outgoing({
    send: (one) => {
      seen.sent.push(one.text);
      const answer = answers.shift() ?? null;
      return answer === null ? Promise.resolve() : Promise.reject(answer);
    },
    changed: (waiting) => (seen.waiting = waiting.length),
    refused: (one, error) => seen.refused.push(`${one.text} ${error.id}`),
    retryMs: 1,
  });
  return { made, seen };
}

describe('lines on their way', () => {
  it('go out one after the other, and again where the network or the pace refused them', async () => {
    const { made, seen } = outgoing([problem(0, 'network-unreachable'), problem(429, 'too-fast')]);
    made.add(line('one'));
    made.add(line('two'));
    expect(seen.waiting).toBe(2);
    await settled();
    expect(seen.sent).toEqual(['one', 'one', 'one', 'two']);
    expect(seen).toMatchObject({ refused: [], waiting: 0 });
  });

  it('come back where they are refused for good, and those behind them go on', async () => {
    const { made, seen } = outgoing([problem(409, 'caption-not-last')]);
    made.add(line('one'));
    made.add(line('two'));
    await settled();
    expect(seen.sent).toEqual(['one', 'two']);
    expect(seen.refused).toEqual(['one caption-not-last']);
  });

  it('stay when the page is left', async () => {
    const { made, seen } = outgoing([problem(503, 'full'), problem(503, 'full')]);
    made.add(line('one'));
    made.close();
    await settled();
    expect(seen.sent).toEqual(['one']);
  });
});
