#include "layer.h"

#include <stdlib.h>

#include "h264.h"

#define BURST_BYTES 40000 /* a key frame and what follows is sent from the cache up to this size, */
#define BURST_US (2 * SECOND_US) /* and age; beyond, a new key frame is cheaper for everybody */
#define NEAR_PACKETS 16 /* a picture's late packet finds the others across so large a gap */
#define REQUEST_INTERVAL_US (SECOND_US / 2)
/* A recording has a place to seek to, and a segment to begin with, every 4 s. Asking takes a round trip
 * of its publisher. Browsers begin all layers anew then, the smallest too, so it is not done oftener. */
#define TAPPED_INTERVAL_US (7 * SECOND_US / 2)
#define SLOWEST_US (3 * SECOND_US / 2) /* between pictures; after more than that it had stopped */

Layer *layer_new(uint32_t ssrc, const char *rid, Codec codec, const WallOffset *offset) {
    Layer *layer = calloc(1, sizeof *layer);
    if (!layer) return NULL;
    layer->places = codec == CODEC_OPUS ? AUDIO_PACKETS : VIDEO_PACKETS;
    layer->cache = calloc((size_t)layer->places, sizeof *layer->cache);
    if (!layer->cache) {
        free(layer);
        return NULL;
    }
    layer->ssrc = ssrc;
    layer->codec = codec;
    strncpy(layer->rid, rid, RID_BYTES - 1);
    layer->stats.clock_rate = codec == CODEC_OPUS ? 48000 : 90000;
    layer->clock = (MediaClock){.offset = offset, .clock_rate = layer->stats.clock_rate};
    layer->viewers.kind = LIST_FORWARDED;
    layer->waiting.kind = LIST_WAITING;
    layer->catching.kind = LIST_CATCHING;
    layer->last_packet_us = layer->keyframe_us = layer->keyframes.sent_us = NEVER_US;
    return layer;
}

void layer_free(Layer *layer) {
    if (!layer) return;
    subscription_list_free(&layer->viewers);
    subscription_list_free(&layer->waiting);
    subscription_list_free(&layer->catching);
    free(layer->cache);
    free(layer);
}

static bool starts_keyframe(Layer *layer, const uint8_t *payload, int length) {
    if (layer->codec == CODEC_OPUS) return true;
    if (layer->codec == CODEC_VP8) return vp8_is_keyframe_start(payload, length);
    if (h264_is_parameter_set(payload, length)) {
        layer->has_parameter_sets = true;
        return true;
    }
    /* an IDR is a start only for encoders that never send parameter sets in band */
    return !layer->has_parameter_sets && h264_is_keyframe_start(payload, length);
}

static void note_keyframe(Layer *layer, const Packet *packet) {
    if (packet->ext_seq <= layer->keyframe_seq) return;
    layer->keyframe_seq = packet->ext_seq;
    layer->keyframe_us = packet->arrival_us;
    layer->bytes_at_keyframe = layer->rate.total_bytes - packet->length;
    layer->keyframes.is_wanted = false; /* every wish until now is fulfilled */
    const uint8_t *payload = packet_payload(packet);
    uint32_t pixels = layer->codec == CODEC_H264 ? h264_pixels(payload, packet->payload_length)
                                                 : vp8_pixels(payload, packet->payload_length);
    if (pixels) layer->pixels = pixels;
}

/* ---- temporal layers */

/* The nearest packet that is there from `ext_seq` on and can tell, if it is of the same picture. */
static const Packet *near(const Layer *layer, int64_t ext_seq, int step, uint32_t ts) {
    for (int i = 0; i < NEAR_PACKETS && ext_seq > 0; i++, ext_seq += step) {
        const Packet *other = layer_find(layer, ext_seq);
        if (other && !other->is_prelude) return other->ts == ts ? other : NULL;
    }
    return NULL;
}

/* A known packet of the same picture: the newest one, or where this one comes late, a neighbor. */
static const Packet *sibling(const Layer *layer, const Packet *packet) {
    if (packet->ext_seq > layer->highest) return near(layer, layer->highest, -1, packet->ts);
    const Packet *before = near(layer, packet->ext_seq - 1, -1, packet->ts);
    return before ? before : near(layer, packet->ext_seq + 1, 1, packet->ts);
}

static void classify_h264(Layer *layer, Packet *packet) {
    const uint8_t *payload = packet_payload(packet);
    bool is_new = packet->ext_seq > layer->highest, is_next = packet->ext_seq == layer->highest + 1;
    packet->is_prelude = h264_is_prelude(payload, packet->payload_length);
    if (packet->is_prelude) { /* without its slices a browser would wait for the rest of it */
        packet->temporal_id = EVERY_PICTURE;
        packet->starts_picture = is_next;
        return;
    }
    const Packet *same = sibling(layer, packet);
    if (same) {
        packet->temporal_id = same->temporal_id;
        return;
    }
    int idc = h264_reference_idc(payload, packet->payload_length);
    bool counts = is_new && packet->payload_length; /* padding is no picture */
    if (counts && !temporal_note(&layer->pattern, idc, packet->starts_keyframe, !is_next))
        layer_want_keyframe(layer);
    packet->starts_picture = counts && is_next;
    packet->temporal_id = packet->starts_keyframe ? 0 : temporal_id(&layer->pattern, idc);
    /* nothing after a picture of id 0 refers to what was before it */
    if (!packet->temporal_id) packet->opens = EVERY_PICTURE;
}

static void classify_vp8(Packet *packet) {
    const Vp8Descriptor *found = &packet->descriptor;
    if (!packet->has_descriptor) return;
    uint8_t id = found->temporal_id;
    packet->temporal_id = id < EVERY_PICTURE ? id : EVERY_PICTURE;
    packet->starts_picture = found->is_frame_start;
    packet->opens = found->is_layer_sync ? packet->temporal_id : 0;
}

