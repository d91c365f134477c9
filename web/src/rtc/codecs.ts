const VP8 = { mimeType: 'video/VP8' };

interface Named {
  mimeType: string;
  sdpFmtpLine?: string;
}

/**
 * The order we offer video codecs in: H.264 (recordable without transcoding), then VP8, with
 * retransmission; nothing else, because the relay forwards nothing else.
 */
export function preferred<Codec extends Named>(codecs: readonly Codec[]): Codec[] {
  return codecs
    .filter((codec) => rank(codec) < Infinity)
    .map((codec, index) => ({ codec, index }))
    .sort((a, b) => rank(a.codec) - rank(b.codec) || a.index - b.index)
    .map(({ codec }) => codec);
}

function rank(codec: Named): number {
  const name = codec.mimeType.toLowerCase();
  if (name === 'video/h264') return /packetization-mode=1/.test(codec.sdpFmtpLine ?? '') ? 0 : 1;
  if (name === 'video/vp8') return 2;
  return name === 'video/rtx' ? 3 : Infinity;
}

/** Puts our order on a video transceiver; a browser that can't keeps its own. */
export function preferCodecs(transceiver: RTCRtpTransceiver): void {
  if (!('setCodecPreferences' in transceiver)) return;
  const codecs = capable(transceiver.direction === 'sendonly');
  if (codecs.length > 0) transceiver.setCodecPreferences(preferred(codecs));
}

/** Whether the relay will choose H.264 for what we send: it is what both like best. */
export function sendsH264(): boolean {
  if (!('getCapabilities' in RTCRtpSender)) return false;
  return capable(true).some((codec) => rank(codec) < rank(VP8));
}

/** Browsers refuse preferences that the receiving side lacks, even to send. */
function capable(toSend: boolean): RTCRtpCodec[] {
  const decoded = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  if (!toSend) return decoded;
  const key = (codec: RTCRtpCodec) => `${codec.mimeType} ${codec.sdpFmtpLine ?? ''}`.toLowerCase();
  const known = new Set(decoded.map(key));
  const encoded = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  return encoded.filter((codec) => known.has(key(codec)));
}

/** Most lessons are H.264; a browser without it sees what the server makes VP8, if it does. */
export function canDecodeH264(): boolean {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  return codecs.some((codec) => codec.mimeType.toLowerCase() === 'video/h264');
}
