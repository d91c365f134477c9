import { roundTripMs } from '$rtc/stats';

/** Where a browser does not tell: what a far link needs. */
const UNKNOWN_MS = 1_500;

type Entry = Record<string, unknown> & { type: string };

/** How far behind the lesson the live voice plays, from its receiver's reports. */
export class LiveLag {
  ms = UNKNOWN_MS;
  #delayS = 0;
  #emitted = 0;

  see(report: RTCStatsReport): void {
    let [delayS, emitted] = [0, 0];
    report.forEach((entry: Entry) => {
      // Chrome 80 keeps them in the `track` entry.
      if (entry.type !== 'inbound-rtp' && entry.type !== 'track') return;
      delayS = Math.max(delayS, Number(entry['jitterBufferDelay'] ?? 0));
      emitted = Math.max(emitted, Number(entry['jitterBufferEmittedCount'] ?? 0));
    });
    const count = emitted - this.#emitted;
    if (count > 0 && this.#emitted > 0) {
      const bufferMs = (1000 * (delayS - this.#delayS)) / count;
      this.ms = bufferMs + (roundTripMs(report) ?? 0) / 2;
    }
    [this.#delayS, this.#emitted] = [delayS, emitted];
  }
}
