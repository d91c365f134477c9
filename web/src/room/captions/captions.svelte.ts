import { CaptionTrack, isSame, type ShownCaption } from '$kit/captions';
import type { CaptionView, ServerMessage } from '$kit/protocol/schema';
import type { Subscriber } from '$rtc/subscriber';
import type { LessonSession } from '../session.svelte';
import Captions from './Captions.svelte';
import sheet from './sheet';

const LOOK_EVERY_MS = 250;
const SHEET = 'captions-sheet';
const REMEMBERED = 'streamsvc.room.captions';

/** Captions on this screen: off until somebody turns them on, for this room from then on. */
export class RoomCaptions {
  /** For the lesson's screen, which does not carry it. */
  readonly View = Captions;
  isOn = $state(isRemembered());
  hasLines = $state(false);
  shown = $state.raw<ShownCaption | null>(null);
  readonly #track = new CaptionTrack();

  constructor(
    private readonly session: LessonSession,
    private readonly subscriber: Subscriber,
  ) {}

  toggle(): void {
    if (!this.hasLines && !this.isOn) return;
    this.isOn = !this.isOn;
    remember(this.isOn);
  }

  hear(message: ServerMessage): void {
    if (message.type === 'caption_said') this.take([message.caption]);
    else if (message.type === 'snapshot') this.take(message.captions);
  }

  /** What was said while we were not here, too. */
  take(lines: readonly CaptionView[]): void {
    this.#track.add(lines);
    this.hasLines = !this.#track.isEmpty;
  }

  look(): void {
    const shown = this.session.isEnded ? null : this.#track.at(this.#heardMs);
    if (!isSame(shown, this.shown)) this.shown = shown;
  }

  /** The moment of the lesson that is heard here now. */
  get #heardMs(): number {
    const { behind, store } = this.session;
    const played = behind?.isPlayed ? behind.positionMs : null;
    return played ?? store.now() - this.subscriber.buffer.targetMs;
  }
}

/** Shows the lesson's captions, where there are any, until it is closed. */
export function watchCaptions(session: LessonSession, subscriber: Subscriber): void {
  addSheet();
  const captions = new RoomCaptions(session, subscriber);
  captions.take(session.store.state?.captions ?? []);
  session.captions = captions;
  session.store.onMessage = (message) => captions.hear(message);
  const timer = setInterval(() => {
    if (session.isClosed) clearInterval(timer);
    else captions.look();
  }, LOOK_EVERY_MS);
}

/** Its own, since the first screen's has no room for it. */
function addSheet(): void {
  if (document.getElementById(SHEET) !== null) return;
  const style = document.createElement('style');
  style.id = SHEET;
  style.textContent = sheet;
  document.head.append(style);
}

/** Storage may be forbidden; then it holds for this page. */
function isRemembered(): boolean {
  try {
    return localStorage.getItem(REMEMBERED) === 'on';
  } catch {
    return false;
  }
}

function remember(isOn: boolean): void {
  try {
    localStorage.setItem(REMEMBERED, isOn ? 'on' : 'off');
  } catch {
    return;
  }
}
