/* One encoding of a published track: its statistics, its last packets, its key frames. */
#ifndef RELAY_ENGINE_LAYER_H
#define RELAY_ENGINE_LAYER_H

#include "media_clock.h"
#include "nack_list.h"
#include "packet.h"
#include "rate_meter.h"
#include "receive_stats.h"
#include "subscription_list.h"
#include "temporal.h"

typedef enum Codec { CODEC_OPUS, CODEC_H264, CODEC_VP8 } Codec;

#define RID_BYTES 33 /* what an offer may say (relay/sdp), and an end */
#define VIDEO_PACKETS 1024 /* over 5 s of a 2 Mbit/s layer; a later repair helps nobody */
#define AUDIO_PACKETS 256 /* 5 s of 20 ms packets */
#define LIVE_US SECOND_US /* silent for this long, and for 2.5 of its pictures, it was stopped */

/* Key frame requests to its encoder, merged: a thousand joins are one request. */
typedef struct KeyframeRequests {
    int64_t sent_us, given_up; /* given_up: packets known to be lost when one was wanted last */
    bool is_wanted;
    uint8_t fir_count;
} KeyframeRequests;

#define BURST_PACKETS 32

/* Packets on their way to the viewers: together, so that what goes to one viewer goes out as one
 * message. They stand in the cache: a source that jumps ahead by as many packets as it holds writes
 * over one that waits. That one is lost then; sent under its place's new number it would go out twice,
 * and perhaps not with the same bytes. */
typedef struct Burst {
    const Packet *packets[BURST_PACKETS];
    int64_t ext_seqs[BURST_PACKETS]; /* theirs, when they came */
    uint8_t padding[BURST_PACKETS]; /* bytes behind each, so that the kernel can cut them equal */
    int count;
    uint64_t number; /* never used twice in an engine */
    struct Layer *next; /* in the engine's list of layers whose viewers lack packets */
} Burst;

typedef struct Layer {
    uint32_t ssrc, rtx_ssrc; /* rtx_ssrc: 0 until it is known */
    struct Layer *source; /* what it is made of; NULL for what a publisher sends */
    uint16_t id; /* in the engine's table; what was sent to a subscriber refers to it */
    Codec codec;
    char rid[RID_BYTES]; /* empty without simulcast */
    MediaClock clock;
    ReceiveStats stats;
    RateMeter rate;
    RateMeter by_temporal[TEMPORAL_IDS], pictures[TEMPORAL_IDS]; /* of each temporal id */
    TemporalPattern pattern; /* of H.264 */
    NackList nacks;
    KeyframeRequests keyframes;
    SubscriptionList viewers, waiting, catching;
    uint32_t pixels;
    int64_t highest; /* extended number; 0 before the first packet */
    int64_t keyframe_seq, keyframe_us, bytes_at_keyframe; /* keyframe_seq: 0 before the first */
    int64_t last_packet_us;
    int64_t gap_us; /* between its pictures; 0 before the second */
    uint32_t newest_ts;
    bool has_parameter_sets;
    uint32_t tap_key; /* of its own open track, where every layer is tapped; 0: none */
    int places;
    Packet *cache; /* the last packets by extended number; the oldest is forgotten */
    Burst burst;
} Layer;

/* NULL when memory is out. */
Layer *layer_new(uint32_t ssrc, const char *rid, Codec codec, const WallOffset *offset);
void layer_free(Layer *layer);

static inline bool layer_is_audio(const Layer *layer) { return layer->codec == CODEC_OPUS; }

/* That of its timestamps. */
static inline const MediaClock *layer_clock(const Layer *layer) {
    return layer->source ? &layer->source->clock : &layer->clock;
}

/* Take a packet in; NULL for a duplicate, or one that is too old to be of use. */
const Packet *layer_receive(Layer *layer, const RtpView *view, int64_t now_us, bool is_repaired);

/* A packet of the past, if it is still cached. */
const Packet *layer_find(const Layer *layer, int64_t ext_seq);

static inline bool layer_is_live(const Layer *layer, int64_t now_us) {
    int64_t silent_us = now_us - layer->last_packet_us;
    return silent_us < LIVE_US || silent_us < layer->gap_us * 5 / 2;
}

/* How much of the stream is before a packet, in ms: so late is what is sent of it now. */
uint32_t layer_behind_ms(const Layer *layer, const Packet *packet);

/* First number of the cached packets since the last key frame; 0 where asking for a new one is
 * better: they are many, old, or one is missing. */
int64_t layer_burst_start(const Layer *layer, int64_t now_us);

/* From now on only a key frame that is still to come can begin a picture. */
void layer_forget_keyframe(Layer *layer);

static inline void layer_want_keyframe(Layer *layer) {
    if (!layer_is_audio(layer)) layer->keyframes.is_wanted = true;
}

/* Whether to send a request now; the wish stays until a key frame comes. */
bool layer_keyframe_due(Layer *layer, bool is_tapped, int64_t now_us);

#endif
