/** What a connection sends: tracks with their layers, and how much of them. */

import { preferCodecs, sendsH264 } from './codecs';
import { encodings, thinned, type Encoding, type PublicationKind } from './layers';
import type { SendLevel } from './send_ladder';

/** Sends every track of `stream` over `pc`; the layers of its picture. */
export function addTracks(
  pc: RTCPeerConnection,
  stream: MediaStream,
  kind: PublicationKind,
): Encoding[] {
  let layers: Encoding[] = [];
  for (const track of stream.getTracks()) {
    const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [stream] };
    if (track.kind === 'video') {
      const { width = 640, height = 360 } = track.getSettings();
      init.sendEncodings = layers = encodings(kind, width, height, sendsH264());
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
export async function thin(sender: RTCRtpSender, all: Encoding[], level: SendLevel): Promise<void> {
  const parameters = sender.getParameters();
  const wanted = thinned(all, level);
  parameters.encodings.forEach((encoding, place) => {
    const { active, maxBitrate, maxFramerate } = wanted[place] ?? {};
    if (active !== undefined) encoding.active = active;
    if (maxBitrate !== undefined) encoding.maxBitrate = maxBitrate;
    if (maxFramerate === undefined) delete encoding.maxFramerate;
    else encoding.maxFramerate = maxFramerate;
  });
  await sender.setParameters(parameters).catch(() => undefined);
}
