/**
 * Which ways a connection tries. UDP and TCP straight to the server race by themselves, and the
 * browser prefers them in this order. TURN servers join after a head start: they cost their node an
 * allocation, and a thin link a TLS handshake beside the first seconds of the voice.
 */

const HEAD_START_MS = 1_500;

/**
 * `withRelays` at once: nothing else was found before. `certificates`: a browser makes one for each
 * connection unless there is one for it.
 */
export function newConnection(
  servers: RTCIceServer[],
  withRelays: boolean,
  certificates?: RTCCertificate[],
): RTCPeerConnection {
  const iceServers = withRelays ? servers : servers.filter((server) => !isRelay(server));
  const configuration: RTCConfiguration = { bundlePolicy: 'max-bundle', iceServers };
  if (certificates !== undefined) configuration.certificates = certificates;
  return new RTCPeerConnection(configuration);
}

/** Calls `join` where there are relays and no way was found within the head start. */
export function afterHeadStart(
  pc: RTCPeerConnection,
  servers: RTCIceServer[],
  join: () => void,
): void {
  if (!servers.some(isRelay)) return;
  setTimeout(() => {
    if (!/^(connected|completed|closed)$/.test(pc.iceConnectionState)) join();
  }, HEAD_START_MS);
}

function isRelay({ username }: RTCIceServer): boolean {
  return !!username;
}
