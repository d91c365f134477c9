/* One subscriber's view of one slot: packets of whatever feeds it, as one continuous stream. */
#ifndef RELAY_ENGINE_SUBSCRIPTION_H
#define RELAY_ENGINE_SUBSCRIPTION_H

#include "layer.h"
#include "munger.h"
#include "repair.h"
#include "rtcp_write.h"
#include "thinning.h"

#define EXTENSION_BYTES 64
#define CNAME_BYTES 16
#define MOST_COPIES 2 /* of each packet of a protected voice, beside itself */

struct Publication;
struct Subscriber;

/* A header extension block ready to be copied; `time_at` is where abs-send-time goes, 0: nowhere. */
typedef struct ExtensionBlock {
    uint8_t bytes[EXTENSION_BYTES];
    uint8_t length, time_at;
} ExtensionBlock;

/* What does not change in a subscription's life. */
typedef struct SubscriptionSpec {
    uint64_t number;
    uint32_t ssrc, rtx_ssrc, first_ts;
    uint16_t first_seq, first_rtx_seq;
    bool is_audio;
    ExtensionBlock with_mid; /* until the receiver has shown that it knows the SSRC */
    ExtensionBlock bare;
    char cname[CNAME_BYTES];
} SubscriptionSpec;

struct Subscription {
    SubscriptionSpec spec;
    struct Subscriber *subscriber;
    struct Publication *publication; /* what feeds it; NULL: nothing */
    Layer *layer; /* being forwarded */
    int64_t next_seq, catching_since_us; /* next_seq: where it is in the layer's cache then */
    Layer *awaited; /* its next key frame is where to move to it */
    char target_rid[RID_BYTES];
    bool has_target;
    bool knows_ssrc;
    Codec codec; /* of the layers it takes: its publication's, or what is made for who can't decode that */
    uint8_t payload_type; /* of that codec */
    int16_t rtx_payload_type; /* -1: no retransmissions */
    int at[LISTS]; /* its place in each list, plus one; 0: not there */
    uint64_t has_burst; /* number of the burst that went out to it before its turn */
    Thinning thinning;
    SentRing sent;
    int64_t copied[MOST_COPIES]; /* the next number of which each copy is to be sent */
    uint16_t rtx_seq;
    uint64_t packets, octets;
    /* what the receiver's reports say */
    bool is_reported;
    uint32_t highest_seq, answered_sr; /* answered_sr: LSR of the last report */
    int32_t packets_lost;
    int64_t skipped;
    int64_t missed; /* packets that were asked for since its last report */
    double fraction_lost;
    int64_t arrived, arrived_us; /* packets of the newest report that spoke of any, and its time */
    int told; /* which layer and pictures control knows of; 0: nothing is forwarded */
    int64_t asked_keyframe_us, keyframe_wait_us;
    int64_t reported_us; /* when its last report came */
    uint64_t repairs[REPAIRS];
    Munger munger; /* the last, since its memory is long */
};

void subscription_init(Subscription *subscription, const SubscriptionSpec *spec,
                       struct Subscriber *subscriber);
void subscription_free(Subscription *subscription);

/* Begin a segment with this packet of `layer`. */
void subscription_switch(Subscription *subscription, Layer *layer, const Packet *packet);

/* Whether a past key frame would move the stream forward in time, as it must. */
bool subscription_can_start_at(const Subscription *subscription, const Packet *packet);

/* The packet in this subscriber's numbers and with so many bytes of padding (RFC 3550 section 5.1),
 * not yet encrypted, into `out`; its length, 0 if it is not for it. */
int subscription_write(Subscription *subscription, const Packet *packet, uint8_t padding,
                       uint32_t send_time, uint8_t *out);

/* Whether what was sent can be sent again without being asked for: a receiver drops a second copy that
 * comes as RTX, and of nothing else. */
static inline bool subscription_can_repeat(const Subscription *subscription) {
    return subscription->publication && !subscription->spec.is_audio &&
           subscription->rtx_payload_type >= 0 && subscription->sent.places;
}

/* The packet again: voice byte for byte, pictures as RTX (RFC 4588) where agreed; 0 if not. */
int subscription_repeat(Subscription *subscription, const Sent *sent, const Packet *packet,
                        uint32_t send_time, uint8_t *out);

/* An RTX packet of nothing but padding (RFC 3550 section 5.1), which a receiver counts and drops; its
 * length. */
int subscription_pad(Subscription *subscription, uint32_t send_time, uint8_t *out);

/* Our clocks for this SSRC; false before its first packet. */
bool subscription_sender_report(const Subscription *subscription, Instant instant,
                                SenderReport *report);

/* The receiver's report on this SSRC: packets since its last one, and how many of them the link
 * lost. What its publisher lost was never sent and is not counted. */
void subscription_reported(Subscription *subscription, const ReportBlock *block, int64_t now_us,
                           int64_t *expected, int64_t *lost);

#endif
