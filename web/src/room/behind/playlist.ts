/** An HLS media playlist of ours (RFC 8216), as far as the room needs it. Pure. */

export interface Segment {
  /** Grows by one; counted over the whole recording. */
  number: number;
  url: string;
  /** Of the section it belongs to. */
  initUrl: string;
  startMs: number;
  endMs: number;
}

/** Segments of a playlist that came from `url`, with wall times. Lines that say nothing are skipped. */
export function segmentsOf(text: string, url: string): Segment[] {
  const base = url.replace(/[^/]*$/, '');
  const segments: Segment[] = [];
  let number = 0;
  let initUrl = '';
  let startMs = Number.NaN;
  let durationMs = 0;
  for (const line of text.split('\n')) {
    const [tag = '', value = ''] = split(line);
    if (tag === '#EXT-X-MEDIA-SEQUENCE') number = Number(value);
    else if (tag === '#EXT-X-MAP') initUrl = base + (/URI="([^"]+)"/.exec(value)?.[1] ?? '');
    else if (tag === '#EXT-X-PROGRAM-DATE-TIME') startMs = Date.parse(value);
    else if (tag === '#EXTINF') durationMs = 1000 * parseFloat(value);
    else if (line && !line.startsWith('#')) {
      const endMs = startMs + durationMs;
      if (endMs > startMs) segments.push({ number, url: base + line, initUrl, startMs, endMs });
      number += 1;
    }
  }
  return segments;
}

function split(line: string): [string, string] {
  const at = line.indexOf(':');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
