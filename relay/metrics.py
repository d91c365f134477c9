"""The relay's metrics, each in words."""

from streamsvc.base.metrics import counter, gauge

DATAGRAMS_RECEIVED = counter(
    "streamsvc_relay_datagrams_received", "Datagrams read from the media port."
)
DATAGRAMS_SENT = counter("streamsvc_relay_datagrams_sent", "Datagrams sent from the media port.")
BYTES_SENT = counter("streamsvc_relay_bytes_sent", "UDP payload bytes sent from the media port.")
DATAGRAMS_DROPPED = counter(
    "streamsvc_relay_datagrams_dropped",
    "Datagrams not used, by reason: too_long (over 1,500 bytes), stranger (media from an address "
    "without a peer), unwanted (media from a viewer), not_ours (neither STUN, DTLS nor media), "
    "stun_refused (a check that did not prove itself), malformed (failed decryption or made no "
    "sense inside), dtls_queue (a handshake's queue was full), send_failed (the kernel refused "
    "it).",
    ("reason",),
)
PACKETS_FORWARDED = counter(
    "streamsvc_relay_packets_forwarded", "RTP packets sent to subscribers, without repairs."
)
PACKETS_REPAIRED = counter(
    "streamsvc_relay_packets_repaired", "RTP packets sent again after a subscriber's NACK."
)
KEYFRAMES_REQUESTED = counter(
    "streamsvc_relay_keyframes_requested", "Key frame requests wanted by joins, losses and taps."
)
PEERS = gauge("streamsvc_relay_peers", "Open media sessions, by direction.", ("direction",))
SESSIONS_CLOSED = counter(
    "streamsvc_relay_sessions_closed", "Media sessions that ended, by reason.", ("because",)
)
HANDSHAKES = counter(
    "streamsvc_relay_handshakes", "DTLS handshakes, by result (connected, failed).", ("result",)
)
TAP_PACKETS_LOST = counter(
    "streamsvc_relay_tap_packets_lost",
    "Packets that a full ring dropped before the recorder took them.",
)
