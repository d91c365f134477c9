/** Of the server's ways in for each media session. */
const LETTER = 'c';

/** Alone: Firefox takes whatever answers, and by TCP a channel waits for what was lost, too. */
const UDP = /^\S+ \d+ udp /i;

/**
 * The answer to a lone data channel's offer that the server would give, had it been asked: what the
 * media's answer says of its names, password, certificate and addresses suffices, and a request would
 * wait for TCP. Throws for an answer that lacks any of it.
 */
export function answerOf(media: string, offer: string, lane: number): string {
  const ufrag = one(media, 'ice-ufrag');
  const mid = one(offer, 'mid');
  // Chrome writes them at the first m-line alone, Firefox at each.
  const candidates = new Set(all(media, 'candidate').filter((one) => UDP.test(one)));
  return [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=ice-lite', `a=group:BUNDLE ${mid}`],
    ...['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', `a=mid:${mid}`],
    ...['a=sctp-port:5000', 'a=max-message-size:1200', 'a=setup:active'],
    `a=ice-ufrag:${ufrag}${LETTER}${lane}`,
    `a=ice-pwd:${one(media, 'ice-pwd')}`,
    `a=fingerprint:${one(media, 'fingerprint')}`,
    ...[...candidates].map((candidate) => `a=candidate:${candidate}`),
    '',
  ].join('\r\n');
}

function one(sdp: string, name: string): string {
  const [found] = all(sdp, name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function all(sdp: string, name: string): string[] {
  const lines = sdp.match(new RegExp(`^a=${name}:.*$`, 'gm')) ?? [];
  return lines.map((line) => line.slice(name.length + 3).trim());
}
