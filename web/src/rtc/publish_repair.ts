/** What a publication does about a path that fell silent. */

/** The next thing to do. */
export type RepairStep =
  | 'none'
  /** New ICE names for the same session: its keys, its SSRCs and its recorded track go on. */
  | 'restart'
  /** Ask the server for a sign of life, until `reached`. */
  | 'knock'
  /** A new session in place of the old one. */
  | 'renew'
  /** The path lives again. */
  | 'mended';

type Stage = 'well' | 'restarting' | 'knocking' | 'renewing';

/** The server answers what we send several times a second; so much silence is a break. */
export const SILENT_AFTER_MS = 1_200;
/** A path that says less by nature (a voice alone, old browsers) is given this many of its pauses. */
const PAUSES = 4;
const SILENT_AT_MOST_MS = 5_000;
const RESTART_WITHIN_MS = 3_000;
/** The server lets go of a session that was silent for 30 s. */
const FORGOTTEN_AFTER_MS = 25_000;

/**
 * Pure but for its memory. An ICE restart comes first, because it costs nobody a key frame; where it
 * is not answered, it comes again as soon as the server can be reached; where it is answered and
 * nothing flows, or the server does not know the session any more, a new session takes its place.
 */
export class PublishRepair {
  /** When the path broke, as far as can be told; null while it is well. */
  brokenSinceMs: number | null = null;
  #stage: Stage = 'well';
  #stageAtMs = 0;
  #isReached = false;
  #path = 0;
  #pathAtMs: number;
  #pauseMs = 0;

  /** A connection that lives at `startMs`. */
  constructor(startMs: number) {
    this.#pathAtMs = startMs;
  }

  /** Takes one look at the path's counter. `flightMs`: how long what it counts is under way. */
  feel(atMs: number, path: number, flightMs = 0): RepairStep {
    const grew = path > this.#path;
    this.#path = path;
    if (grew) return this.#lives(atMs);
    const silentMs = atMs - this.#pathAtMs;
    if (this.#stage === 'well' && silentMs >= this.#patienceMs) {
      this.brokenSinceMs = this.#pathAtMs - flightMs;
      return this.#restart(atMs);
    }
    const isLate = atMs - this.#stageAtMs >= RESTART_WITHIN_MS;
    return this.#stage === 'restarting' && isLate ? this.#afterRestart(atMs) : 'none';
  }

  /** The server took the restart; what remains is for media to flow. */
  restarted(): RepairStep {
    this.#isReached = true;
    return 'none';
  }

  /** `isGone`: the server refused; else it could not be asked. */
  restartFailed(atMs: number, isGone: boolean): RepairStep {
    if (this.#stage !== 'restarting') return 'none';
    return isGone ? this.#go('renewing', atMs, 'renew') : this.#go('knocking', atMs, 'knock');
  }

  /** A sign of life came, or the browser says that it is on a network again. */
  reached(atMs: number): RepairStep {
    if (this.#stage !== 'knocking') return 'none';
    this.#isReached = true;
    if (atMs - this.#pathAtMs >= FORGOTTEN_AFTER_MS) return this.#go('renewing', atMs, 'renew');
    return this.#go('restarting', atMs, 'restart');
  }

  /** The server ended the session: only another one helps. */
  ended(atMs: number): void {
    this.brokenSinceMs ??= atMs;
    this.#go('renewing', atMs, 'renew');
  }

  #lives(atMs: number): RepairStep {
    const pauseMs = atMs - this.#pathAtMs;
    this.#pathAtMs = atMs;
    if (this.#stage === 'well') {
      this.#pauseMs += (pauseMs - this.#pauseMs) / 8;
      return 'none';
    }
    this.#isReached = false;
    this.brokenSinceMs = null;
    return this.#go('well', atMs, 'mended');
  }

  #restart(atMs: number): RepairStep {
    this.#isReached = false;
    return this.#go('restarting', atMs, 'restart');
  }

  #afterRestart(atMs: number): RepairStep {
    return this.#isReached
      ? this.#go('renewing', atMs, 'renew')
      : this.#go('knocking', atMs, 'knock');
  }

  #go(stage: Stage, atMs: number, step: RepairStep): RepairStep {
    this.#stage = stage;
    this.#stageAtMs = atMs;
    return step;
  }

  get #patienceMs(): number {
    return Math.min(SILENT_AT_MOST_MS, Math.max(SILENT_AFTER_MS, PAUSES * this.#pauseMs));
  }
}
