/**
 * Chromium asks again for lost voice (RTCP NACK), and answers such requests, when an answer says so,
 * but offers it for pictures only. So the server hears of it in our offer. Firefox does neither.
 */
const ASKS_FOR_VOICE = /Chrom(e|ium)\/\d/;

/** An offer that says what this browser does for its voices. */
export function withVoiceRepair(sdp: string, userAgent = navigator.userAgent): string {
  if (!ASKS_FOR_VOICE.test(userAgent)) return sdp;
  return sdp.replace(/a=rtpmap:(\d+) opus\/48000\/2\r\n/g, (line, type: string) => {
    const asks = `a=rtcp-fb:${type} nack\r\n`;
    return sdp.includes(asks) ? line : line + asks;
  });
}
