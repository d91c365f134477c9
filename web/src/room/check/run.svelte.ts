import { api, ApiError, UNREACHABLE } from '$kit/api';
import type { CheckOpened, CheckResult, CheckView, ErrorBody } from '$kit/protocol/schema';
import { closeStream, openDevices, ROOM_CAMERA } from '$rtc/devices';
import { bestRateBps, downBps, nextBurstBps, type Burst } from './arrival';
import { lookAt } from './camera_look';
import { Ears, pause } from './ears';
import { isHeard } from './hearing';
import { MediaLoop } from './loop';
import type { PartName } from './seeing';
import { deviceStep, linkStep, rateSteps, waiting, type Step, type StepName } from './steps';
import { TestPicture } from './test_picture';

export type Phase = 'running' | 'done' | 'refused' | 'closed';

export interface RunOptions {
  /** Which unattended check this is; null: a person stands before the screen. */
  slot: string | null;
  /** The room's camera, where the page has it open already. */
  camera: () => MediaStreamTrack | null;
}

/** Longest for each part; together they are over within a minute on any link. */
const CONNECT_MS = 14_000;
const QUIET_MS = 1_000;
const LISTEN_MS = 2_500;
const ECHO_MS = 5_000;
/** What a first picture loses on a thin link is no loss of the link. */
const SETTLE_MS = 4_000;
/** Of nothing but a voice and a small picture; a few losses in less say nothing. */
const LOSS_MS = 3_000;
const UP_MS = 5_000;
const UP_OVER_MS = 2_000;
const CALM_MS = 800;
const BURST_MS = 500;
const BURST_OVER_MS = 400;
/** From the start: the rest of the minute is for the answer. */
const BURSTS_UNTIL_MS = 46_000;
const OPEN_MS = 6_000;
/** For the person who is asked whether the page may. */
const PERMIT_MS = 8_000;
const ANSWER_MS = 5_000;
/** A microphone that is switched on is never as quiet as this. */
const SILENCE = 0.0008;

/** One check of this room, from its first request to the server's verdict. */
export class CheckRun {
  phase = $state<Phase>('running');
  steps = $state.raw<Step[]>(waiting());
  view = $state.raw<CheckView | null>(null);
  error = $state.raw<ErrorBody | null>(null);
  /** What the camera shows, for the person before it. */
  picture = $state.raw<MediaStreamTrack | null>(null);
  startedMs = $state(Date.now());

  readonly #options: RunOptions;
  readonly #closing: (() => void)[] = [];
  #checkId: string | null = null;
  #stream: MediaStream | null = null;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Runs to the end; the server's verdict, or null when there is none. Never raises. */
  async run(): Promise<CheckView | null> {
    this.startedMs = Date.now();
    try {
      const body = { slot: this.#options.slot };
      const opened = await api<CheckOpened>('/api/room/checks', {
        method: 'POST',
        body,
        timeoutMs: OPEN_MS,
      });
      this.#checkId = opened.check_id;
      if (this.phase !== 'running') return this.#cancel();
      const found = await this.#measure(opened);
      if (this.phase !== 'running') return null;
      const view = await this.#keep(opened, found);
      this.steps = this.steps.map((step) => rateSteps(view).find(same(step)) ?? step);
      this.view = view;
      this.phase = 'done';
      return view;
    } catch (caught) {
      this.#refused(caught instanceof ApiError ? caught.error : UNREACHABLE);
      return null;
    } finally {
      this.#release();
      if (this.#isAuto) this.#dropCamera();
    }
  }

  /** Ends it, whatever it was doing. */
  close(): void {
    const wasRunning = this.phase === 'running';
    this.phase = 'closed';
    this.#release();
    this.#dropCamera();
    if (wasRunning && this.#checkId !== null) this.#cancel();
  }

  /** Others of this school wait for its end. */
  #cancel(): null {
    api(`/api/room/checks/${this.#checkId}`, { method: 'DELETE' }).catch(() => undefined);
    return null;
  }

  async #measure(opened: CheckOpened): Promise<CheckResult> {
    const ears = this.#held(new Ears());
    const drawn = this.#held(new TestPicture());
    const loop = this.#held(new MediaLoop(opened, [ears.voice, drawn.track]));
    this.#begin('camera', 'link');
    const [camera, microphone, isLinked] = await Promise.all([
      this.#lookAtCamera(),
      this.#listen(ears),
      this.#link(loop),
    ]);
    const echo = await this.#hearEcho(ears, loop, microphone, isLinked);
    const devices = { camera, microphone, echo };
    if (!isLinked) return this.#unlinked(devices);
    const lost = await this.#losses(loop);
    const up_bps = await this.#sendUp(loop);
    const down_bps = await this.#takeBursts(opened, loop);
    return {
      ...devices,
      way: loop.way ?? 'udp',
      round_trip_ms: loop.roundTripMs,
      loss_down: lost.down,
      loss_up: lost.up,
      up_bps,
      down_bps,
      duration_ms: Date.now() - this.startedMs,
    };
  }

  #unlinked(devices: Pick<CheckResult, 'camera' | 'microphone' | 'echo'>): CheckResult {
    const nothing = { round_trip_ms: null, loss_down: null, loss_up: null };
    const rates = { up_bps: null, down_bps: null };
    const found = { ...devices, ...nothing, ...rates, way: 'none' } as const;
    this.#say(linkStep(found));
    return { ...found, duration_ms: Date.now() - this.startedMs };
  }

