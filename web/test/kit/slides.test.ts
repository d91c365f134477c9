import { afterEach, describe, expect, it, vi } from 'vitest';
import { Download, isGenuine } from '$kit/board/download';
import { firstChange, isLonger } from '$kit/board/canvas';
import { MemoryKeep } from '$kit/board/keep';
import { needOrder, sizeFor, viewOf } from '$kit/board/order';
import { FIRST_PIECE_BYTES, nextPieceBytes, paceOf } from '$kit/board/pace';
import type { Courseware, LinkSignal, SlideFile, StrokeView } from '$kit/protocol/schema';

function file(name: string, bytes = 10): SlideFile {
  return { url: `/slides/${name}.webp`, bytes, sha256: name };
}

function courseware(courseware_id: string, slides: number): Courseware {
  const views = Array.from({ length: slides }, (_, n) => ({
    number: n + 1,
    width: 1920,
    height: 1080,
    alt: '',
    preview: 'data:,',
    small: file(`${courseware_id}${n}s`),
    medium: file(`${courseware_id}${n}m`),
    large: file(`${courseware_id}${n}l`),
  }));
  const rest = { lesson_id: 'l', title: '', done_slides: slides, total_slides: slides };
  return { courseware_id, ...rest, status: 'ready', error: null, slides: views };
}

const link = (voice: LinkSignal['voice'], picture: LinkSignal['picture']): LinkSignal => ({
  voice,
  slides: 'full',
  picture,
});

describe('the order of need', () => {
  const all = [courseware('a', 5), courseware('b', 2)];
  const names = (shown: { courseware_id: string | null; number: number } | null) =>
    needOrder(all, shown).map(({ slide }) => `${slide.courseware_id}${slide.number}`);

  it('is the shown slide, the next, the previous, then onwards, then back, then the others', () => {
    expect(names({ courseware_id: 'a', number: 3 })).toEqual('a3 a4 a2 a5 a1 b1 b2'.split(' '));
  });

  it('is the lesson’s own when none or the blank board is shown', () => {
    const own = 'a1 a2 a3 a4 a5 b1 b2'.split(' ');
    expect(names(null)).toEqual(own);
    expect(names({ courseware_id: null, number: 2 })).toEqual(own);
  });

  it('names every slide once, whatever is shown', () => {
    for (let number = 1; number <= 5; number += 1) {
      const order = names({ courseware_id: 'a', number });
      expect([...order].sort()).toEqual('a1 a2 a3 a4 a5 b1 b2'.split(' '));
      expect(order[0]).toBe(`a${number}`);
    }
  });

  it('finds a slide, or null', () => {
    expect(viewOf(all, { courseware_id: 'b', number: 2 })?.small.sha256).toBe('b1s');
    expect(viewOf(all, { courseware_id: 'c', number: 1 })).toBeNull();
    expect(viewOf(all, null)).toBeNull();
  });
});

describe('the size', () => {
  it.each([
    [300, 'small'],
    [700, 'small'],
    [1030, 'medium'],
    [1450, 'medium'],
    [1920, 'large'],
  ])('for %d pixels is %s', (pixels, size) => expect(sizeFor(pixels)).toBe(size));
});

describe('the pace', () => {
  it('fetches nothing while no voice comes', () => {
    expect(paceOf(link('none', 'full'), true)).toBeNull();
  });

  it('fetches only the shown slide, small and slowly, while the voice suffers', () => {
    expect(paceOf(link('half', 'full'), false)).toBeNull();
    expect(paceOf(link('half', 'full'), true)).toMatchObject({ size: 'small' });
  });

  it('leaves most of a link without pictures to the voice', () => {
    for (const isShown of [true, false]) {
      const pace = paceOf(link('full', 'none'), isShown);
      expect(pace?.size).toBe('small');
      expect((8 * (pace?.pieceBytes ?? 0)) / (pace?.restMs ?? 1)).toBeLessThanOrEqual(66);
    }
  });

  it('rests nowhere when all is well, or nothing is due', () => {
    expect(paceOf(link('full', 'full'), false)).toMatchObject({ restMs: 0, size: null });
    expect(paceOf(null, false)).toMatchObject({ restMs: 0 });
  });
});

