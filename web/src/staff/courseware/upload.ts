/** Sends one file in pieces (tus 1.0.0), with its progress, which fetch() can't tell. A break of the
 *  link costs a piece; it goes on by itself, and after a reload when the same file is chosen. */

import { ApiError, fetchWithin, UNREACHABLE } from '$kit/api';
import type { Courseware, ErrorBody, PremiereView, Problem } from '$kit/protocol/schema';
import { forget, halfOf, remember } from './halves';

export interface Sending {
  /** The id of what it became. Raises ApiError with the server's sentence; `upload-cancelled` after
   *  `abort`. */
  done: Promise<string>;
  abort: () => void;
}

export interface UploadNews {
  sent: (bytes: number) => void;
  /** The link is gone, or is back. */
  lost: (isLost: boolean) => void;
}

const PIECE_BYTES = 512 * 1024;
/** For a piece: 46 kbit/s. */
const PIECE_WITHIN_MS = 90_000;
/** A film has gigabytes: fewer requests, of 110 kbit/s with the server's look at the whole. */
const FILM_PIECE_BYTES = 2 * 1024 * 1024;
const FILM_WITHIN_MS = 150_000;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];
const DROP_WITHIN_MS = 15_000;
/** Two hours of a link that is gone. */
const MOST_DROPS = 700;
const TUS = { 'Tus-Resumable': '1.0.0' };
const NOT_ALLOWED = [401, 403];
const TAKEN_UP_AGAIN = ['upload-broken', 'upload-offset-wrong'];
/** The file itself won't do: the same file would be refused again. */
const REFUSED = [
  'courseware-empty',
  'courseware-kind-unknown',
  'courseware-needs-office',
  'courseware-office-exposed',
  'courseware-too-large',
  'file-clock-jumps',
  'file-too-demanding',
  'file-too-large',
  'file-too-long',
  'file-unreadable',
  'file-without-media',
];
/** The server has nothing of it any more; after every other word the half may still be finished. */
const GONE = ['upload-unknown', ...REFUSED];

/** Whether sending the same file once more may help. */
export function mayGoAgain({ id }: ErrorBody): boolean {
  return !REFUSED.includes(id);
}

export function sendCourseware(path: string, file: File, news: UploadNews): Sending {
  return send({ path, file, news, pieceBytes: PIECE_BYTES, withinMs: PIECE_WITHIN_MS });
}

/** A film that is played as a lesson; with the last piece the server looks at it for a while. */
export function sendFilm(path: string, file: File, ends: boolean, news: UploadNews): Sending {
  const query = `?ends_lesson=${String(ends)}`;
  return send({ path, file, news, query, pieceBytes: FILM_PIECE_BYTES, withinMs: FILM_WITHIN_MS });
}

interface Job {
  /** Of what it becomes: courseware in a list, or the lesson's film. */
  path: string;
  file: File;
  news: UploadNews;
  query?: string;
  pieceBytes: number;
  withinMs: number;
}

function send(job: Job): Sending {
  const upload = new Upload(job);
  return { done: upload.run(), abort: () => upload.abort() };
}

class Upload {
  #place: string | null;
  #request: XMLHttpRequest | null = null;
  #isAborted = false;
  #wake: () => void = () => undefined;

  private readonly path: string;
  private readonly file: File;
  private readonly news: UploadNews;

  constructor(private readonly job: Job) {
    ({ path: this.path, file: this.file, news: this.news } = job);
    this.#place = halfOf(this.path, this.file)?.place ?? null;
  }

