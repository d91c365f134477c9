import { Subscriber, type SubscriberPhase } from '$rtc/subscriber';
import type { Desk } from './desk.svelte';

/** The lead teacher's voice, from when somebody asks for it. */
export class Listening {
  phase = $state<SubscriberPhase | 'off'>('off');
  isHeard = $state(false);
  readonly #audio = new Audio();
  #subscriber: Subscriber | null = null;

  constructor(private readonly desk: Desk) {
    this.#audio.autoplay = true;
  }

  /** By a press: browsers play no sound without one. */
  open(lessonId: string): void {
    if (this.#subscriber !== null) return;
    this.#subscriber = new Subscriber({
      endpoint: `/whep/${lessonId}`,
      isTalking: true,
      slots: ['voice'],
      grant: () => this.desk.lesson?.grant ?? '',
      iceServers: () => this.desk.lesson?.ice_servers ?? [],
      expected: () => ({ lead: this.desk.lesson?.has_lead ?? false, screen: false }),
      changed: (subscriber) => this.#changed(subscriber),
    });
    this.#subscriber.open();
  }

  close(): void {
    this.#subscriber?.close();
    this.#subscriber = null;
    this.#audio.srcObject = null;
    this.phase = 'off';
  }

  #changed({ phase, tracks, vitals }: Subscriber): void {
    this.phase = phase;
    this.isHeard = vitals?.hadVoice ?? false;
    const [known] = (this.#audio.srcObject as MediaStream | null)?.getTracks() ?? [];
    if (tracks === null || tracks.voice === known) return;
    this.#audio.srcObject = new MediaStream([tracks.voice]);
    void this.#audio.play().catch(() => undefined);
  }
}
