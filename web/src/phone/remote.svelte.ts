import { api, ApiError } from '$kit/api';
import type { ErrorBody, PairPhone, PhoneHome } from '$kit/protocol/schema';
import { LessonStore, type HeldGrant, type LessonRequest } from '$kit/store/lesson.svelte';
import { Viewing } from '$kit/store/viewing.svelte';
import { secretOf } from './view';

const LOOK_EVERY_MS = 5_000;
const SAY_FAILED_FOR_MS = 5_000;

/** The helper's phone: paired or not, and the lesson its room is in. */
export class Remote {
  phase = $state<'loading' | 'pairing' | 'unpaired' | 'paired'>('loading');
  home = $state.raw<PhoneHome | null>(null);
  store = $state.raw<LessonStore | null>(null);
  readonly viewing = new Viewing();
  error = $state.raw<ErrorBody | null>(null);
  isBusy = $state(false);
  hasFailed = $state(false);
  nowMs = $state(Date.now());
  #secret = secretOf(location.pathname);
  #lessonId: string | null = null;

  constructor() {
    if (this.#secret === null) void this.#look();
    else this.phase = 'pairing';
    setInterval(() => (this.nowMs = Date.now()), 1_000);
    setInterval(() => this.phase === 'paired' && void this.#look(), LOOK_EVERY_MS);
  }

  /** Becomes the remote of the room whose code was scanned. */
  async pair(name: string): Promise<void> {
    if (this.#secret === null) return;
    const body: PairPhone = { pair: this.#secret, name: name.trim() };
    this.isBusy = true;
    try {
      this.#take(await api<PhoneHome>('/api/phone/pair', { method: 'POST', body }));
      history.replaceState(null, '', `/p${location.search}`);
    } catch (caught) {
      this.error = caught instanceof ApiError ? caught.error : null;
    } finally {
      this.isBusy = false;
    }
  }

  /** Asks the lesson; a failure is said for a few seconds, and nothing else changes. */
  async ask(request: LessonRequest): Promise<boolean> {
    this.hasFailed = false;
    try {
      await this.store?.request(request);
      return true;
    } catch {
      this.hasFailed = true;
      setTimeout(() => (this.hasFailed = false), SAY_FAILED_FOR_MS);
      return false;
    }
  }

  async #look(): Promise<PhoneHome | null> {
    try {
      const home = await api<PhoneHome>('/api/phone');
      this.#take(home);
      return home;
    } catch (caught) {
      const isOut = caught instanceof ApiError && [401, 403].includes(caught.status);
      if (isOut) this.#unpair();
      else if (this.phase === 'loading') setTimeout(() => void this.#look(), LOOK_EVERY_MS);
      return null;
    }
  }

  #take(home: PhoneHome): void {
    this.home = home;
    this.phase = 'paired';
    const lessonId = home.open?.lesson_id ?? null;
    if (lessonId === null && this.store?.state?.lesson.state === 'ended') this.store.close();
    if (lessonId === this.#lessonId || lessonId === null) return;
    const grant = grantOf(home);
    if (grant === null) return;
    this.store?.close();
    this.#lessonId = lessonId;
    const path = `/api/lessons/${lessonId}/events`;
    this.store = new LessonStore(path, grant, () => this.#renew());
    this.store.onMessage = (message) => this.viewing.hear(message);
  }

  async #renew(): Promise<HeldGrant> {
    const home = await this.#look();
    const grant = home === null ? null : grantOf(home);
    if (grant === null) throw new Error('lesson not open');
    return grant;
  }

  #unpair(): void {
    this.store?.close();
    this.store = null;
    this.#lessonId = null;
    this.phase = 'unpaired';
  }
}

function grantOf(home: PhoneHome): HeldGrant | null {
  if (home.grant === null || home.grant_expires_at_ms === null) return null;
  // A phone sends and receives no media.
  return { grant: home.grant, expiresAtMs: home.grant_expires_at_ms, iceServers: [] };
}
