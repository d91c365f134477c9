import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Manifests } from '$kit/board/manifests';
import type { Courseware, CoursewareView, LinkSignal, SlideRef } from '$kit/protocol/schema';

const view = (done: number, status: CoursewareView['status'] = 'converting'): CoursewareView => ({
  courseware_id: 'a',
  title: '',
  status,
  done_slides: done,
  total_slides: null,
  error: null,
});

/** A server whose file has so many slides; answers take a while. */
class Desk {
  done = 0;
  asked = 0;
  inFlight = 0;
  mostInFlight = 0;
  takeMs = 300;
  isDown = false;
  link: LinkSignal | null = { voice: 'full', slides: 'full', picture: 'full' };
  shown: SlideRef | null = null;
  known: Courseware[] = [];
  readonly manifests = new Manifests({
    fetch: () => this.#answer(),
    take: (coursewares) => (this.known = coursewares),
    known: () => this.known,
    shown: () => this.shown,
    link: () => this.link,
  });

  get slides(): number {
    return this.known[0]?.slides.length ?? 0;
  }

  async #answer(): Promise<Courseware[]> {
    const slides = Array.from({ length: this.done }, (_, n) => ({ number: n + 1 }));
    this.asked += 1;
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await new Promise((resolve) => setTimeout(resolve, this.takeMs));
    this.inFlight -= 1;
    if (this.isDown) throw new Error('down');
    return [{ courseware_id: 'a', slides } as unknown as Courseware];
  }

  async convert(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.done += 1;
      this.manifests.follow([view(this.done)]);
      await vi.advanceTimersByTimeAsync(1_000);
    }
  }

  async ready(): Promise<void> {
    this.done += 1;
    this.manifests.follow([view(this.done, 'ready')]);
    await vi.advanceTimersByTimeAsync(2_000);
  }
}

describe('manifests of a file that is being converted', () => {
  let desk: Desk;

  beforeEach(() => {
    vi.useFakeTimers();
    desk = new Desk();
  });

  afterEach(() => {
    desk.manifests.close();
    vi.useRealTimers();
  });

  it('come every 20 s, and the last slide as soon as it is ready', async () => {
    await desk.convert(60);
    expect(desk.asked).toBeGreaterThanOrEqual(3);
    expect(desk.asked).toBeLessThanOrEqual(4);
    await desk.ready();
    expect(desk.slides).toBe(61);
  });

  it('come at once when the shown slide is missing', async () => {
    await desk.convert(5);
    expect(desk.slides).toBe(1);
    desk.shown = { courseware_id: 'a', number: 5 };
    await vi.advanceTimersByTimeAsync(2_000);
    expect(desk.slides).toBe(5);
    expect(desk.asked).toBe(2);
  });

  it('are asked for once at a time, and the newest stays', async () => {
    desk.takeMs = 5_000;
    await desk.convert(2);
    await desk.ready();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(desk.mostInFlight).toBe(1);
    expect(desk.slides).toBe(3);
  });

  it('wait while the voice suffers', async () => {
    desk.link = { voice: 'half', slides: 'full', picture: 'none' };
    await desk.convert(30);
    await desk.ready();
    expect(desk.asked).toBe(0);
    desk.link = null;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(desk.slides).toBe(31);
  });

  it('are asked for again after a failure, and once in a lesson that is over', async () => {
    desk.isDown = true;
    desk.done = 4;
    desk.manifests.load();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(desk.slides).toBe(0);
    desk.isDown = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(desk.slides).toBe(4);
    const asked = desk.asked;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(desk.asked).toBe(asked);
  });
});
