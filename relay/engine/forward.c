/* To the viewers: packets as they come; and RTCP to anybody. */
#include "engine.h"

#define PADDING_MOST 8 /* bytes */

void engine_send_rtp(Engine *engine, Subscriber *subscriber, uint8_t *place, int length) {
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
    /* a later report than that of a probe's end would hide it; the next second has one */
    if (probe_waits(&subscription->subscriber->probe, engine->instant.now_us)) return;
    if (subscriber_write_report(subscription, engine->instant, &compound))
        engine_send_compound(engine, &subscription->subscriber->peer, &compound);
}

uint64_t engine_forward_one(Engine *engine, Subscription *subscription, const Packet *packet,
                            uint8_t padding, int64_t sent_us) {
    if (subscriber_is_past(subscription, packet->late_ms)) return 0;
    uint8_t *place = batch_place(engine->batch);
    int length = subscription_write(subscription, packet, padding, abs_send_time(sent_us), place);
    if (!length) return 0;
    engine_send_rtp(engine, subscription->subscriber, place, length);
    if (subscription->packets == 1) report_first(engine, subscription);
    return 1;
}

/* ---- bursts */

static inline bool is_overwritten(const Burst *burst, int k) {
    return burst->packets[k]->ext_seq != burst->ext_seqs[k];
}

/* Encoders cut a picture into packets that differ by a byte or two; only equal ones can be one
 * message, and only its last may be shorter. Voice stays as it is: it may be sent again, and then
 * has to be the same. */
static void even_out(Burst *burst, bool is_voice) {
    int longest = 0;
    for (int k = burst->count; k-- > 0;) {
        if (is_overwritten(burst, k)) continue;
        int missing = longest - burst->packets[k]->payload_length;
        bool is_worth = !is_voice && missing > 0 && missing <= PADDING_MOST;
        burst->padding[k] = is_worth ? (uint8_t)missing : 0;
        if (missing < 0) longest = burst->packets[k]->payload_length;
    }
}

static uint64_t send_to(Engine *engine, Subscription *subscription, const Burst *burst) {
    uint64_t forwarded = 0;
    for (int k = 0; k < burst->count; k++)
        if (!is_overwritten(burst, k))
            forwarded += engine_forward_one(engine, subscription, burst->packets[k],
                                            burst->padding[k], burst->packets[k]->arrival_us);
    return forwarded;
}

/* Voice that waits for the same viewer rides at the end of the pictures' message: a smaller last piece
 * costs no message of its own. */
static uint64_t send_voices(Engine *engine, Subscriber *subscriber) {
    uint64_t forwarded = 0;
    for (int i = 0; i < subscriber->subscription_count; i++) {
        Subscription *subscription = subscriber->subscriptions + i;
        if (!subscription->spec.is_audio || !subscription->at[LIST_FORWARDED]) continue;
        const Burst *burst = &subscription->layer->burst;
        if (!burst->count || subscription->has_burst == burst->number) continue;
        subscription->has_burst = burst->number;
        forwarded += send_to(engine, subscription, burst);
    }
    return forwarded;
}

static void send_burst(Engine *engine, Layer *layer, bool with_voices) {
    Burst *burst = &layer->burst;
    even_out(burst, layer_is_audio(layer));
    const SubscriptionList *viewers = &layer->viewers;
    uint64_t forwarded = 0;
    for (int i = 0; i < viewers->count; i++) {
        Subscription *subscription = viewers->items[i];
        if (subscription->has_burst == burst->number) continue;
        forwarded += send_to(engine, subscription, burst);
        if (with_voices) forwarded += send_voices(engine, subscription->subscriber);
    }
    counters_add(&engine->counters, COUNT_FORWARDED, forwarded);
    burst->count = 0;
}

static void unhold(Engine *engine, const Layer *layer) {
    Layer **link = &engine->held;
    while (*link != layer) link = &(*link)->burst.next;
    *link = layer->burst.next;
}

/* What this layer's viewers lack goes to them now. */
void engine_flush(Engine *engine, Layer *layer) {
    if (!layer->burst.count) return;
    unhold(engine, layer);
    send_burst(engine, layer, false);
}

void engine_flush_all(Engine *engine) {
    for (Layer *layer = engine->held; layer; layer = layer->burst.next)
        if (!layer_is_audio(layer)) send_burst(engine, layer, true);
    for (; engine->held; engine->held = engine->held->burst.next)
        if (engine->held->burst.count) send_burst(engine, engine->held, false);
}

/* Those who waited for a key frame of this layer move to it. */
static void move_waiting(Engine *engine, Layer *layer, const Packet *packet) {
    for (int i = layer->waiting.count; i-- > 0;)
        if (engine_may_move(layer->waiting.items[i], layer, packet))
            engine_move(engine, layer->waiting.items[i], &layer->viewers, layer, packet);
}

void engine_forward(Engine *engine, Layer *layer, const Packet *packet) {
    Burst *burst = &layer->burst;
    bool is_move = packet->starts_keyframe && layer->waiting.count;
    if (burst->count == BURST_PACKETS || is_move) engine_flush(engine, layer);
    if (is_move) move_waiting(engine, layer, packet);
    if (packet->starts_keyframe && !layer_is_audio(layer)) engine_slow_down(engine, layer, packet);
    if (layer->catching.count) engine_fill_gap(engine, layer, packet);
    if (!layer->viewers.count) return;
    if (!burst->count) {
        burst->number = ++engine->bursts;
        burst->next = engine->held;
        engine->held = layer;
    }
    burst->ext_seqs[burst->count] = packet->ext_seq;
    burst->packets[burst->count++] = packet;
}
