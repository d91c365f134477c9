# cython: language_level=3, binding=False
"""The engine's rings and commands for Python: plain values in, plain values out, no decisions."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcpy, memset


NOTHING = 0xFFFFFFFF
STREAM_ADDRESS_PARTS = 3 # host, port, number of the connection; UDP's have 2 or 4
CODECS = {"opus": CODEC_OPUS, "h264": CODEC_H264, "vp8": CODEC_VP8}
COUNTER_NAMES = (
    "received", "sent", "bytes_sent", "forwarded", "repaired", "paced", "probed", "copied",
    "keyframes_wanted",
    "streams_accepted", "streams_closed", "streams_refused", "streams_unproved", "too_long",
    "not_ours", "stun_refused", "stranger", "unwanted", "malformed", "send_failed", "stream_full",
    "control_full", "tap_lost", "events_lost",
    "worked_us", "busy_us", "waited_us",
)


cdef int _put_address(Address *out, tuple address) except -1:
    cdef bytes host = address[0].partition("%")[0].encode()
    memset(out, 0, sizeof(Address))
    if len(address) == STREAM_ADDRESS_PARTS:
        out.stream = address[2]
    if inet_pton(AF_INET, host, &out.v4.sin_addr) == 1:
        out.v4.sin_family = AF_INET
        out.v4.sin_port = htons(address[1])
        out.length = sizeof(sockaddr_in)
        return 0
    if inet_pton(AF_INET6, host, &out.v6.sin6_addr) != 1:
        raise ValueError(f"no address: {address[0]}")
    out.v6.sin6_family = AF_INET6
    out.v6.sin6_port = htons(address[1])
    out.v6.sin6_scope_id = address[3] if len(address) > 3 else 0
    out.length = sizeof(sockaddr_in6)
    return 0


cdef tuple _address(const Address *address):
    cdef char text[64]
    if address.any.sa_family == AF_INET:
        inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof(text))
        host, port = text.decode(), ntohs(address.v4.sin_port)
        return (host, port, address.stream) if address.stream else (host, port)
    inet_ntop(AF_INET6, &address.v6.sin6_addr, text, sizeof(text))
    port, scope = ntohs(address.v6.sin6_port), address.v6.sin6_scope_id
    host = text.decode()
    if address.stream:
        return host, port, address.stream
    # as the socket module writes it
    return (f"{host}%{scope}" if scope else host), port, 0, scope


cdef int _put_text(char *out, text, int size) except -1:
    cdef bytes encoded = text.encode()
    if len(encoded) >= size:
        raise ValueError(f"longer than {size - 1} bytes: {text}")
    memset(out, 0, size)
    memcpy(out, <const char *>encoded, len(encoded))
    return 0


cdef int _put_block(ExtensionBlock *out, bytes block, int time_at) except -1:
    if len(block) > EXTENSION_BYTES:
        raise ValueError("the extension block is too long")
    memcpy(out.bytes, <const char *>block, len(block))
    out.length = len(block)
    out.time_at = time_at
    return 0


cdef int _put_publication(PublicationSpec *out, spec) except -1:
    out.number = spec["number"]
    out.codec = spec["codec"]
    out.payload_type = spec["payload_type"]
    out.rtx_payload_type = spec["rtx_payload_type"]
    out.red_payload_type = spec["red_payload_type"]
    out.rid_extension = spec["rid_extension"]
    out.repaired_rid_extension = spec["repaired_rid_extension"]
    out.transport_cc_extension = spec["transport_cc_extension"]
    out.wants_nack = spec["wants_nack"]
    out.wants_pli = spec["wants_pli"]
    out.wants_remb = spec["wants_remb"]
    for rid in spec["rids"][:MAX_LAYERS]:
        _put_text(out.rids[out.rid_count], rid, RID_BYTES)
        out.rid_count += 1
    for ssrc, rtx_ssrc in spec["announced"][:MAX_ANNOUNCED]:
        out.announced[out.announced_count] = ssrc
        out.announced_rtx[out.announced_count] = rtx_ssrc
        out.announced_count += 1
    return 0


cdef int _put_subscription(SubscriptionSpec *out, spec) except -1:
    out.number = spec["number"]
    out.ssrc = spec["ssrc"]
    out.rtx_ssrc = spec["rtx_ssrc"]
    out.first_seq = spec["first_seq"]
    out.first_ts = spec["first_ts"]
    out.first_rtx_seq = spec["first_rtx_seq"]
    out.is_audio = spec["is_audio"]
    _put_block(&out.with_mid, spec["with_mid"][0], spec["with_mid"][1])
    _put_block(&out.bare, spec["bare"][0], spec["bare"][1])
    _put_text(out.cname, spec["cname"], CNAME_BYTES)
    return 0


cdef class Core:
    """The engine's thread and its rings. All calls on one thread, `stop` last."""

    cdef Engine *engine
    cdef uint32_t max_peers

    def __cinit__(self, int socket, int listener, int wake_engine, int wake_control,
                  uint32_t max_peers, uint32_t max_streams, tuple srtp):
        cdef EngineSettings settings
        settings.socket, settings.wake_engine, settings.wake_control = (
            socket, wake_engine, wake_control)
        settings.listener = listener
        settings.max_peers, settings.max_streams = max_peers, max_streams
        self.max_peers = max_peers
        settings.srtp.protect = <SrtpCall><uintptr_t>srtp[0]
        settings.srtp.unprotect = <SrtpCall><uintptr_t>srtp[1]
        settings.srtp.protect_rtcp = <SrtpCall><uintptr_t>srtp[2]
        settings.srtp.unprotect_rtcp = <SrtpCall><uintptr_t>srtp[3]
        self.engine = engine_new(&settings)
        if self.engine == NULL:
            raise MemoryError
        if len(COUNTER_NAMES) != COUNTERS:
            raise AssertionError("counters without a name")

    def __dealloc__(self):
        engine_free(self.engine)

    def start(self):
        """Begin to read the socket."""
        if not engine_start(self.engine):
            raise RuntimeError("no thread")

    def stop(self):
        """End the thread; what was commanded before is applied first. Harmless to repeat."""
        with nogil:
            engine_stop(self.engine)

    @property
    def applied(self):
        """Commands applied so far."""
        return engine_applied(self.engine)

    def counters(self):
        """By name, since the start."""
        return {
            name: counters_read(&self.engine.counters, index)
            for index, name in enumerate(COUNTER_NAMES)
        }

    # ---- commands: False when the queue is full

    def add_publisher(self, uint32_t place, uint64_t number, uint32_t ssrc, publications):
        """`publications`: (place, values) each."""
        cdef AddPublisher command
        memset(&command, 0, sizeof(command))
        command.place, command.number, command.ssrc = place, number, ssrc
        for its_place, spec in publications[:MAX_PUBLICATIONS]:
            command.places[command.count] = its_place
            _put_publication(&command.publications[command.count], spec)
            command.count += 1
        return engine_command(self.engine, ADD_PUBLISHER, &command, sizeof(command))

    def add_subscriber(self, uint32_t place, uint64_t number, subscriptions):
        """`subscriptions`: (place, values) each."""
        cdef AddSubscriber command
        memset(&command, 0, sizeof(command))
        command.place, command.number = place, number
        for its_place, spec in subscriptions[:MAX_SUBSCRIPTIONS]:
            command.places[command.count] = its_place
            _put_subscription(&command.subscriptions[command.count], spec)
            command.count += 1
        return engine_command(self.engine, ADD_SUBSCRIBER, &command, sizeof(command))

    def connect_peer(self, uint32_t place, uint64_t ice, uintptr_t inbound, uintptr_t outbound,
                     tuple address):
        """SRTP sessions by their addresses; they must live until the peer is removed."""
        cdef ConnectPeer command
        memset(&command, 0, sizeof(command))
        command.place, command.ice = place, ice
        command.inbound, command.outbound = <SrtpSession>inbound, <SrtpSession>outbound
        _put_address(&command.address, address)
        return engine_command(self.engine, CONNECT_PEER, &command, sizeof(command))

    def set_address(self, uint32_t place, tuple address):
        cdef PeerAddress command
        memset(&command, 0, sizeof(command))
        command.place = place
        _put_address(&command.address, address)
        return engine_command(self.engine, SET_ADDRESS, &command, sizeof(command))

    def open_name(self, uint32_t place, uint64_t number, ufrag, bytes password):
        """One more name of an ICE session."""
        cdef OpenName command
        if len(password) > PASSWORD_BYTES:
            raise ValueError("the password is too long")
        memset(&command, 0, sizeof(command))
        command.place, command.number = place, number
        _put_text(command.ufrag, ufrag, UFRAG_BYTES)
        memcpy(command.password, <const char *>password, len(password))
        command.password_length = len(password)
        return engine_command(self.engine, OPEN_NAME, &command, sizeof(command))

    def close_name(self, ufrag):
        cdef CloseName command
        _put_text(command.ufrag, ufrag, UFRAG_BYTES)
        return engine_command(self.engine, CLOSE_NAME, &command, sizeof(command))

    def close_ice(self, uint32_t place):
        return self._set(CLOSE_ICE, place, 0)

    def send_stream(self, uint64_t stream, bytes datagram):
        """A datagram for a connection by TCP; dropped when that is gone."""
        cdef SendStream command
        command.length = len(datagram)
        if command.length > sizeof(command.bytes):
            raise ValueError("the datagram is too long")
        command.stream = stream
        memcpy(command.bytes, <const char *>datagram, command.length)
        return engine_command(self.engine, SEND_STREAM, &command, sizeof(command))

    def set_source(self, uint32_t subscription, uint32_t publication, Codec codec,
                   int payload_type, int rtx_payload_type):
        """`codec`: of the layers it takes, with their payload types."""
        cdef SetSource command
        memset(&command, 0, sizeof(command))
        command.subscription, command.publication = subscription, publication
        command.codec = codec
        command.payload_type, command.rtx_payload_type = payload_type, rtx_payload_type
        return engine_command(self.engine, SET_SOURCE, &command, sizeof(command))

    def set_target(self, uint32_t subscription, rid, uint8_t most_temporal):
        """`rid` None: nothing."""
        cdef SetTarget command
        memset(&command, 0, sizeof(command))
        command.subscription = subscription
        command.has_target = rid is not None
        command.most_temporal = most_temporal
        _put_text(command.rid, rid or "", RID_BYTES)
        return engine_command(self.engine, SET_TARGET, &command, sizeof(command))

    cdef bint _set(self, Command kind, uint32_t place, uint32_t value):
        cdef SetValue command
        command.place, command.value = place, value
        return engine_command(self.engine, kind, &command, sizeof(command))

    def remove_peer(self, uint32_t place):
        return self._set(REMOVE_PEER, place, 0)

    def set_muted(self, uint32_t publication, bint is_muted):
        return self._set(SET_MUTED, publication, is_muted)

    def set_tapped(self, uint32_t publication, bint is_recorded, bint is_every):
        return self._set(SET_TAPPED, publication, is_recorded + 2 * is_every)

    def request_keyframe(self, uint32_t publication):
        return self._set(REQUEST_KEYFRAME, publication, 0)

    def set_link(self, uint32_t peer, uint32_t bps, uint32_t pace_bps):
        cdef SetLink command
        command.place, command.bps, command.pace_bps = peer, bps, pace_bps
        return engine_command(self.engine, SET_LINK, &command, sizeof(command))

    def begin_probe(self, uint32_t peer, uint32_t bps, uint32_t length_ms, uint32_t reports):
        cdef BeginProbe command
        command.place, command.bps, command.length_ms = peer, bps, length_ms
        command.reports = reports
        return engine_command(self.engine, BEGIN_PROBE, &command, sizeof(command))

    def set_copies(self, uint32_t peer, uint32_t copies, uint32_t after_ms):
        cdef SetCopies command
        command.place, command.copies, command.after_ms = peer, copies, after_ms
        return engine_command(self.engine, SET_COPIES, &command, sizeof(command))

    def set_picture_copies(self, uint32_t peer, uint32_t after_ms, uint8_t most_temporal):
        cdef SetPictureCopies command
        command.place, command.after_ms, command.most_temporal = peer, after_ms, most_temporal
        return engine_command(self.engine, SET_PICTURE_COPIES, &command, sizeof(command))

    def set_voice_within(self, uint32_t peer, uint32_t within_ms):
        return self._set(SET_VOICE_WITHIN, peer, within_ms)

    def set_feed(self, uint32_t publication, rid):
        """`rid` None: nothing."""
        cdef SetFeed command
        memset(&command, 0, sizeof(command))
        command.publication, command.is_fed = publication, rid is not None
        _put_text(command.rid, rid or "", RID_BYTES)
        return engine_command(self.engine, SET_FEED, &command, sizeof(command))

    def feed_keyframe(self, uint32_t publication):
        return self._set(FEED_KEYFRAME, publication, 0)

    def put_made(self, uint32_t publication, rid, Codec codec, bytes packet):
        """A packet of a layer that is made of the one that is fed."""
        cdef PutMade command
        command.codec = codec
        command.length = len(packet)
        if command.length > sizeof(command.bytes):
            raise ValueError("the packet is too long")
        command.publication = publication
        _put_text(command.rid, rid, RID_BYTES)
        memcpy(command.bytes, <const char *>packet, command.length)
        return engine_command(self.engine, PUT_MADE, &command, sizeof(command))

    def drop_made(self, uint32_t publication, rid):
        cdef DropMade command
        command.publication = publication
        _put_text(command.rid, rid, RID_BYTES)
        return engine_command(self.engine, DROP_MADE, &command, sizeof(command))

    def set_beat(self, uint32_t peer, uint32_t seconds):
        return self._set(SET_BEAT, peer, seconds)

    def set_allowance(self, uint32_t peer, uint32_t bps):
        return self._set(SET_ALLOWANCE, peer, bps)

    # ---- what stands on the board

    def board_entry(self, uint32_t place, uint64_t peer):
        """(monotonic seconds of its last packet, voice packets, picture packets, share of the voice
        lost, round trip in ms): None for a value that is not known, and where it does not stand."""
        cdef BoardEntry entry
        if place >= self.max_peers or not board_read(self.engine.board + place, peer, &entry):
            return None
        return (
            entry.heard_us / 1e6,
            None if entry.voice_packets == NOT_KNOWN else entry.voice_packets,
            None if entry.picture_packets == NOT_KNOWN else entry.picture_packets,
            entry.voice_lost_ppm / 1e6,
            None if entry.round_trip_us == NOT_KNOWN else entry.round_trip_us / 1e3,
        )

    def unheard(self, double before):
        """Peers not heard since these monotonic seconds."""
        cdef uint32_t place
        cdef int64_t before_us = <int64_t>(before * 1e6)
        cdef uint64_t peer
        cdef list found = []
        for place in range(self.max_peers):
            peer = board_unheard(self.engine.board + place, before_us)
            if peer:
                found.append(peer)
        return found

    # ---- what the engine tells

    def listen(self):
        """From now on the next news wakes control again: call before reading."""
        engine_listen(self.engine)

    def control(self, int most):
        """Checks and datagrams of handshakes: (ICE session, address, monotonic seconds, check,
        datagram) each. `check`: (ufrag, nominates, seconds of the last check from elsewhere), None
        for a datagram."""
        cdef Record record
        cdef ControlHead head
        cdef list found = []
        while len(found) < most and ring_peek(&self.engine.control, &record):
            memcpy(&head, record.bytes, sizeof(head))
            check = None
            if record.kind == CONTROL_CHECK:
                check = head.ufrag.decode(), bool(head.nominates), head.elsewhere_us / 1e6
            body = record.bytes[sizeof(head):record.length]
            found.append((head.session, _address(&head.from_), head.arrived_us / 1e6, check, body))
            ring_pop(&self.engine.control, &record)
        return found

    def tap(self, int most):
        """(kind, key, publication, wall ms, bytes, whether it is for a transcoder) each."""
        cdef Record record
        cdef TapHead head
        cdef list found = []
        while len(found) < most and ring_peek(&self.engine.tap, &record):
            memcpy(&head, record.bytes, sizeof(head))
            body = record.bytes[sizeof(head):record.length]
            found.append((record.kind, head.key, head.publication, head.wall_us // 1000, body,
                          bool(head.is_feed)))
            ring_pop(&self.engine.tap, &record)
        return found

    def events(self, int most):
        """(kind, values) each."""
        cdef Record record
        cdef const MadeEvent *made
        cdef list found = []
        while len(found) < most and ring_peek(&self.engine.events, &record):
            if record.kind == PUBLISHER_STATS:
                found.append((record.kind, _publisher(<const PublisherFigures *>record.bytes)))
            elif record.kind == SUBSCRIBER_STATS:
                found.append((record.kind, _subscriber(<const SubscriberFigures *>record.bytes)))
            elif record.kind == MADE_KEYFRAME_WANTED:
                made = <const MadeEvent *>record.bytes
                found.append((record.kind, (made.publication, made.rid.decode())))
            else:
                number = (<const PublicationEvent *>record.bytes).publication
                found.append((record.kind, number))
            ring_pop(&self.engine.events, &record)
        return found


