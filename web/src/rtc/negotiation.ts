import { fetchWithin, refusal } from '$kit/api';
import { withVoiceRepair } from './feedback';
import { playedInStereo, sentInStereo, type Sound } from './stereo';

const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
const ANSWER_WITHIN_MS = 10_000;
const END_WITHIN_MS = 3_000;

/**
 * One POST that carries the whole offer and brings the whole answer (RFC 9725 §4.2). No candidate
 * is waited for: the server is ICE-lite and its own candidates, in the answer, suffice.
 * Returns the session's address. Raises ApiError. `isApart`: no voice waits for its picture.
 * `isAfterCut`: not on the connections from before, which wait for TCP.
 */
export async function openSession(
  pc: RTCPeerConnection,
  endpoint: string,
  grant: string,
  sound: Sound = 'speech',
  { isApart = false, isAfterCut = false }: { isApart?: boolean; isAfterCut?: boolean } = {},
): Promise<string> {
  const said = withVoiceRepair(await described(pc, sound));
  const response = await call('POST', endpoint, grant, SDP, said, isAfterCut);
  const session = response.headers.get('Location') ?? '';
  try {
    const sdp = await response.text();
    await pc.setRemoteDescription({ type: 'answer', sdp: isApart ? voicesApart(sdp) : sdp });
  } catch (error) {
    // Closed meanwhile, or an answer we can't take: the server must not keep what nobody uses.
    if (session) void endSession(session, grant);
    throw error;
  }
  return session;
}

/**
 * An answer whose voices are in streams of their own. Browsers delay a voice until lips move with it,
 * and the pictures of a far room come a repair later: who talks with it may not wait so long.
 */
export function voicesApart(answer: string): string {
  return answer.replace(/^(a=msid:\S+)( \S+-audio)/gm, '$1-voice$2');
}

/** Takes a new offer as our own description; what the server is to hear of it. */
async function described(
  pc: RTCPeerConnection,
  sound: Sound,
  options?: RTCOfferOptions,
): Promise<string> {
  const { type, sdp = '' } = await pc.createOffer(options);
  if (sound === 'speech') {
    await pc.setLocalDescription({ type, sdp });
    return sdp;
  }
  await pc.setLocalDescription({ type, sdp: playedInStereo(sdp) });
  return sentInStereo(sdp);
}

/**
 * New ICE names both ways in one PATCH (RFC 9725 §4.3.2); the media session lives on. From now on
 * `servers` are tried, too; their passwords may have changed since.
 */
export async function restartIce(
  pc: RTCPeerConnection,
  session: string,
  grant: string,
  sound: Sound = 'speech',
  servers: RTCIceServer[] = [],
): Promise<void> {
  if (servers.length > 0) pc.setConfiguration?.({ ...pc.getConfiguration(), iceServers: servers });
  const answered = pc.remoteDescription?.sdp ?? '';
  const fragment = iceFragment(await described(pc, sound, { iceRestart: true }));
  const response = await call('PATCH', session, grant, FRAGMENT, fragment);
  const sdp = withIce(answered, await response.text());
  await pc.setRemoteDescription({ type: 'answer', sdp });
}

/**
 * Tells the server that the session is over. Never raises: it may have ended by itself.
 * `isLeaving`: the page goes away meanwhile; Chrome 80 sends nothing then.
 */
export async function endSession(session: string, grant: string, isLeaving = false): Promise<void> {
  const headers = { Authorization: `Bearer ${grant}` };
  try {
    const init = { method: 'DELETE', headers, keepalive: isLeaving };
    await fetchWithin(session, init, END_WITHIN_MS);
  } catch {
    return;
  }
}

async function call(
  method: 'POST' | 'PATCH',
  path: string,
  grant: string,
  type: string,
  body: string,
  isApart = false,
): Promise<Response> {
  const headers: Record<string, string> = {
    'Content-Type': type,
    Authorization: `Bearer ${grant}`,
  };
  if (method === 'PATCH') headers['If-Match'] = '*';
  const packed = method === 'POST' ? await gzip(body) : null;
  if (packed !== null) headers['Content-Encoding'] = 'gzip';
  const init: RequestInit = { method, headers, body: packed ?? body };
  // Browsers keep what goes without cookies on connections of its own.
  if (isApart) init.credentials = 'omit';
  const response = await fetchWithin(path, init, ANSWER_WITHIN_MS);
  if (!response.ok) throw await refusal(response);
  return response;
}

/**
 * An offer is 12 kB of repetition, more than a thin uplink takes at once: what is lost of it comes
 * round trips later. Null where the browser can't pack.
 */
export async function gzip(text: string): Promise<ArrayBuffer | null> {
  if (typeof CompressionStream === 'undefined') return null;
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(packed).arrayBuffer();
}

/** Our ICE name and password as the fragment of RFC 8840 §9: the first m-line speaks for all. */
export function iceFragment(sdp: string): string {
  const lines = ['ice-ufrag', 'ice-pwd', 'mid'].map((name) => attribute(sdp, name));
  const [ufrag, pwd, mid] = lines;
  const group = /^a=group:BUNDLE.*$/m.exec(sdp)?.[0]?.trim();
  const all = [group, 'm=audio 9 UDP/TLS/RTP/SAVPF 0', mid, ufrag, pwd];
  return all.filter((line) => line !== undefined).join('\r\n') + '\r\n';
}

/** The server's answer with the ICE name, password and candidates of its fragment. */
export function withIce(answer: string, fragment: string): string {
  let sdp = answer;
  for (const name of ['ice-ufrag', 'ice-pwd']) {
    const line = attribute(fragment, name);
    if (line !== undefined) sdp = sdp.replace(new RegExp(`^a=${name}:.*$`, 'gm'), line);
  }
  const candidates = fragment.match(/^a=candidate:.*$/gm)?.map((line) => line.trim()) ?? [];
  if (candidates.length === 0) return sdp;
  const bare = sdp.replace(/^a=candidate:.*\r?\n/gm, '');
  return bare.replace(/^a=ice-pwd:.*$/m, (line) => [line.trim(), ...candidates].join('\r\n'));
}

function attribute(sdp: string, name: string): string | undefined {
  return new RegExp(`^a=${name}:.*$`, 'm').exec(sdp)?.[0]?.trim();
}
