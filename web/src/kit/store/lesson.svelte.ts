import type { ClientMessage, ErrorBody, LessonEvent, ServerMessage } from '../protocol/schema';
import { ApiError, UNREACHABLE } from '../api';
import { ReturningSocket } from '../protocol/socket';
import { isEvent, reduce } from './reduce';
import type { LessonState } from './state';
import { Strands } from './strands';

/** A grant and when it dies. */
export interface HeldGrant {
  grant: string;
  expiresAtMs: number;
  /** For media, with passwords that die with the grant. */
  iceServers: RTCIceServer[];
}

/** Something a page may ask of a lesson; the store adds the `request_id`. */
export type LessonRequest = WithoutId<Extract<ClientMessage, { request_id: string }>>;
type WithoutId<Request> = Request extends unknown ? Omit<Request, 'request_id'> : never;

interface Pending {
  done: () => void;
  failed: (error: ApiError) => void;
  timer: ReturnType<typeof setTimeout>;
}

const ANSWER_WITHIN_MS = 10_000;
const RENEW_BEFORE_MS = 10_000;

/**
 * One lesson as this page sees it: `state` (null until the first snapshot), `link`, and `request`.
 * It connects, resumes after breaks and renews its grant by itself, until `close`.
 */
export class LessonStore {
  state = $state.raw<LessonState | null>(null);
  /** Where the teacher points, in parts of 10,000 of the slide; null: nowhere. */
  pointer = $state.raw<readonly number[] | null>(null);
  /** Told when something that is not answered was refused; `about` names it (a stroke's id). */
  onRefused: ((about: string, error: ErrorBody) => void) | null = null;
  /** Told every message once, before it counts. */
  onMessage: ((message: ServerMessage) => void) | null = null;
  link = $state<'connecting' | 'open' | 'lost'>('connecting');
  /** Events come by requests, because the network passes no WebSocket. */
  isPolled = $state(false);
  /** Why the server refused us at the door; cleared by the next snapshot. */
  refusal = $state.raw<ErrorBody | null>(null);

  #grant: HeldGrant;
  readonly #renew: () => Promise<HeldGrant>;
  readonly #socket: ReturningSocket;
  readonly #pending = new Map<string, Pending>();
  readonly #strands = new Strands();
  #nextId = 1;

  /** `renew` fetches a grant that lives; it is asked when the one we hold died or was refused. */
  constructor(path: string, grant: HeldGrant, renew: () => Promise<HeldGrant>) {
    this.#grant = grant;
    this.#renew = renew;
    this.#socket = new ReturningSocket(
      path,
      {
        beforeTry: () => this.#freshen(),
        opened: (send) => send(this.#hello()),
        received: (message) => this.#received(message as ServerMessage),
        lost: () => this.#lost(),
      },
      path.replace(/events$/, 'polls'),
    );
    this.#socket.open();
  }

  /** Bearer token for WHIP, WHEP and stills; always the newest. */
  get grant(): string {
    return this.#grant.grant;
  }

  get iceServers(): RTCIceServer[] {
    return this.#grant.iceServers;
  }

  /** The server's clock now. */
  now(): number {
    return Date.now() + (this.state?.clockOffsetMs ?? 0);
  }

  /** Asks; resolves when done, rejects with an ApiError that holds the server's sentence. */
  request(request: LessonRequest): Promise<void> {
    const requestId = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      if (!this.#socket.send({ ...request, request_id: requestId })) {
        reject(new ApiError(0, UNREACHABLE));
        return;
      }
      const timer = setTimeout(() => this.#settle(requestId, UNREACHABLE), ANSWER_WITHIN_MS);
      this.#pending.set(requestId, { done: resolve, failed: reject, timer });
    });
  }

  /** Says something that is not answered; false when there is no connection. */
  tell(message: Extract<ClientMessage, { type: 'report_link' | 'draw' | 'point_at' }>): boolean {
    return this.#socket.send(message);
  }

  /** A numbered event by a second strand: counts where the first has not brought it yet. */
  hear(event: LessonEvent): void {
    if (this.#strands.isNews(this.state, event)) this.#apply(event);
  }

  /** The link was gone and is back. */
  revive(): void {
    this.#socket.revive();
  }

  close(): void {
    this.#socket.close();
    this.#abandon();
  }

  #hello(): ClientMessage {
    const hello = { type: 'hello', version: 1, grant: this.#grant.grant } as const;
    const since = this.#strands.resume(this.state);
    return since === null ? hello : { ...hello, since };
  }

  async #freshen(): Promise<void> {
    const dies = this.#grant.expiresAtMs - RENEW_BEFORE_MS < this.now();
    if (dies || this.refusal !== null) this.#grant = await this.#renew();
  }

  #received(message: ServerMessage): void {
    switch (message.type) {
      case 'done':
        this.#settle(message.request_id, null);
        return;
      case 'failed':
        this.#failed(message.request_id, message.error);
        return;
      case 'grant_renewed':
        this.#grant = {
          grant: message.grant,
          expiresAtMs: message.expires_at_ms,
          iceServers: message.ice_servers,
        };
        return;
      case 'pointer_moved':
        if (this.#strands.isPointingNow) this.pointer = message.at;
        return;
      default:
        message = this.#strands.first(this.state, message);
        if (this.#strands.isNews(this.state, message)) this.#apply(message);
        else if (message.type === 'slide_turned') this.pointer = null;
    }
  }

  #apply(message: ServerMessage): void {
    this.onMessage?.(message);
    const before = this.state;
    if (message.type === 'slide_turned') this.pointer = null;
    if (isEvent(message)) this.#strands.applied(message);
    this.state = reduce(before, message, Date.now());
    if (message.type === 'snapshot' || message.type === 'resumed') {
      this.refusal = null;
      this.link = 'open';
      this.isPolled = this.#socket.isPolled;
    }
    if (this.state?.hasGap && !before?.hasGap) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    try {
      await this.request({ type: 'get_snapshot' });
    } catch {
      this.#socket.restart();
    }
  }

  #failed(requestId: string | null, error: ErrorBody): void {
    if (requestId === null) this.refusal = error;
    else if (this.#pending.has(requestId)) this.#settle(requestId, error);
    else this.onRefused?.(requestId, error);
  }

  #lost(): void {
    this.link = 'lost';
    this.pointer = null;
    this.#abandon();
  }

  #abandon(): void {
    for (const requestId of [...this.#pending.keys()]) this.#settle(requestId, UNREACHABLE);
  }

  #settle(requestId: string, error: ErrorBody | null): void {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return;
    this.#pending.delete(requestId);
    clearTimeout(pending.timer);
    if (error === null) pending.done();
    else pending.failed(new ApiError(0, error));
  }
}