cdef tuple _temporal(const TemporalFigures *figures):
    return tuple([(figures[n].bitrate_bps, figures[n].pictures) for n in range(TEMPORAL_IDS)])


cdef tuple _publication(const PublicationFigures *figures):
    layers = tuple([
        (figures.layers[n].rid.decode(), figures.layers[n].bitrate_bps, figures.layers[n].pixels,
         bool(figures.layers[n].is_live), _temporal(figures.layers[n].temporal),
         bool(figures.layers[n].is_made), figures.layers[n].codec)
        for n in range(figures.layer_count)
    ])
    began = None if figures.keyframe_us == NEVER_US else figures.keyframe_us / 1e6
    return figures.number, layers, began


cdef tuple _publisher(const PublisherFigures *figures):
    publications = tuple([_publication(&figures.publications[n]) for n in range(figures.count)])
    return (figures.peer, figures.heard_us / 1e6, figures.fraction_lost, figures.expected,
            figures.lost, figures.received_bps, publications)


cdef tuple _subscriber(const SubscriberFigures *figures):
    forwarded = tuple([
        (figures.subscriptions[n].number,
         (figures.subscriptions[n].rid.decode(), figures.subscriptions[n].most_temporal)
         if figures.subscriptions[n].has_layer else None)
        for n in range(figures.count)
    ])
    round_trip = figures.round_trip_us / 1e6 if figures.has_round_trip else None
    remb = (figures.remb_bps, figures.remb_us / 1e6) if figures.remb_bps else None
    probed = figures.longest_round_trip_us / 1e6, figures.probed_bps, bool(figures.can_probe)
    sent = figures.octets, figures.picture_octets
    return (figures.peer, figures.expected if figures.is_reported else 0, figures.lost,
            figures.well, round_trip, figures.least_round_trip_us / 1e6, remb, sent,
            forwarded, probed, figures.asked)


KINDS = {
    "publication_started": PUBLICATION_STARTED,
    "layers_changed": LAYERS_CHANGED,
    "publisher": PUBLISHER_STATS,
    "subscriber": SUBSCRIBER_STATS,
    "made_keyframe_wanted": MADE_KEYFRAME_WANTED,
    "tap_opened": TAP_OPENED,
    "tap_packet": TAP_PACKET,
    "tap_closed": TAP_CLOSED,
}