describe('a piece', () => {
  /** What a piece of that size queues for, once pieces have had their sizes for a while. */
  function longestQueueMs(kbps: number, roundTripMs: number): number {
    let [bytes, longest] = [FIRST_PIECE_BYTES, 0];
    for (let n = 0; n < 20; n++) {
      const queueMs = (8 * bytes) / kbps;
      if (n > 2) longest = Math.max(longest, queueMs);
      bytes = Math.min(128 * 1024, nextPieceBytes(bytes, roundTripMs + queueMs));
    }
    return longest;
  }

  it.each([
    [64, 600, 520],
    [150, 600, 220],
    [300, 600, 220],
    [300, 60, 900],
    [2_000, 600, 270],
  ])('over %d kbit/s and %d ms is in front of the voice for %d ms at most', (kbps, ms, most) => {
    expect(longestQueueMs(kbps, ms)).toBeLessThanOrEqual(most);
  });

  it('is large where the link is good', () => {
    let bytes = FIRST_PIECE_BYTES;
    for (let n = 0; n < 5; n++) bytes = nextPieceBytes(bytes, 50 + (8 * bytes) / 10_000);
    expect(bytes).toBeGreaterThanOrEqual(128 * 1024);
  });
});

describe('a download', () => {
  const whole = new Uint8Array(1000).map((_, n) => n % 251);
  const digest = async () => {
    const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  const asked: string[] = [];

  function serve(answer: (from: number, to: number) => Response): void {
    asked.length = 0;
    vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
      const range = (init.headers as Record<string, string>)['Range'] ?? '';
      asked.push(range);
      const [from = 0, to = 0] = range.replace('bytes=', '').split('-').map(Number);
      return Promise.resolve(answer(from, to));
    });
  }
  const ranges = (from: number, to: number) =>
    new Response(whole.slice(from, to + 1), { status: 206 });

  afterEach(() => vi.unstubAllGlobals());

  it('comes in pieces, and goes on after a break where it was', async () => {
    serve(ranges);
    const one = new Download({ url: '/x', bytes: 1000, sha256: await digest() }, () => 'grant');
    expect(await one.next(400)).toBeNull();
    serve(() => new Response(null, { status: 503 }));
    await expect(one.next(400)).rejects.toThrow();
    serve(ranges);
    await one.next(400);
    const done = await one.next(400);
    expect(asked).toEqual(['bytes=400-799', 'bytes=800-999']);
    expect(done?.size).toBe(1000);
  });

  it('takes the whole from a server that knows no ranges', async () => {
    serve(() => new Response(whole, { status: 200 }));
    const one = new Download({ url: '/x', bytes: 1000, sha256: await digest() }, () => 'grant');
    expect((await one.next(100))?.size).toBe(1000);
  });

  it('is not taken when it is damaged, and begins again', async () => {
    serve(() => new Response(new Uint8Array(1000), { status: 206 }));
    const one = new Download({ url: '/x', bytes: 1000, sha256: await digest() }, () => 'grant');
    await expect(one.next(1000)).rejects.toThrow('damaged');
    serve(ranges);
    expect((await one.next(1000))?.size).toBe(1000);
    expect(await isGenuine(new Blob([whole]), 'other')).toBe(false);
  });
});

describe('what is kept in memory', () => {
  it('has a bound; what came first goes first', async () => {
    const keep = new MemoryKeep(25);
    for (const name of ['a', 'b', 'c']) await keep.put(name, new Blob(['0123456789']));
    expect([...keep.urls]).toEqual(['b', 'c']);
    expect(await keep.get('a')).toBeNull();
    expect((await keep.get('c'))?.size).toBe(10);
    await keep.put('c', new Blob(['01234']));
    await keep.put('d', new Blob(['0123456789']));
    expect([...keep.urls]).toEqual(['b', 'c', 'd']);
  });
});

describe('what is painted anew', () => {
  const pen = { tool: 'pen', color: 0, width: 50, text: '' } as const;
  const stroke = (stroke_id: string, points: number[]): StrokeView => ({
    stroke_id,
    style: pen,
    points,
    by: null,
  });
  const [a, b] = [stroke('a', [1, 1]), stroke('b', [2, 2])];

  it('is only what came after the last', () => {
    expect(firstChange([a], [a, b])).toBe(1);
    expect(isLonger([a], [stroke('a', [1, 1, 2, 2])], 0)).toBe(true);
  });

  it('is everything when a stroke is gone, another, or shines through', () => {
    expect(isLonger([a, b], [b], firstChange([a, b], [b]))).toBe(false);
    expect(isLonger([a, b], [stroke('a', [1, 1, 2, 2]), b], 0)).toBe(false);
    const shining = { ...a, style: { ...pen, tool: 'highlighter' as const } };
    expect(isLonger([a], [shining], 0)).toBe(false);
  });
});