static void classify(Layer *layer, Packet *packet) {
    packet->starts_picture = packet->is_prelude = false;
    packet->temporal_id = packet->opens = 0;
    if (layer->codec == CODEC_H264) classify_h264(layer, packet);
    if (layer->codec == CODEC_VP8) classify_vp8(packet);
    if (!packet->starts_keyframe) return;
    packet->starts_picture = true;
    packet->temporal_id = 0;
    packet->opens = EVERY_PICTURE;
}

/* ---- packets */

const Packet *layer_find(const Layer *layer, int64_t ext_seq) {
    const Packet *packet = layer->cache + ext_seq % layer->places;
    return packet->ext_seq == ext_seq ? packet : NULL;
}

uint32_t layer_behind_ms(const Layer *layer, const Packet *packet) {
    const Packet *newest = layer_find(layer, layer->highest);
    int64_t ticks = newest ? (int32_t)(newest->ts - packet->ts) : 0;
    return ticks > 0 ? (uint32_t)(ticks * 1000 / layer->clock.clock_rate) : 0;
}

static void fill(Layer *layer, Packet *packet, const RtpView *view, int64_t ext_seq,
                 int64_t now_us) {
    packet->ext_seq = ext_seq;
    packet->arrival_us = now_us;
    packet->ts = view->ts;
    packet->late_ms = ext_seq > layer->highest ? 0 : layer_behind_ms(layer, packet);
    packet->length = (uint16_t)view->length;
    packet->payload_at = (uint16_t)view->payload_start;
    packet->payload_length = (uint16_t)(view->payload_end - view->payload_start);
    packet->is_marked = view->is_marked;
    memcpy(packet->bytes, view->bytes, (size_t)view->length);
    const uint8_t *payload = packet_payload(packet);
    packet->starts_keyframe = starts_keyframe(layer, payload, packet->payload_length);
    packet->has_descriptor = layer->codec == CODEC_VP8 &&
                             vp8_read(&packet->descriptor, payload, packet->payload_length);
    classify(layer, packet);
}

static void meter(Layer *layer, const Packet *packet, int64_t now_us) {
    int id = packet->is_prelude ? 0 : packet->temporal_id;
    rate_meter_add(&layer->rate, packet->length, now_us);
    rate_meter_add(layer->by_temporal + id, packet->length, now_us);
    if (packet->starts_picture && !packet->is_prelude)
        rate_meter_add(layer->pictures + id, 1, now_us);
}

/* How far apart pictures come: known at once where it is more (a thin uplink sends one a second),
 * forgotten slowly. */
static void note_gap(Layer *layer, uint32_t ts, int64_t now_us) {
    int64_t gap_us = now_us - layer->last_packet_us;
    bool is_next = ts != layer->newest_ts && gap_us <= SLOWEST_US;
    layer->newest_ts = ts;
    if (!is_next) return;
    int64_t less_us = layer->gap_us - gap_us;
    layer->gap_us -= less_us > 0 ? less_us / 8 : less_us;
}

const Packet *layer_receive(Layer *layer, const RtpView *view, int64_t now_us, bool is_repaired) {
    /* the first number is put one cycle up, so that older ones stay positive */
    int64_t ext_seq = layer->highest ? seq_extend(layer->highest, view->seq) : 0x10000 + view->seq;
    Packet *place = layer->cache + ext_seq % layer->places;
    if (ext_seq > 0 && place->ext_seq == ext_seq && place->is_uncounted && !is_repaired) {
        place->is_uncounted = false; /* it was late, and not lost */
        receive_stats_add(&layer->stats, ext_seq, view->ts, now_us);
    }
    if (ext_seq <= 0 || place->ext_seq >= ext_seq) return NULL;
    fill(layer, place, view, ext_seq, now_us);
    place->is_uncounted = is_repaired;
    if (ext_seq > layer->highest) {
        layer->highest = ext_seq;
        note_gap(layer, view->ts, now_us);
    }
    /* voice is repaired under its own number: its sender must hear of the loss, to protect it */
    bool was_asked = nack_list_received(&layer->nacks, ext_seq, now_us);
    if (!is_repaired && !was_asked) receive_stats_add(&layer->stats, ext_seq, view->ts, now_us);
    meter(layer, place, now_us);
    layer->last_packet_us = now_us;
    if (place->starts_keyframe && !layer_is_audio(layer)) note_keyframe(layer, place);
    return place;
}

int64_t layer_burst_start(const Layer *layer, int64_t now_us) {
    int64_t first = layer->keyframe_seq;
    if (!first || now_us - layer->keyframe_us > BURST_US) return 0;
    if (layer->rate.total_bytes - layer->bytes_at_keyframe > BURST_BYTES) return 0;
    if (layer->highest - first >= layer->places) return 0;
    for (int64_t seq = first; seq <= layer->highest; seq++)
        if (!layer_find(layer, seq)) return 0;
    return first;
}

void layer_forget_keyframe(Layer *layer) {
    layer->keyframe_seq = layer->highest;
    layer->keyframe_us = NEVER_US;
}

bool layer_keyframe_due(Layer *layer, bool is_tapped, int64_t now_us) {
    KeyframeRequests *requests = &layer->keyframes;
    if (layer->nacks.given_up > requests->given_up) {
        requests->given_up = layer->nacks.given_up;
        requests->is_wanted = true;
    }
    if (is_tapped && now_us - layer->keyframe_us >= TAPPED_INTERVAL_US) requests->is_wanted = true;
    if (!requests->is_wanted || now_us - requests->sent_us < REQUEST_INTERVAL_US) return false;
    requests->sent_us = now_us;
    return true;
}
