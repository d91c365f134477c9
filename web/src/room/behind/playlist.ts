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

/** Where what there is of the next segment can be read (draft-pantos-hls-rfc8216bis §4.4.5.3). */
export function begunOf(text: string, url: string): string | null {
  const name = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(text)?.[1];
  return name === undefined ? null : url.replace(/[^/]*$/, '') + name;
}

/** The same segment, complete. */
export function completeOf(begunUrl: string): string {
  return begunUrl.replace(/\/begun-([^/]*)$/, '/$1');
}

/** Nothing will be added (§4.3.3.4). */
export function isFinal(text: string): boolean {
  return text.includes('#EXT-X-ENDLIST');
}

function split(line: string): [string, string] {
  const at = line.indexOf(':');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
