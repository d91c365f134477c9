# The engine's records and calls as its headers declare them; C checks that they agree.
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "arpa/inet.h" nogil:
    int inet_pton(int family, const char *text, void *address)
    const char *inet_ntop(int family, const void *address, char *text, uint32_t size)
    uint16_t htons(uint16_t value)
    uint16_t ntohs(uint16_t value)
    int AF_INET, AF_INET6


cdef extern from "netinet/in.h" nogil:
    ctypedef uint32_t socklen_t
    cdef struct in_addr:
        uint32_t s_addr
    cdef struct in6_addr:
        uint8_t s6_addr[16]
    cdef struct sockaddr:
        uint16_t sa_family
    cdef struct sockaddr_in:
        uint16_t sin_family
        uint16_t sin_port
        in_addr sin_addr
    cdef struct sockaddr_in6:
        uint16_t sin6_family
        uint16_t sin6_port
        uint32_t sin6_flowinfo
        in6_addr sin6_addr
        uint32_t sin6_scope_id


cdef extern from "engine.h" nogil:
    ctypedef struct Address:
        sockaddr any
        sockaddr_in v4
        sockaddr_in6 v6
        socklen_t length
        uint64_t stream
    enum:
        RID_BYTES, MAX_LAYERS, MAX_ANNOUNCED, MAX_PUBLICATIONS, MAX_SUBSCRIPTIONS, TEMPORAL_IDS
        EXTENSION_BYTES, CNAME_BYTES, COUNTERS
        NO_PLACE
    ctypedef enum Codec:
        CODEC_OPUS, CODEC_H264, CODEC_VP8
    ctypedef enum Command:
        ADD_PUBLISHER, ADD_SUBSCRIBER, CONNECT_PEER, SET_ADDRESS, REMOVE_PEER, SET_SOURCE
        SET_TARGET, SET_MUTED, SET_TAPPED, REQUEST_KEYFRAME, SET_LINK, SET_BEAT, SET_ALLOWANCE
        OPEN_NAME, CLOSE_NAME, CLOSE_ICE, SEND_STREAM, BEGIN_PROBE, SET_COPIES
        SET_PICTURE_COPIES, SET_VOICE_WITHIN, SET_FEED, FEED_KEYFRAME, PUT_MADE, DROP_MADE
    enum:
        PUBLICATION_STARTED, LAYERS_CHANGED, PUBLISHER_STATS, SUBSCRIBER_STATS
        MADE_KEYFRAME_WANTED
        TAP_OPENED, TAP_PACKET, TAP_CLOSED
        CONTROL_CHECK, CONTROL_HANDSHAKE
        UFRAG_BYTES, PASSWORD_BYTES
    int64_t NEVER_US
    ctypedef void *SrtpSession
    ctypedef int (*SrtpCall)(SrtpSession, void *, int *)
    ctypedef struct SrtpCalls:
        SrtpCall protect, unprotect, protect_rtcp, unprotect_rtcp
    ctypedef struct PublicationSpec:
        uint64_t number
        Codec codec
        uint8_t payload_type
        int16_t rtx_payload_type
        uint8_t red_payload_type
        uint8_t rid_extension, repaired_rid_extension, transport_cc_extension
        bint wants_nack, wants_pli, wants_remb
        int rid_count
        char rids[4][33]
        int announced_count
        uint32_t announced[8]
        uint32_t announced_rtx[8]
    ctypedef struct ExtensionBlock:
        uint8_t bytes[64]
        uint8_t length, time_at
    ctypedef struct SubscriptionSpec:
        uint64_t number
        uint32_t ssrc, rtx_ssrc, first_ts
        uint16_t first_seq, first_rtx_seq
        bint is_audio
        ExtensionBlock with_mid
        ExtensionBlock bare
        char cname[16]
    ctypedef struct AddPublisher:
        uint64_t number
        uint32_t place, ssrc
        int count
        uint32_t places[2]
        PublicationSpec publications[2]
    ctypedef struct AddSubscriber:
        uint64_t number
        uint32_t place
        int count
        uint32_t places[8]
        SubscriptionSpec subscriptions[8]
    ctypedef struct OpenName:
        uint64_t number
        uint32_t place
        uint8_t password_length
        char ufrag[32]
        uint8_t password[64]
    ctypedef struct CloseName:
        char ufrag[32]
    ctypedef struct SendStream:
        uint64_t stream
        uint32_t length
        uint8_t bytes[1500]
    ctypedef struct ConnectPeer:
        uint64_t ice
        uint32_t place
        SrtpSession inbound, outbound
        Address address
    ctypedef struct PeerAddress:
        uint32_t place
        Address address
    ctypedef struct SetSource:
        uint32_t subscription, publication
        Codec codec
        uint8_t payload_type
        int16_t rtx_payload_type
    ctypedef struct SetTarget:
        uint32_t subscription
        bint has_target
        uint8_t most_temporal
        char rid[33]
    ctypedef struct SetLink:
        uint32_t place, bps, pace_bps
    ctypedef struct BeginProbe:
        uint32_t place, bps, length_ms, reports
    ctypedef struct SetCopies:
        uint32_t place, copies, after_ms
    ctypedef struct SetPictureCopies:
        uint32_t place, after_ms
        uint8_t most_temporal
    ctypedef struct SetFeed:
        uint32_t publication
        bint is_fed
        char rid[33]
    ctypedef struct PutMade:
        uint32_t publication, length
        Codec codec
        char rid[33]
        uint8_t bytes[1500]
    ctypedef struct DropMade:
        uint32_t publication
        char rid[33]
    ctypedef struct SetValue:
        uint32_t place, value
    ctypedef struct PublicationEvent:
        uint64_t publication
    ctypedef struct MadeEvent:
        uint64_t publication
        char rid[33]
    ctypedef struct TemporalFigures:
        uint32_t bitrate_bps, pictures
    ctypedef struct LayerFigures:
        char rid[33]
        Codec codec
        bint is_live, is_made
        uint32_t bitrate_bps, pixels
        TemporalFigures temporal[3]
    ctypedef struct PublicationFigures:
        uint64_t number
        int layer_count
        LayerFigures layers[9]
        int64_t keyframe_us
    ctypedef struct PublisherFigures:
        uint64_t peer
        int64_t heard_us
        double fraction_lost
        uint64_t expected, lost
        uint32_t received_bps
        int count
        PublicationFigures publications[2]
    ctypedef struct SubscriptionFigures:
        uint64_t number
        bint has_layer
        uint8_t most_temporal
        char rid[33]
    ctypedef struct SubscriberFigures:
        uint64_t peer
        bint is_reported, has_round_trip
        int64_t expected, lost, well
        int64_t round_trip_us, least_round_trip_us, longest_round_trip_us
        uint32_t probed_bps
        bint can_probe
        int64_t asked
        uint64_t remb_bps
        int64_t remb_us
        uint64_t octets
        uint64_t picture_octets
        int count
        SubscriptionFigures subscriptions[8]
    ctypedef struct TapHead:
        uint32_t key, is_feed
        uint64_t publication
        int64_t wall_us
    ctypedef struct ControlHead:
        uint64_t session
        Address from_ "from"
        int64_t arrived_us, elsewhere_us
        bint nominates
        char ufrag[32]
    ctypedef struct BoardRow:
        pass
    ctypedef struct BoardEntry:
        int64_t heard_us
        int32_t voice_packets, picture_packets
        uint32_t voice_lost_ppm
        int64_t round_trip_us
    int NOT_KNOWN
    bint board_read(const BoardRow *row, uint64_t peer, BoardEntry *entry)
    uint64_t board_unheard(const BoardRow *row, int64_t before_us)
    ctypedef struct Ring:
        pass
    ctypedef struct Record:
        uint32_t kind, length
        const uint8_t *bytes
    bint ring_peek(Ring *ring, Record *record)
    void ring_pop(Ring *ring, const Record *record)
    ctypedef struct Counters:
        pass
    uint64_t counters_read(const Counters *counters, int counter)
    ctypedef struct EngineSettings:
        int socket, listener, wake_engine, wake_control
        uint32_t max_peers, max_streams
        SrtpCalls srtp
    ctypedef struct Engine:
        Counters counters
        Ring events, control, tap
        BoardRow *board
    Engine *engine_new(const EngineSettings *settings)
    bint engine_start(Engine *engine)
    void engine_stop(Engine *engine)
    void engine_free(Engine *engine)
    bint engine_command(Engine *engine, Command command, const void *record, uint32_t length)
    uint64_t engine_applied(Engine *engine)
    void engine_listen(Engine *engine)
