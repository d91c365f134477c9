"""The relay's metrics, each in words."""

from streamsvc.base.metrics import counter, gauge, histogram

DATAGRAMS_RECEIVED = counter(
    "streamsvc_relay_datagrams_received", "Datagrams read from the media ports, UDP and TCP."
)
DATAGRAMS_SENT = counter(
    "streamsvc_relay_datagrams_sent", "Datagrams sent from the media ports, UDP and TCP."
)
BYTES_SENT = counter("streamsvc_relay_bytes_sent", "Their bytes, without headers of the network.")
DATAGRAMS_DROPPED = counter(
    "streamsvc_relay_datagrams_dropped",
    "Datagrams not used, by reason: too_long (over 1,500 bytes), stranger (media from an address "
    "without a peer), unwanted (media from a viewer), not_ours (neither STUN, DTLS nor media), "
    "stun_refused (a check that did not prove itself), malformed (failed decryption or made no "
    "sense inside), control_full (more handshake datagrams than are looked at), "
    "tap_lost and events_lost (control was too slow for the engine), send_failed (the kernel "
    "refused it, or its connection is gone), stream_full (a connection by TCP is too slow for what "
    "it is sent), socket_full (the kernel's receive queue was full: the engine was too slow, or "
    "net.core.rmem_max is too small).",
    ("reason",),
)
PACKETS_FORWARDED = counter(
    "streamsvc_relay_packets_forwarded", "RTP packets sent to subscribers, without repairs."
)
PACKETS_REPAIRED = counter(
    "streamsvc_relay_packets_repaired", "RTP packets sent again after a subscriber's NACK."
)
PACKETS_PACED = counter(
    "streamsvc_relay_packets_paced",
    "Of those forwarded: sent at the pace of a thin link instead of at once (first pictures, key "
    "frames).",
)
PACKETS_PROBED = counter(
    "streamsvc_relay_packets_probed",
    "RTP packets sent again to see whether a link can take more.",
)
PACKETS_COPIED = counter(
    "streamsvc_relay_packets_copied",
    "Packets of voice sent again unasked, to viewers who can't ask or whose links lose many.",
)
PROBES = counter(
    "streamsvc_relay_probes",
    "Probes of viewers' links, by result (passed, failed, empty: nothing to repeat, unheard).",
    ("result",),
)
KEYFRAMES_REQUESTED = counter(
    "streamsvc_relay_keyframes_requested", "Key frame requests wanted by joins, losses and taps."
)
ENGINE_WORKED = counter(
    "streamsvc_relay_engine_worked_us",
    "CPU time of the engine's thread in microseconds.",
)
ENGINE_BUSY = counter(
    "streamsvc_relay_engine_busy_us",
    "Time on the clock in which the engine's thread had something to do, in microseconds; from "
    "920,000 in a second on newcomers are refused.",
)
DATAGRAMS_WAITED = counter(
    "streamsvc_relay_datagrams_waited_us",
    "How long all datagrams together waited for the engine, in microseconds; from 30,000 for each "
    "of them on newcomers are refused.",
)
PEERS = gauge(
    "streamsvc_relay_peers",
    "Open media sessions, by direction (publisher, subscriber), and data channels (channel).",
    ("direction",),
)
SESSIONS_CLOSED = counter(
    "streamsvc_relay_sessions_closed", "Media sessions that ended, by reason.", ("because",)
)
HANDSHAKES = counter(
    "streamsvc_relay_handshakes",
    "DTLS handshakes, by result (connected, failed). Tries that a page left for another data "
    "channel are not counted.",
    ("result",),
)
CHANNEL_OPEN_SECONDS = histogram(
    "streamsvc_relay_channel_open_seconds",
    "From the first check of a page that wants a data channel to the first word that it says by "
    "it, in whichever of its tries; pages that gave up are not counted.",
    (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0),
)
STREAMS = counter(
    "streamsvc_relay_streams",
    "Connections by TCP: accepted; refused (no place for one more); closed (of those accepted); "
    "unproved (of those closed: no valid check within 5 s, or something else first).",
    ("event",),
)
TAP_PACKETS_LOST = counter(
    "streamsvc_relay_tap_packets_lost",
    "Packets that a full ring dropped before the recorder took them.",
)
TRANSCODER_RESTARTS = counter(
    "streamsvc_relay_transcoder_restarts",
    "Child processes of transcoders that ended by themselves, or were killed as they hung.",
)
TRANSCODER_PICTURES_SKIPPED = counter(
    "streamsvc_relay_transcoder_pictures_skipped",
    "A publisher's pictures that no lower picture was made of, as they came late or could not be "
    "decoded.",
)
TRANSCODERS = gauge("streamsvc_relay_transcoders", "Publications that have a transcoder now.")
TRANSCODERS_REFUSED = counter(
    "streamsvc_relay_transcoders_refused",
    "Publications that rooms needed a transcoder for, on a machine that had as many as it may; "
    "each counts once while it is wanted.",
)
