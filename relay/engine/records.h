/* What control tells the engine, and what the engine tells control: records of the rings.
 *
 * Control gives every peer, publication and subscription a number that is never used twice, and a
 * place in the engine's tables that is used again. */
#ifndef RELAY_ENGINE_RECORDS_H
#define RELAY_ENGINE_RECORDS_H

#include "ice.h"
#include "publisher.h"
#include "subscriber.h"

/* ---- commands */

typedef enum Command {
    ADD_PUBLISHER = 1,
    ADD_SUBSCRIBER,
    CONNECT_PEER,
    SET_ADDRESS,
    REMOVE_PEER,
    SET_SOURCE,
    SET_TARGET,
    SET_MUTED,
    SET_TAPPED,
    REQUEST_KEYFRAME,
    SET_LINK,
    SET_BEAT, /* seconds after which a subscriber is told of even if all is well */
    SET_ALLOWANCE,
    OPEN_NAME,
    CLOSE_NAME,
    CLOSE_ICE,
    SEND_STREAM,
    BEGIN_PROBE,
    SET_COPIES,
    SET_PICTURE_COPIES,
    SET_VOICE_WITHIN, /* no voice that is later than so many ms; 0: all of it */
    SET_FEED, /* of a transcoder */
    FEED_KEYFRAME, /* it needs one */
    PUT_MADE, /* what it made */
    DROP_MADE, /* and makes no more */
} Command;

typedef struct AddPublisher {
    uint64_t number;
    uint32_t place, ssrc;
    int count;
    uint32_t places[MAX_PUBLICATIONS];
    PublicationSpec publications[MAX_PUBLICATIONS];
} AddPublisher;

typedef struct AddSubscriber {
    uint64_t number;
    uint32_t place;
    int count;
    uint32_t places[MAX_SUBSCRIPTIONS];
    SubscriptionSpec subscriptions[MAX_SUBSCRIPTIONS];
} AddSubscriber;

typedef struct ConnectPeer {
    uint64_t ice;
    uint32_t place;
    SrtpSession inbound, outbound;
    Address address;
} ConnectPeer;

typedef struct PeerAddress {
    uint32_t place;
    Address address;
} PeerAddress;

#define NO_PLACE 0xFFFFFFFFU

typedef struct SetSource {
    uint32_t subscription, publication; /* NO_PLACE: nothing */
    Codec codec; /* of the layers that it takes */
    uint8_t payload_type;
    int16_t rtx_payload_type;
} SetSource;

typedef struct SetTarget {
    uint32_t subscription;
    bool has_target;
    uint8_t most_temporal; /* pictures of a higher temporal id are left out */
    char rid[RID_BYTES];
} SetTarget;

typedef struct OpenName {
    uint64_t number; /* of the ICE session */
    uint32_t place;
    uint8_t password_length;
    char ufrag[UFRAG_BYTES];
    uint8_t password[PASSWORD_BYTES];
} OpenName;

typedef struct CloseName {
    char ufrag[UFRAG_BYTES];
} CloseName;

/* A datagram of control for a connection by TCP. */
typedef struct SendStream {
    uint64_t stream;
    uint32_t length;
    uint8_t bytes[MAX_DATAGRAM_BYTES];
} SendStream;

typedef struct SetLink {
    uint32_t place, bps;
    uint32_t pace_bps; /* for what can wait */
} SetLink;

typedef struct BeginProbe {
    uint32_t place, bps, length_ms;
    uint32_t reports; /* of its end, all the same: some may be lost */
} BeginProbe;

/* Each packet of voice goes to a subscriber so many times more, each so much later than the one before. */
typedef struct SetCopies {
    uint32_t place, copies, after_ms;
} SetCopies;

/* Each packet of pictures up to this temporal id goes to a subscriber once more so much later; 0: not. */
typedef struct SetPictureCopies {
    uint32_t place, after_ms;
    uint8_t most_temporal;
} SetPictureCopies;

/* A transcoder gets the publisher's layer of this name, or nothing. */
typedef struct SetFeed {
    uint32_t publication;
    bool is_fed;
    char rid[RID_BYTES];
} SetFeed;

/* A packet of the layer of this name that is made of the one that is fed. */
typedef struct PutMade {
    uint32_t publication, length;
    Codec codec;
    char rid[RID_BYTES];
    uint8_t bytes[MAX_DATAGRAM_BYTES];
} PutMade;

