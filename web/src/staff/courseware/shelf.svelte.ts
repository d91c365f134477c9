/** A lesson's courseware on a staff page: what is there, what is on its way, what went wrong. */

import type { Courseware, CoursewareLimits, ErrorBody } from '$kit/protocol/schema';
import {
  coursewarePath,
  faultOf,
  listCourseware,
  readCoursewareLimits,
  removeCourseware,
} from '../resources';
import { refusalOf, type Refusal } from './plan';
import { halfOf, halvesOf, type Half } from './halves';
import { dropUpload, sendCourseware, type Sending } from './upload';

const POLL_MS = 1_000;
/** Before a server that takes many files is asked again. */
const BUSY_MS = 10_000;

/** A file that is not on the server yet. */
export interface Upload {
  key: number;
  file: File;
  sent: number;
  state: 'waiting' | 'sending' | 'lost' | 'failed';
  /** Refused by this page. */
  refusal: Refusal | null;
  /** Refused by the server, or not reached it. */
  fault: ErrorBody | null;
}

let keys = 0;

export class Shelf {
  /** Null until the server answered. */
  items = $state.raw<readonly Courseware[] | null>(null);
  uploads = $state.raw<readonly Upload[]>([]);
  /** Begun before the page was loaded. */
  halves = $state.raw<readonly Half[]>([]);
  limits = $state.raw<CoursewareLimits | null>(null);
  fault = $state.raw<ErrorBody | null>(null);
  private sending: Sending | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly lessonId: string) {}

  /** Reads what is there, and again each second while something is converted. */
  readonly load = async (): Promise<void> => {
    try {
      this.limits ??= await readCoursewareLimits();
      this.items = await listCourseware(this.lessonId);
      this.findHalves();
      this.fault = null;
    } catch (caught) {
      this.fault = faultOf(caught);
    }
    this.pollAgain();
  };

  private pollAgain(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (!this.items?.some(({ status }) => status === 'converting')) return;
    this.timer = setTimeout(() => void this.load(), POLL_MS);
  }

  /** Takes files in their order; one is sent at a time. */
  async add(files: Iterable<File>): Promise<void> {
    if (this.limits === null) await this.load();
    for (const file of files) {
      const refusal = this.limits && refusalOf(file, this.limits, this.taken());
      const state = refusal ? 'failed' : 'waiting';
      const upload: Upload = { key: ++keys, file, sent: 0, state, refusal, fault: null };
      this.uploads = [...this.uploads, upload];
    }
    void this.sendNext();
  }

  /** What may go on when its file is chosen again; not what is on its way. */
  private findHalves(): void {
    const here = ({ name, size }: Half) =>
      this.uploads.some(({ file }) => file.name === name && file.size === size);
    this.halves = halvesOf(coursewarePath(this.lessonId)).filter((half) => !here(half));
  }

  dropHalf({ place }: Half): void {
    dropUpload(place);
    this.findHalves();
  }

  private taken(): number {
    const onTheirWay = this.uploads.filter(({ state }) => state !== 'failed').length;
    return (this.items?.length ?? 0) + onTheirWay;
  }

  /** Stops an upload, or takes a failed one off the list. */
  dismiss(upload: Upload): void {
    if (upload.state === 'sending' || upload.state === 'lost') this.sending?.abort();
    const half = halfOf(coursewarePath(this.lessonId), upload.file);
    if (half && upload.state === 'waiting') dropUpload(half.place);
    this.uploads = this.uploads.filter(({ key }) => key !== upload.key);
    this.findHalves();
  }

  async again(upload: Upload): Promise<void> {
    this.dismiss(upload);
    await this.add([upload.file]);
  }

  async remove(courseware: Courseware): Promise<void> {
    try {
      await removeCourseware(this.lessonId, courseware.courseware_id);
      this.fault = null;
    } catch (caught) {
      this.fault = faultOf(caught);
    }
    await this.load();
  }

  private async sendNext(): Promise<void> {
    const next = this.uploads.find(({ state }) => state === 'waiting');
    if (!next || this.sending) return;
    const { key, file } = next;
    this.change(key, { state: 'sending' });
    this.sending = sendCourseware(coursewarePath(this.lessonId), file, {
      sent: (sent) => this.change(key, { sent }),
      lost: (isLost) => this.change(key, { state: isLost ? 'lost' : 'sending' }),
    });
    this.findHalves();
    try {
      await this.sending.done;
      this.items = await listCourseware(this.lessonId);
      this.uploads = this.uploads.filter((upload) => upload.key !== key);
    } catch (caught) {
      const fault = faultOf(caught);
      const isBusy = fault.id === 'courseware-busy';
      this.change(key, isBusy ? { state: 'waiting', sent: 0 } : { state: 'failed', fault });
      if (isBusy) await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
    }
    this.sending = null;
    this.pollAgain();
    void this.sendNext();
  }

  private change(key: number, change: Partial<Upload>): void {
    this.uploads = this.uploads.map((one) => (one.key === key ? { ...one, ...change } : one));
  }
}

const shelves = new Map<string, Shelf>();

/** One for each lesson, so that an upload goes on while its dialog is closed. */
export function shelfOf(lessonId: string): Shelf {
  const known = shelves.get(lessonId) ?? new Shelf(lessonId);
  shelves.set(lessonId, known);
  return known;
}
