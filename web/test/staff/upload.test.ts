import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ApiError } from '$kit/api';
import { halvesOf } from '../../src/staff/courseware/halves';
import { sendCourseware } from '../../src/staff/courseware/upload';

const LESSON = '/api/lessons/les/courseware';
const PLACE = `${LESSON}/uploads/cou_1`;
const FILE = new File([new Uint8Array(1_000)], '面积.pdf', { lastModified: 7 });
const QUIET = { sent: () => undefined, lost: () => undefined };
const HOUR_MS = 3_600_000;

/** What the server says to each request; null: the link is gone. */
type Word = { status: number; id?: string; offset?: number } | null;
let said: string[] = [];
let answers: (asked: string) => Word;

/** The browser's end of the link. */
class Request {
  upload = {};
  status = 0;
  response: unknown = null;
  onload = (): void => undefined;
  onerror = (): void => undefined;
  onabort = (): void => undefined;
  #asked = '';
  #word: Word = null;

  open(method: string, address: string): void {
    this.#asked = `${method} ${address}`;
  }
  setRequestHeader(): void {
    return;
  }
  getResponseHeader(name: string): string | null {
    return name === 'Location' ? PLACE : String(this.#word?.offset ?? 0);
  }
  send(): void {
    said.push(this.#asked);
    const word = (this.#word = answers(this.#asked));
    if (word?.id) this.response = { error: { id: word.id, message: {}, details: {} } };
    this.status = word?.status ?? 0;
    setTimeout(() => (word === null ? this.onerror() : this.onload()), 1);
  }
  abort(): void {
    this.onabort();
  }
}

function usual(asked: string): Word {
  return { status: asked.startsWith('POST') ? 201 : 204 };
}

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  answers = usual;
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  vi.stubGlobal('XMLHttpRequest', Request);
  vi.stubGlobal('fetch', (address: string, { method }: RequestInit) => {
    said.push(`${method} ${address}`);
    const word = answers(`${method} ${address}`);
    return word ? Promise.resolve({ status: word.status }) : Promise.reject(new TypeError());
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('goes on after a break', async () => {
  let breaks = 2;
  answers = (asked) => (asked.startsWith('PATCH') && breaks-- > 0 ? null : usual(asked));
  const { done } = sendCourseware(LESSON, FILE, QUIET);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await done).toBe('cou_1');
  expect(said.filter((asked) => asked.startsWith('POST'))).toHaveLength(1);
});

it('that is cancelled while the link is gone stays cancelled, and the server hears of it', async () => {
  answers = (asked) => (asked.startsWith('POST') ? usual(asked) : null);
  const { done, abort } = sendCourseware(LESSON, FILE, QUIET);
  const ended = expect(done).rejects.toMatchObject({ error: { id: 'upload-cancelled' } });
  await vi.advanceTimersByTimeAsync(20_000);
  abort();
  await ended;
  expect(halvesOf(LESSON)).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  answers = usual;
  said = [];
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(said).toEqual([`DELETE ${PLACE}`]);
});

async function refusedWith(id: string, status: number): Promise<unknown> {
  answers = (asked) => (asked.startsWith('PATCH') ? { status, id } : usual(asked));
  const { done } = sendCourseware(LESSON, FILE, QUIET);
  const ended = done.catch((caught: unknown) => (caught as ApiError).error.id);
  await vi.advanceTimersByTimeAsync(1_000);
  return ended;
}

it.each([
  ['courseware-busy', 503],
  ['signed-out', 401],
  ['disk-full', 507],
])('keeps its half when the server says %s', async (id, status) => {
  expect(await refusedWith(id, status)).toBe(id);
  expect(halvesOf(LESSON)).toMatchObject([{ place: PLACE }]);
  answers = (asked) =>
    asked.startsWith('HEAD') ? { status: 200, offset: FILE.size } : usual(asked);
  said = [];
  const { done } = sendCourseware(LESSON, FILE, QUIET);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await done).toBe('cou_1');
  expect(said).toEqual([`HEAD ${PLACE}`, `PATCH ${PLACE}`]);
});

it.each([
  ['upload-unknown', 404],
  ['courseware-kind-unknown', 415],
  ['courseware-too-large', 413],
])('forgets its half when the server says %s', async (id, status) => {
  expect(await refusedWith(id, status)).toBe(id);
  expect(halvesOf(LESSON)).toEqual([]);
});

const ANSWERS: [string, (asked: string) => boolean][] = [
  ['begins', (asked) => asked.startsWith('POST')],
  ['is on its way', (asked) => asked.startsWith('PATCH')],
  // an answer to HEAD has no words: they come with the list that is asked for then
  ['goes on', (asked) => asked.startsWith('HEAD') || asked === `GET ${LESSON}`],
];

it.each(ANSWERS)('says so where the sign-in has ended when it %s', async (when, isRefused) => {
  if (when === 'goes on') await refusedWith('courseware-busy', 503);
  answers = (asked) => {
    if (!isRefused(asked)) return usual(asked);
    return asked.startsWith('HEAD') ? { status: 401 } : { status: 401, id: 'signed-out' };
  };
  const { done } = sendCourseware(LESSON, FILE, QUIET);
  const ended = expect(done).rejects.toMatchObject({
    status: 401,
    error: { id: 'signed-out' },
  });
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  await ended;
  expect(halvesOf(LESSON)).toHaveLength(when === 'begins' ? 0 : 1);
});
