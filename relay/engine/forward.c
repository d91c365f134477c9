/* To the viewers: packets, repairs, a first picture from the cache; and RTCP to anybody. */
#include "engine.h"

#define PADDING_MOST 8 /* bytes */

static void send_rtp(Engine *engine, Subscriber *subscriber, uint8_t *place, int length) {
    if (!subscriber->peer.address.length) { /* its connection ended, or its port has a new owner */
        counters_add(&engine->counters, COUNT_SEND_FAILED, 1);
        return;
    }
    SrtpCall protect = engine->settings.srtp.protect;
    /* a packet that came in one datagram may not fit one any more */
    bool fits = length + SRTP_TRAILER_BYTES <= PLACE_BYTES;
    length = fits ? srtp_apply(protect, subscriber->peer.outbound, place, length) : -1;
    if (length > 0)
        batch_add(engine->batch, &subscriber->peer.address, length);
    else
        counters_add(&engine->counters, COUNT_TOO_LONG, 1);
}

void engine_send_compound(Engine *engine, Peer *peer, const Compound *compound) {
    if (!peer_is_connected(peer) || !compound->length) return;
    uint8_t *place = batch_place(engine->batch);
    memcpy(place, compound->bytes, (size_t)compound->length);
    SrtpCall protect = engine->settings.srtp.protect_rtcp;
    int length = srtp_apply(protect, peer->outbound, place, compound->length);
    if (length > 0) batch_add(engine->batch, &peer->address, length);
}

/* Voice and picture can be put together from a viewer's first packet on. */
static void report_first(Engine *engine, const Subscription *subscription) {
    Compound compound;
    compound.length = 0;
    if (subscriber_write_report(subscription, engine->instant, &compound))
        engine_send_compound(engine, &subscription->subscriber->peer, &compound);
}

/* How many packets that were: 0 or 1. */
static uint64_t forward_one(Engine *engine, Subscription *subscription, const Packet *packet,
                            uint8_t padding) {
    uint8_t *place = batch_place(engine->batch);
    uint32_t send_time = abs_send_time(packet->arrival_us);
    int length = subscription_write(subscription, packet, padding, send_time, place);
    if (!length) return 0;
    send_rtp(engine, subscription->subscriber, place, length);
    if (subscription->packets == 1) report_first(engine, subscription);
    return 1;
}

/* ---- bursts */

/* Encoders cut a picture into packets that differ by a byte or two; only equal ones can be one
 * message, and only its last may be shorter. Voice stays as it is: it may be sent again, and then
 * has to be the same. */
static void even_out(Burst *burst, bool is_voice) {
    int longest = 0;
    for (int k = burst->count; k-- > 0;) {
        int missing = longest - burst->packets[k]->payload_length;
        bool is_worth = !is_voice && missing > 0 && missing <= PADDING_MOST;
        burst->padding[k] = is_worth ? (uint8_t)missing : 0;
        if (missing < 0) longest = burst->packets[k]->payload_length;
    }
}

static void send_burst(Engine *engine, Layer *layer) {
    Burst *burst = &layer->burst;
    even_out(burst, layer_is_audio(layer));
    const SubscriptionList *viewers = &layer->viewers;
    uint64_t forwarded = 0;
    for (int i = 0; i < viewers->count; i++)
        for (int k = 0; k < burst->count; k++)
            forwarded +=
                forward_one(engine, viewers->items[i], burst->packets[k], burst->padding[k]);
    counters_add(&engine->counters, COUNT_FORWARDED, forwarded);
    burst->count = 0;
}

/* What this layer's viewers lack goes to them now. */
void engine_flush(Engine *engine, Layer *layer) {
    if (!layer->burst.count) return;
    Layer **link = &engine->held;
    while (*link != layer) link = &(*link)->burst.next;
    *link = layer->burst.next;
    send_burst(engine, layer);
}

void engine_flush_all(Engine *engine) {
    while (engine->held) {
        Layer *layer = engine->held;
        engine->held = layer->burst.next;
        send_burst(engine, layer);
    }
}

