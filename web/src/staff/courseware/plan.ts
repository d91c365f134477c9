/** What may be added as courseware, and how far it is. Pure. */

import type { CoursewareLimits, CoursewareView } from '$kit/protocol/schema';

const MEGA = 1_000_000;
const ALWAYS = ['pdf', 'png', 'jpg', 'jpeg', 'webp'];
const BY_OFFICE = ['pptx', 'ppt', 'odp'];

/** Why a file can't be added: a key of the words, with what they name. */
export interface Refusal {
  why: 'bad.empty' | 'bad.large' | 'bad.kind' | 'bad.office' | 'bad.many';
  args: Record<string, string | number>;
}

/**
 * Refused here, so that nobody uploads 500 MB to read that it was too much; the server decides
 * again by the bytes. `taken` files are there or on their way.
 */
export function refusalOf(
  file: { name: string; size: number },
  limits: CoursewareLimits,
  taken: number,
): Refusal | null {
  const { name, size } = file;
  if (taken >= limits.max_of_lesson) {
    return { why: 'bad.many', args: { n: limits.max_of_lesson, name } };
  }
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (BY_OFFICE.includes(ending) && !limits.reads_presentations) {
    return { why: 'bad.office', args: { name } };
  }
  if (![...ALWAYS, ...BY_OFFICE].includes(ending)) return { why: 'bad.kind', args: { name } };
  if (size === 0) return { why: 'bad.empty', args: { name } };
  if (size > limits.max_bytes) {
    return { why: 'bad.large', args: { name, mb: megabytes(limits.max_bytes) } };
  }
  return null;
}

export function megabytes(bytes: number): number {
  return Math.floor(bytes / MEGA);
}

/** For the file chooser's filter. */
export function accepted(limits: CoursewareLimits | null): string {
  const endings = limits?.reads_presentations === false ? ALWAYS : [...ALWAYS, ...BY_OFFICE];
  return endings.map((ending) => `.${ending}`).join(',');
}

/** 0 to 100, or null while nobody knows. */
export function percentOf(part: number, whole: number | null): number | null {
  return whole ? Math.min(100, Math.floor((part / whole) * 100)) : null;
}

/** All courseware of a lesson in one line: a key of the words, with its numbers. */
export interface Brief {
  key: 'brief.none' | 'brief.ready' | 'brief.converting' | 'brief.opening' | 'brief.failed';
  args: Record<string, number>;
}

type Counted = Pick<CoursewareView, 'status' | 'done_slides' | 'total_slides'>;

/** What is being done comes before what failed, what failed before what is ready. */
export function briefOf(courseware: readonly Counted[]): Brief {
  if (courseware.length === 0) return { key: 'brief.none', args: {} };
  const busy = courseware.find(({ status }) => status === 'converting');
  if (busy?.total_slides) {
    return { key: 'brief.converting', args: { done: busy.done_slides, total: busy.total_slides } };
  }
  if (busy) return { key: 'brief.opening', args: {} };
  if (courseware.some(({ status }) => status === 'failed'))
    return { key: 'brief.failed', args: {} };
  const n = courseware.reduce((sum, { done_slides }) => sum + done_slides, 0);
  return { key: 'brief.ready', args: { n } };
}
