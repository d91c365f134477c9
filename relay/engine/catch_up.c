/* A picture at a viewer's pace: it reads the layer's cache until it has reached its head, and is one of
 * the layer's viewers then. On a good link that is at once.
 *
 * Bounds: a cursor and no copies. Who is 5 s behind, or finds that the cache has forgotten, begins
 * anew: at a later key frame in the cache, else at one that is asked for. */
#include "engine.h"

#define BEHIND_US (5 * SECOND_US)
#define REST_US (SECOND_US / 10) /* so long the rest of a picture is waited for */

static bool is_too_late(const Subscription *subscription, int64_t now_us) {
    const Layer *layer = subscription->layer;
    if (layer->highest - subscription->next_seq >= layer->places) return true;
    const Packet *packet = layer_find(layer, subscription->next_seq);
    return packet && now_us - packet->arrival_us > BEHIND_US;
}

static void join(Engine *engine, Subscription *subscription) {
    Layer *layer = subscription->layer;
    engine_flush(engine, layer); /* it has what the others get now */
    subscription_list_remove(&layer->catching, subscription);
    if (!subscription_list_add(&layer->viewers, subscription)) subscription->layer = NULL;
}

/* Who has read the beginning of a key frame that still comes is not done: its rest would go out as
 * fast as the publisher sends it. */
static bool is_in_its_midst(const Layer *layer, int64_t now_us) {
    const Packet *newest = layer_find(layer, layer->highest);
    return newest && !newest->is_marked && now_us - newest->arrival_us < REST_US;
}

double engine_catch_up(Engine *engine, Subscription *subscription, double room) {
    int64_t now_us = engine->instant.now_us;
    if (is_too_late(subscription, now_us)) {
        engine_interrupt(engine, subscription);
        return room;
    }
    const Layer *layer = subscription->layer;
    uint64_t before = subscription->packets;
    while (room > 0 && subscription->next_seq <= layer->highest) {
        const Packet *packet = layer_find(layer, subscription->next_seq++);
        if (!packet) continue; /* lost on its way to us; where it comes late, it fills its gap */
        if (engine_forward_one(engine, subscription, packet, 0, now_us))
            room -= packet->length + PACKET_BYTES;
    }
    counters_add(&engine->counters, COUNT_FORWARDED, subscription->packets - before);
    bool waits = pacer_is_thin(&subscription->subscriber->pacer) && is_in_its_midst(layer, now_us);
    if (subscription->next_seq > layer->highest && !waits) join(engine, subscription);
    return room;
}

/* ---- the first picture */

static void start_from_cache(Engine *engine, Subscription *subscription, Layer *layer,
                             int64_t first) {
    const Packet *packet = layer_find(layer, first);
    if (!engine_move(engine, subscription, &layer->catching, layer, packet)) return;
    Subscriber *subscriber = subscription->subscriber;
    subscription->next_seq = first;
    subscription->catching_since_us = engine->instant.now_us;
    engine_catch_up(engine, subscription, engine_room(engine, subscriber));
    if (subscription->at[LIST_CATCHING]) engine_add_paced(engine, subscriber);
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
        start_from_cache(engine, subscription, layer, first);
    else
        engine_want_keyframe(engine, layer);
}

/* ---- a live key frame */

/* It comes as fast as the publisher sends all its layers together: who has a thin link reads it from
 * the cache instead. Only the newest packet may be read again there: no number is used twice. */
void engine_slow_down(Engine *engine, Layer *layer, const Packet *packet) {
    if (packet->ext_seq != layer->highest) return;
    for (int i = layer->viewers.count; i-- > 0;) {
        Subscription *subscription = layer->viewers.items[i];
        if (!pacer_is_thin(&subscription->subscriber->pacer)) continue;
        engine_flush(engine, layer);
        if (!subscription_list_add(&layer->catching, subscription)) continue;
        subscription_list_remove(&layer->viewers, subscription);
        subscription->next_seq = packet->ext_seq;
        subscription->catching_since_us = engine->instant.now_us;
        engine_add_paced(engine, subscription->subscriber);
    }
}

/* A packet came late: who has read past its place gets it now. */
void engine_fill_gap(Engine *engine, Layer *layer, const Packet *packet) {
    for (int i = 0; i < layer->catching.count; i++) {
        Subscription *subscription = layer->catching.items[i];
        if (packet->ext_seq >= subscription->next_seq) continue;
        uint64_t forwarded =
            engine_forward_one(engine, subscription, packet, 0, engine->instant.now_us);
        counters_add(&engine->counters, COUNT_FORWARDED, forwarded);
    }
}