static bool move_to(Engine *engine, Subscription *subscription, Layer *layer, const Packet *packet) {
    Layer *before = subscription->layer;
    if (before) engine_flush(engine, before); /* the rest of its last picture */
    if (before) subscription_list_remove(&before->viewers, subscription);
    if (!subscription_list_add(&layer->viewers, subscription)) {
        subscription->layer = NULL;
        return false;
    }
    subscription_list_remove(&layer->waiting, subscription);
    subscription->awaited = NULL;
    subscription_switch(subscription, layer, packet);
    return true;
}

/* Those who waited for a key frame of this layer move to it. */
static void move_waiting(Engine *engine, Layer *layer, const Packet *packet) {
    for (int i = layer->waiting.count; i-- > 0;)
        if (peer_is_connected(&layer->waiting.items[i]->subscriber->peer))
            move_to(engine, layer->waiting.items[i], layer, packet);
}

void engine_forward(Engine *engine, Layer *layer, const Packet *packet) {
    Burst *burst = &layer->burst;
    bool is_move = packet->starts_keyframe && layer->waiting.count;
    if (burst->count == BURST_PACKETS || is_move) engine_flush(engine, layer);
    if (is_move) move_waiting(engine, layer, packet);
    if (!layer->viewers.count) return;
    if (!burst->count) {
        burst->next = engine->held;
        engine->held = layer;
    }
    burst->packets[burst->count++] = packet;
}

/* ---- repairs */

/* What was sent, if it can be sent again as it was: its payload type is that of the codec which
 * feeds the subscription now, and a number must never be used twice for other bytes. */
static const Packet *source_of(const Engine *engine, const Subscription *subscription,
                               const Sent *sent) {
    const Publication *publication = subscription->publication;
    const Layer *layer = sent && publication ? engine->layers[sent->layer_id] : NULL;
    if (!layer || layer->codec != publication->spec.codec) return NULL;
    int64_t behind = (int32_t)(sent->source_seq - (uint32_t)layer->highest);
    int64_t ext_seq = layer->highest + behind;
    return ext_seq > 0 ? layer_find(layer, ext_seq) : NULL;
}

void engine_repair(Engine *engine, Subscription *subscription, uint16_t seq) {
    Subscriber *subscriber = subscription->subscriber;
    Sent *sent = sent_ring_find(&subscription->sent, seq);
    const Packet *packet = source_of(engine, subscription, sent);
    int64_t now_us = engine->instant.now_us;
    Repair repair =
        repair_decide(packet ? sent : NULL, &subscriber->budget, packet ? packet->length : 0,
                      subscription->spec.is_audio, subscriber->round_trip_us, now_us);
    subscription->repairs[repair]++;
    if (repair != REPAIR_SENT) return;
    uint8_t *place = batch_place(engine->batch);
    int length = subscription_repeat(subscription, sent, packet, abs_send_time(now_us), place);
    if (!length) return;
    counters_add(&engine->counters, COUNT_REPAIRED, 1);
    send_rtp(engine, subscriber, place, length);
}

/* ---- the first picture */

static void send_cached(Engine *engine, Subscription *subscription, Layer *layer, int64_t first) {
    if (!move_to(engine, subscription, layer, layer_find(layer, first))) return;
    uint64_t forwarded = 0;
    for (int64_t seq = first; seq <= layer->highest; seq++) {
        const Packet *packet = layer_find(layer, seq);
        if (packet) forwarded += forward_one(engine, subscription, packet, 0);
    }
    counters_add(&engine->counters, COUNT_FORWARDED, forwarded);
}

/* From the cache where that is cheap, else by a key frame request. */
void engine_start_picture(Engine *engine, Subscription *subscription) {
    Layer *layer = subscription->awaited;
    if (!layer || subscription->spec.is_audio) return;
    if (!peer_is_connected(&subscription->subscriber->peer)) return;
    engine_flush(engine, layer);
    int64_t now_us = engine->instant.now_us;
    bool is_muted = subscription->publication->is_muted;
    int64_t first = is_muted ? 0 : layer_burst_start(layer, now_us);
    if (first && subscription_can_start_at(subscription, layer_find(layer, first)))
        send_cached(engine, subscription, layer, first);
    else
        engine_want_keyframe(engine, layer);
}
