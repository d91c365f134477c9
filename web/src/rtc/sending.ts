/** What a connection sends: tracks with their layers, and how much of them. */

import { preferCodecs, sendsH264 } from './codecs';
import { encodings, thinned, type Encoding, type PublicationKind } from './layers';
import type { SendLevel } from './send_ladder';

/** Sends every track of `stream` over `pc`, as much of it as `level`; the layers of its picture. */
export function addTracks(
  pc: RTCPeerConnection,
  stream: MediaStream,
  kind: PublicationKind,
  level: SendLevel,
): Encoding[] {
  let layers: Encoding[] = [];
  for (const track of stream.getTracks()) {
    const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [stream] };
    if (track.kind === 'video') {
      const { width = 640, height = 360 } = track.getSettings();
      layers = encodings(kind, width, height, sendsH264());
      init.sendEncodings = level === 'all' ? layers : thinned(layers, level);
    }
    const transceiver = pc.addTransceiver(track, init);
    if (track.kind === 'video') preferCodecs(transceiver);
  }
  return layers;
}

/** Sends other tracks of the same kinds from now on. */
export async function replaceTracks(pc: RTCPeerConnection, stream: MediaStream): Promise<void> {
  for (const sender of pc.getSenders()) {
    const track = stream.getTracks().find((candidate) => candidate.kind === sender.track?.kind);
    if (track) await sender.replaceTrack(track);
  }
}

export function senderOf(
  pc: RTCPeerConnection | null,
  kind: 'audio' | 'video',
): RTCRtpSender | undefined {
  return pc?.getSenders().find((one) => one.track?.kind === kind);
}

/** Browsers that refuse a parameter send as before; their own estimate still holds. */
export async function thin(
  pc: RTCPeerConnection,
  all: Encoding[],
  level: SendLevel,
): Promise<void> {
  const sender = senderOf(pc, 'video');
  if (sender === undefined) return;
  const parameters = sender.getParameters();
  const wanted = thinned(all, level);
  parameters.encodings.forEach((encoding, place) => {
    const { active, maxBitrate, maxFramerate, scaleResolutionDownBy } = wanted[place] ?? {};
    if (active !== undefined) encoding.active = active;
    if (maxBitrate !== undefined) encoding.maxBitrate = maxBitrate;
    if (scaleResolutionDownBy !== undefined) encoding.scaleResolutionDownBy = scaleResolutionDownBy;
    if (maxFramerate === undefined) delete encoding.maxFramerate;
    else encoding.maxFramerate = maxFramerate;
  });
  await sender.setParameters(parameters).catch(() => undefined);
}

/** Every answer switches all its layers on, whatever was off before. */
export async function thinAnswered(
  pc: RTCPeerConnection,
  all: Encoding[],
  level: SendLevel,
): Promise<void> {
  if (level !== 'all') await thin(pc, all, level);
}
