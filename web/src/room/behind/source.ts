/** What plays the lesson in a media element, from a moment on: its recording, or the live lesson. */
export interface Feed {
  readonly element: HTMLMediaElement;
  /** The live lesson as an audience watches it, seconds nearer than the recording. */
  readonly isLive: boolean;
  /** All that there is yet is here. */
  readonly isAtEnd: boolean;
  /** And nothing will be added. */
  readonly isComplete: boolean;
  /** It can't be played here, or may not be read. */
  readonly isFailed: boolean;
  /** It is wanted before a segment is complete: live is near. */
  isHurried: boolean;
  /** Length of what came, and how long that took. */
  readonly playedMs: number;
  readonly tookMs: number;
  /** Where it stands, as wall time of the lesson. */
  readonly positionMs: number;
  /** It has nothing to go on with. */
  readonly isWaiting: boolean;
  /** Over what nobody sent. */
  skipHole(): void;
  close(): void;
}

/** The next event of that name; rejects with the element's or the buffer's error. */
export function until(target: EventTarget, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = ({ type }: Event): void => {
      target.removeEventListener(name, settle);
      target.removeEventListener('error', settle);
      if (type === name) resolve();
      else reject(new Error(name));
    };
    target.addEventListener(name, settle);
    target.addEventListener('error', settle);
  });
}
