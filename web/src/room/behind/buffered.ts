/** What a media element has, and what a section needs to be played. Pure. */

export type Ranges = Pick<TimeRanges, 'length' | 'start' | 'end'>;

/** Pieces meet within rounding. */
const SEAM_S = 0.12;

/** Seconds from `at` on without a hole. */
export function extentAt(ranges: Ranges, at: number): number {
  for (let n = 0; n < ranges.length; n += 1)
    if (ranges.start(n) <= at + SEAM_S && at < ranges.end(n)) return ranges.end(n) - at;
  return 0;
}

/** Where something begins after `at`; null when nothing does. */
export function nextRange(ranges: Ranges, at: number): number | null {
  for (let n = 0; n < ranges.length; n += 1) if (ranges.start(n) > at) return ranges.start(n);
  return null;
}

/** The MIME type of an init section: with the picture's profile if it has one (RFC 6381). */
export function codecsOf(init: ArrayBuffer): string {
  const bytes = new Uint8Array(init);
  const at = indexOf(bytes, [0x61, 0x76, 0x63, 0x43]); // avcC: its version, then three of profile
  const isAac = indexOf(bytes, [0x6d, 0x70, 0x34, 0x61]) >= 0; // mp4a
  const hasOpus = indexOf(bytes, [0x4f, 0x70, 0x75, 0x73]) >= 0;
  const voice = isAac ? 'mp4a.40.2' : 'opus';
  if (at < 0) return `audio/mp4; codecs="${voice}"`;
  const profile = [...bytes.slice(at + 5, at + 8)].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return `video/mp4; codecs="avc1.${profile.join('')}${isAac || hasOpus ? `,${voice}` : ''}"`;
}

function indexOf(bytes: Uint8Array, wanted: readonly number[]): number {
  return bytes.findIndex((_, at) => wanted.every((byte, n) => bytes[at + n] === byte));
}
