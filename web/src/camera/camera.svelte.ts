/** A camera of a lead room: its picture goes out, its light says whether it is on air. */

import type { ErrorBody, Tally as TallyView } from '$kit/protocol/schema';
import { Publisher, type PublisherPhase } from '$rtc/publisher';
import { Picture } from './picture.svelte';
import { Tally } from './tally.svelte';

/** In the order in which they are said: the first that holds. */
export type Sign =
  | 'nolink'
  | 'over'
  | 'refused'
  | 'taken'
  | 'fault'
  | 'opening'
  | 'lost'
  | 'connecting'
  | 'on_air'
  | 'next'
  | 'ready';

export class LeadRoomCamera {
  readonly tally: Tally | null;
  readonly picture: Picture;
  phase = $state<PublisherPhase | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  isThin = $state(false);
  #publisher: Publisher | null = null;

  constructor(link: string) {
    this.picture = new Picture(link !== '', () => this.#send());
    this.tally = link ? new Tally(link, (view) => this.#told(view)) : null;
  }

  readonly refusal = $derived.by(
    () => this.tally?.refusal ?? (this.phase === 'refused' ? this.error : null),
  );

  get sign(): Sign {
    if (this.tally === null) return 'nolink';
    const state = this.tally.view?.state;
    if (state === 'over' || this.refusal?.id === 'lesson-ended') return 'over';
    if (this.refusal?.id === 'slot-taken') return 'taken';
    if (this.refusal) return 'refused';
    if (this.picture.fault) return 'fault';
    if (!this.picture.stream) return 'opening';
    if (this.phase === 'retrying' || (this.tally.isLost && this.phase !== 'live')) return 'lost';
    if (this.phase !== 'live' || !state) return 'connecting';
    return state;
  }

  /** Nothing is filmed any more: the lesson is over, or the link opens nothing. */
  end(): void {
    this.#publisher?.close();
    this.#publisher = null;
    this.picture.close();
  }

  /** Another phone came by the same link; this one from now on. */
  takeOver(): void {
    this.#publisher?.open(true);
  }

  #told(view: TallyView): void {
    if (view.state === 'over') return;
    if (this.#publisher) void this.#publisher.setMost(most(view));
    else this.#send();
  }

  /** As soon as there is a picture, and somewhere to send it to. */
  #send(): void {
    const { stream } = this.picture;
    const view = this.tally?.view;
    if (!stream || !view || view.state === 'over') return;
    if (this.#publisher) {
      void this.#publisher.replaceStream(stream);
      return;
    }
    this.#publisher = new Publisher(stream, {
      endpoint: view.whip,
      kind: 'camera',
      grant: () => this.tally?.view?.grant ?? '',
      iceServers: () => this.tally?.view?.ice_servers ?? [],
      changed: (publisher) => this.#sent(publisher),
    });
    void this.#publisher.setMost(most(view));
    // Whoever opened the link last counts; later nobody is pushed out without a word.
    this.#publisher.open(true);
  }

  #sent(publisher: Publisher): void {
    if (publisher !== this.#publisher) return;
    this.phase = publisher.phase;
    this.error = publisher.error;
    this.isThin = publisher.phase === 'live' && publisher.isThin;
    if (this.tally) this.tally.isThin = this.isThin;
  }
}

/** In standby the smallest layer is enough for the teacher to choose by. */
const most = ({ state }: TallyView) => (state === 'ready' ? 'small' : 'all');
