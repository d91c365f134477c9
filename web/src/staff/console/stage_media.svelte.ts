/** Picture and voice of the room on stage, as the teacher receives them. */

import type { ErrorBody } from '$kit/protocol/schema';
import type { Vitals } from '$rtc/liveness';
import { Subscriber } from '$rtc/subscriber';
import { SoundMeter } from '../media/meter.svelte';

export class StageMedia {
  /** What comes from the stage; the tracks stay while rooms come and go. */
  stream = $state.raw<MediaStream | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  vitals = $state.raw<Vitals | null>(null);
  readonly meter = new SoundMeter();
  #subscriber: Subscriber | null = null;

  /** Subscribes once; a second call while it is open does nothing. */
  open(endpoint: string, grant: () => string, iceServers: () => RTCIceServer[]): void {
    if (this.#subscriber) return;
    this.#subscriber = new Subscriber({
      endpoint,
      grant,
      iceServers,
      isTalking: true,
      // Her own picture and screen stay out. Her voice comes along, unheard: the first m-line
      // carries the bundle.
      slots: ['voice', 'stageVoice', 'stagePicture'],
      expected: () => ({ lead: false, screen: false }),
      changed: (subscriber) => this.#changed(subscriber),
    });
    this.#subscriber.open();
  }

  close(): void {
    this.#subscriber?.close();
    this.#subscriber = null;
    this.meter.close();
    this.stream = null;
  }

  #changed({ tracks, error, vitals }: Subscriber): void {
    this.error = error;
    this.vitals = vitals;
    const [picture] = this.stream?.getVideoTracks() ?? [];
    if (!tracks || tracks.stagePicture === picture) return;
    this.stream = new MediaStream([tracks.stageVoice, tracks.stagePicture]);
    this.meter.listen(this.stream);
  }
}