  async run(): Promise<string> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#send(() => (failures = 0));
        return idOf(this.#place);
      } catch (caught) {
        if (!isBreak(caught) || this.#isAborted) throw this.#over(caught);
      }
      this.news.lost(true);
      await this.#pause(RETRY_MS[failures] ?? 10_000);
    }
  }

  abort(): void {
    this.#isAborted = true;
    this.#request?.abort();
    this.#wake();
    if (this.#place !== null) dropUpload(this.#place);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
    });
  }

  async #send(moved: () => void): Promise<void> {
    let sent = await this.#offset();
    if (sent === null) return;
    this.news.lost(false);
    this.news.sent(sent);
    do {
      const end = Math.min(sent + this.job.pieceBytes, this.file.size);
      const headers = { 'Upload-Offset': String(sent), 'Content-Type': PIECE_TYPE };
      await this.#ask('PATCH', this.#place ?? '', headers, this.file.slice(sent, end), sent);
      sent = end;
      moved();
      if (this.#place) remember(this.path, this.#place, this.file, sent);
    } while (sent < this.file.size);
    if (this.#place) forget(this.#place);
  }

  /** From where to go on: what the server has of it, or the beginning of a new upload. Null when it
   *  is whole there already, and only the answer was lost. */
  async #offset(): Promise<number | null> {
    const known = this.#place && (await this.#offsetAt(this.#place));
    if (typeof known === 'number') return known;
    if (this.#place && (await this.#isThere(idOf(this.#place)))) return null;
    const answer = await this.#ask('POST', `${this.path}/uploads${this.job.query ?? ''}`, {
      'Upload-Length': String(this.file.size),
      'Upload-Metadata': `filename ${base64(this.file.name.slice(-200))}`,
    });
    this.#place = answer.getResponseHeader('Location') ?? '';
    remember(this.path, this.#place, this.file, 0);
    return 0;
  }

  /** Null when the server does not have it any more. */
  async #offsetAt(place: string): Promise<number | null> {
    try {
      const answer = await this.#ask('HEAD', place, {});
      return Number(answer.getResponseHeader('Upload-Offset'));
    } catch (caught) {
      if (!(caught instanceof ApiError)) throw caught;
      // an answer to HEAD has no words: who is signed out hears so from another question
      if (NOT_ALLOWED.includes(caught.status)) await this.#ask('GET', this.path, {});
      if (caught.status !== 404) throw caught;
      forget(place);
      return null;
    }
  }

  async #isThere(id: string): Promise<boolean> {
    try {
      const told = (await this.#ask('GET', this.path, {})).response as Courseware[] | PremiereView;
      if (!Array.isArray(told)) return told.upload_id === id;
      return told.some(({ courseware_id }) => courseware_id === id);
    } catch (caught) {
      if (caught instanceof ApiError && caught.error.id === 'premiere-none') return false;
      throw caught;
    }
  }

  #ask(
    method: string,
    address: string,
    headers: Record<string, string>,
    body: Blob | null = null,
    sent = 0,
  ): Promise<XMLHttpRequest> {
    if (this.#isAborted) return Promise.reject(new ApiError(0, CANCELLED));
    const request = (this.#request = new XMLHttpRequest());
    return new Promise((resolve, reject) => {
      request.open(method, address);
      request.responseType = 'json';
      request.timeout = this.job.withinMs;
      for (const [name, value] of Object.entries({ ...TUS, ...headers }))
        request.setRequestHeader(name, value);
      if (body) request.upload.onprogress = ({ loaded }) => this.news.sent(sent + loaded);
      request.onload = () => (request.status < 300 ? resolve(request) : reject(faultIn(request)));
      request.onerror =
        request.ontimeout =
        request.onabort =
          () => reject(new ApiError(0, UNREACHABLE));
      request.send(body);
    });
  }

  #over(caught: unknown): unknown {
    if (this.#isAborted) return new ApiError(0, CANCELLED);
    if (this.#place && caught instanceof ApiError && GONE.includes(caught.error.id))
      forget(this.#place);
    return caught;
  }
}

const CANCELLED = { ...UNREACHABLE, id: 'upload-cancelled' };
const PIECE_TYPE = 'application/offset+octet-stream';

/** Forgets it here at once, and tells the server that the rest will not come as soon as it can be
 *  reached; unless this page is closed before: it forgets by itself after a day. */
export function dropUpload(place: string): void {
  forget(place);
  void tellDropped(place);
}

async function tellDropped(place: string): Promise<void> {
  for (let tries = 0; tries < MOST_DROPS; tries += 1) {
    try {
      const { status } = await fetchWithin(place, { method: 'DELETE' }, DROP_WITHIN_MS);
      if (status < 500) return;
    } catch {
      // the link is gone: again
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS[tries] ?? 10_000));
  }
}

/** The link or a proxy's trouble, and not the server's word on the file. */
function isBreak(caught: unknown): boolean {
  if (!(caught instanceof ApiError)) return false;
  return (
    caught.status === 0 || caught.error === UNREACHABLE || TAKEN_UP_AGAIN.includes(caught.error.id)
  );
}

function idOf(place: string | null): string {
  return place?.slice(place.lastIndexOf('/') + 1) ?? '';
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function faultIn(request: XMLHttpRequest): ApiError {
  const problem = request.response as Partial<Problem> | null;
  return new ApiError(request.status, problem?.error ?? UNREACHABLE);
}