  // ---- the room

  async #lookAtCamera(): Promise<PartName> {
    const found = await within(PERMIT_MS, this.#cameraFound());
    this.#say(deviceStep('camera', found));
    return found;
  }

  async #cameraFound(): Promise<PartName> {
    const open = this.#options.camera();
    if (open !== null && open.readyState === 'live') {
      this.picture = open;
      return lookAt(open);
    }
    if (this.#isAuto && !(await isAllowed('camera'))) return 'skipped';
    const { stream, camera } = await openDevices({ video: ROOM_CAMERA, audio: null });
    if (this.phase !== 'running') {
      closeStream(stream);
      return 'denied';
    }
    this.#stream = stream;
    const track = stream.getVideoTracks()[0];
    if (track === undefined) return camera ?? 'missing';
    this.picture = track;
    return lookAt(track);
  }

  async #listen(ears: Ears): Promise<PartName> {
    this.#begin('microphone');
    const found = await this.#microphoneFound(ears);
    this.#say(deviceStep('microphone', found));
    return found;
  }

  /** Nobody is disturbed by a check that runs by itself: it listens to nothing and plays nothing. */
  async #microphoneFound(ears: Ears): Promise<PartName> {
    if (this.#isAuto || !(await ears.isAwake())) return 'skipped';
    if ((await within(PERMIT_MS, ears.open())) === 'denied') return 'denied';
    if (ears.fault !== null) return ears.fault;
    return (await ears.loudest(LISTEN_MS)) < SILENCE ? 'silent' : 'good';
  }

  /** The test sound goes to the server, comes back, and out of the loudspeaker. */
  async #hearEcho(
    ears: Ears,
    loop: MediaLoop,
    microphone: PartName,
    isLinked: boolean,
  ): Promise<PartName> {
    this.#begin('echo');
    const canHear = microphone === 'good' || microphone === 'silent';
    const found = canHear && isLinked ? await this.#echoFound(ears, loop) : 'skipped';
    this.#say(deviceStep('echo', found));
    return found;
  }

  async #echoFound(ears: Ears, loop: MediaLoop): Promise<PartName> {
    const speaker = new Audio();
    this.#held({ close: () => (speaker.srcObject = null) });
    speaker.srcObject = loop.voice && new MediaStream([loop.voice]);
    const isPlaying = speaker.play().then(
      () => true,
      () => false,
    );
    const before = await ears.listen(QUIET_MS);
    if (!(await Promise.race([isPlaying, pause(QUIET_MS).then(() => true)]))) return 'failed';
    ears.sing();
    const isEnough = (since: Float32Array[]) => isHeard(before, since, ears.hertzPerBin);
    const since = await ears.listen(ECHO_MS, isEnough);
    ears.hush();
    speaker.srcObject = null;
    return isEnough(since) ? 'good' : 'silent';
  }

  // ---- the link

  async #link(loop: MediaLoop): Promise<boolean> {
    return Promise.race([
      loop.open().then(
        () => true,
        () => false,
      ),
      pause(CONNECT_MS).then(() => false),
    ]);
  }

  async #losses(loop: MediaLoop): Promise<{ down: number | null; up: number | null }> {
    if (this.#isAuto) await pause(SETTLE_MS);
    const before = await loop.losses();
    await pause(LOSS_MS);
    const lost = await loop.lost(before);
    const way = loop.way ?? 'udp';
    this.#say(linkStep({ way, round_trip_ms: loop.roundTripMs, loss_down: lost.down }));
    return lost;
  }

  async #sendUp(loop: MediaLoop): Promise<number | null> {
    this.#begin('up');
    await loop.send('large');
    const from = loop.upLooks.length;
    await pause(UP_MS);
    const sent = bestRateBps(loop.upLooks.slice(from), UP_OVER_MS);
    await loop.send('small');
    return (loop.availableBps ?? sent) || null;
  }

  async #takeBursts(opened: CheckOpened, loop: MediaLoop): Promise<number | null> {
    this.#begin('down');
    await pause(CALM_MS);
    const endMs = this.startedMs + BURSTS_UNTIL_MS;
    const bursts: Burst[] = [];
    for (;;) {
      const askedBps = nextBurstBps(bursts, opened.most_burst_bps);
      if (askedBps === null || this.phase !== 'running' || Date.now() > endMs) break;
      const burst = await this.#takeBurst(loop, askedBps);
      if (burst === null) break;
      bursts.push(burst);
    }
    return downBps(bursts, bestRateBps(loop.downLooks, UP_OVER_MS));
  }

  /** Null where the server has none to give just now. */
  async #takeBurst(loop: MediaLoop, askedBps: number): Promise<Burst | null> {
    const from = loop.downLooks.length;
    const path = `/api/room/checks/${this.#checkId}/bursts`;
    const isSent = await this.#asked(path, askedBps);
    if (!isSent) return null;
    await pause(BURST_MS + (loop.roundTripMs ?? 0));
    return { askedBps, arrivedBps: bestRateBps(loop.downLooks.slice(from), BURST_OVER_MS) };
  }

  async #asked(path: string, bps: number): Promise<boolean> {
    for (let tries = 0; tries < 3 && this.phase === 'running'; tries += 1) {
      try {
        await api(path, { method: 'POST', body: { bps }, timeoutMs: ANSWER_MS });
        return true;
      } catch (caught) {
        if (!(caught instanceof ApiError) || caught.status !== 503) return false;
      }
      await pause(BURST_MS);
    }
    return false;
  }

  async #keep(opened: CheckOpened, found: CheckResult): Promise<CheckView> {
    const path = `/api/room/checks/${opened.check_id}/result`;
    const once = () => api<CheckView>(path, { method: 'PUT', body: found, timeoutMs: ANSWER_MS });
    return once().catch((caught: unknown) => {
      if (caught instanceof ApiError && caught.status === 0) return once();
      throw caught;
    });
  }

  // ---- what is shown, and what must be given back

  get #isAuto(): boolean {
    return this.#options.slot !== null;
  }

  #begin(...names: StepName[]): void {
    this.steps = this.steps.map((step) =>
      names.includes(step.name)
        ? { ...step, state: 'running', words: `${step.name}.running` }
        : step,
    );
  }

  #say(said: Step): void {
    this.steps = this.steps.map((step) => (step.name === said.name ? said : step));
  }

  #refused(error: ErrorBody): void {
    if (this.phase === 'closed') return;
    this.error = error;
    this.phase = 'refused';
  }

  #held<Thing extends { close: () => unknown }>(thing: Thing): Thing {
    if (this.phase === 'closed') thing.close();
    else this.#closing.push(() => void thing.close());
    return thing;
  }

  /** It stays on the screen as long as the person looks at it. */
  #dropCamera(): void {
    this.picture = null;
    closeStream(this.#stream);
    this.#stream = null;
  }

  #release(): void {
    for (const close of this.#closing.splice(0)) close();
  }
}

function same(step: Step): (other: Step) => boolean {
  return (other) => other.name === step.name;
}

/** `denied` where nobody answered the browser's question in time. */
function within<Answer>(ms: number, asked: Promise<Answer>): Promise<Answer | 'denied'> {
  return Promise.race([asked, pause(ms).then(() => 'denied' as const)]);
}

/** Whether opening it asks nobody anything. */
async function isAllowed(name: string): Promise<boolean> {
  try {
    return (
      (await navigator.permissions.query({ name: name as PermissionName })).state === 'granted'
    );
  } catch {
    return false;
  }
}