typedef struct DropMade {
    uint32_t publication;
    char rid[RID_BYTES];
} DropMade;

/* The others: a place, and a switch or a number. */
typedef struct SetValue {
    uint32_t place, value;
} SetValue;

/* ---- events */

typedef enum Event {
    PUBLICATION_STARTED = 1, /* its first packet was decrypted */
    LAYERS_CHANGED, /* one began, or fell silent */
    PUBLISHER_STATS,
    SUBSCRIBER_STATS,
    MADE_KEYFRAME_WANTED, /* of a layer that a transcoder makes */
} Event;

typedef struct PublicationEvent {
    uint64_t publication;
} PublicationEvent;

typedef struct MadeEvent {
    uint64_t publication;
    char rid[RID_BYTES];
} MadeEvent;

/* Pictures up to one temporal id, in the last second. */
typedef struct TemporalFigures {
    uint32_t bitrate_bps, pictures;
} TemporalFigures;

typedef struct LayerFigures {
    char rid[RID_BYTES];
    Codec codec;
    bool is_live, is_made;
    uint32_t bitrate_bps, pixels;
    TemporalFigures temporal[TEMPORAL_IDS];
} LayerFigures;

typedef struct PublicationFigures {
    uint64_t number;
    int layer_count;
    LayerFigures layers[MOST_LAYERS]; /* smallest picture first */
    int64_t keyframe_us; /* when the freshest one began; NEVER_US: none */
} PublicationFigures;

typedef struct PublisherFigures {
    uint64_t peer;
    int64_t heard_us;
    double fraction_lost;
    uint64_t expected, lost; /* packets, in total */
    uint32_t received_bps;
    int count;
    PublicationFigures publications[MAX_PUBLICATIONS];
} PublisherFigures;

typedef struct SubscriptionFigures {
    uint64_t number;
    bool has_layer;
    uint8_t most_temporal; /* what goes out now */
    char rid[RID_BYTES];
} SubscriptionFigures;

typedef struct SubscriberFigures {
    uint64_t peer;
    bool is_reported, has_round_trip;
    int64_t expected, lost; /* packets reports spoke of in the last second */
    int64_t well; /* and in the two before, if they were not told of: hardly any was lost */
    int64_t round_trip_us, least_round_trip_us;
    int64_t longest_round_trip_us; /* since the last figures; 0: none was measured */
    uint32_t probed_bps; /* what a probe reached that was answered since then; 0: none was */
    bool can_probe; /* there is something to repeat */
    int64_t asked; /* packets that it asked for since the last figures, each once */
    uint64_t remb_bps; /* 0: none yet */
    int64_t remb_us;
    uint64_t octets; /* sent, in total: with headers, and what was sent again */
    uint64_t picture_octets; /* of them, pictures for the first time */
    int count;
    SubscriptionFigures subscriptions[MAX_SUBSCRIPTIONS];
} SubscriberFigures;

/* ---- the tap: one track's packets between its opening and its closing */

typedef enum TapRecord { TAP_OPENED = 1, TAP_PACKET, TAP_CLOSED } TapRecord;

/* What SET_TAPPED wants of a publication: bits. */
enum { TAP_BEST = 1, TAP_EVERY = 2 };

/* Follows the head of TAP_OPENED where it is one of every layer's; then comes the layer's name. */
enum { TAP_LAYER = 1 };

typedef struct TapHead {
    uint32_t key; /* of the track, never used twice */
    uint32_t is_feed; /* for a transcoder; else for the sink */
    uint64_t publication; /* of TAP_OPENED */
    int64_t wall_us;
} TapHead;

/* ---- what control must see of ICE and DTLS; a datagram of a handshake follows its head */

typedef enum ControlRecord { CONTROL_CHECK = 1, CONTROL_HANDSHAKE } ControlRecord;

typedef struct ControlHead {
    uint64_t session; /* number of the ICE session, proved by name or by address */
    Address from;
    int64_t arrived_us;
    int64_t elsewhere_us; /* of a check: when another address of the session was checked last */
    bool nominates;
    char ufrag[UFRAG_BYTES]; /* which of the session's names the check used */
} ControlHead;

#endif
