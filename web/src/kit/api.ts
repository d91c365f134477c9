import type { ErrorBody, Problem } from './protocol/schema';

/** An HTTP answer that is an error, or no answer at all (`status` 0, id `network-unreachable`). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: ErrorBody,
  ) {
    super(error.id);
    this.name = 'ApiError';
  }
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Sent as JSON, unless it is a Blob. */
  body?: unknown;
  /** Bearer token, for what a cookie does not open. */
  grant?: string;
  /** Given up after this long; 15 s unless told. */
  timeoutMs?: number;
}

/** Calls the HTTP API and reads its JSON answer. Raises ApiError with the server's sentence. */
export async function api<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await send(path, options);
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ApiError(0, UNREACHABLE);
  }
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const { method = 'GET', body, grant, timeoutMs = 15_000 } = options;
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (grant !== undefined) headers['Authorization'] = `Bearer ${grant}`;
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  try {
    return await fetchWithin(path, init, timeoutMs);
  } catch {
    throw new ApiError(0, UNREACHABLE);
  }
}

/**
 * `fetch` that gives up, in the middle of the body too: the timer outlives the headers, and ends
 * nothing once all has been read. Chrome 80 has no AbortSignal.timeout.
 */
export async function fetchWithin(
  path: string,
  init: RequestInit,
  timeoutMs: number,
): Promise<Response> {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), timeoutMs);
  const response = await fetch(path, { ...init, signal: controller.signal });
  for (const hear of [...answerHearers]) hear();
  return response;
}

/** Called whenever the server answered one of these, whatever it said. */
export const answerHearers = new Set<() => void>();

/** Reads a problem+json answer; a proxy's HTML page becomes a sentence with its status. */
export async function refusal(response: Response): Promise<ApiError> {
  try {
    const problem = (await response.json()) as Partial<Problem>;
    if (problem.error) return new ApiError(response.status, problem.error);
  } catch {
    return new ApiError(response.status, unexpected(response.status));
  }
  return new ApiError(response.status, unexpected(response.status));
}

export const UNREACHABLE: ErrorBody = {
  id: 'network-unreachable',
  message: {
    'zh-CN': '连不上服务器。请检查网络，联网后自动再试。',
    en: 'The server cannot be reached. Check the network; this tries again by itself.',
  },
  details: {},
};

function unexpected(status: number): ErrorBody {
  return {
    id: 'unexpected-answer',
    message: {
      'zh-CN': `服务器没有正常回答，请再试一次。（代码 ${status}）`,
      en: `The server did not answer as expected; try again. (Code ${status})`,
    },
    details: { status },
  };
}
