/** What microphones of a lesson are for: see `sound_profile` of the API. */
export type Sound = 'speech' | 'music';

const IS_CHROMIUM = /Chrom(e|ium)\/\d/;
const OPUS = /a=rtpmap:(\d+) opus\/48000\/2\r\n/g;

/** An offer whose opus has more parameters (RFC 7587 §6.1); those it has already stay. */
function withOpus(sdp: string, parameter: string): string {
  return [...sdp.matchAll(OPUS)].reduce((text, [, type]) => {
    const line = new RegExp(`(a=fmtp:${type} [^\\r]*)`, 'g');
    return text.replace(line, (whole: string) =>
      whole.split(/[ ;]/).includes(parameter) ? whole : `${whole};${parameter}`,
    );
  }, sdp);
}

/**
 * Our own half of the session for music. Chromium plays one channel unless its own description says
 * two; Firefox says so by itself, and takes no changes.
 */
export function playedInStereo(sdp: string, userAgent = navigator.userAgent): string {
  return IS_CHROMIUM.test(userAgent) ? withOpus(sdp, 'stereo=1') : sdp;
}

/** What the server is told: that music comes, and in two channels. */
export function sentInStereo(sdp: string): string {
  return withOpus(sdp, 'sprop-stereo=1');
}
