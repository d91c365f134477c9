/* Who is fed by what: a subscription is in the list of its publication, of the layer it is forwarded or
 * catches up with, and of the layer whose key frame it waits for. */
#include "engine.h"

static void leave_layer(Subscription *subscription) {
    if (!subscription->layer) return;
    subscription_list_remove(&subscription->layer->viewers, subscription);
    subscription_list_remove(&subscription->layer->catching, subscription);
}

static void stop_waiting(Subscription *subscription) {
    if (subscription->awaited)
        subscription_list_remove(&subscription->awaited->waiting, subscription);
    subscription->awaited = NULL;
}

static void leave_layers(Subscription *subscription) {
    leave_layer(subscription);
    stop_waiting(subscription);
    subscription->layer = NULL;
}

/* To the viewers of a layer, or to those who catch up with it, beginning with this packet; false when
 * memory is out. */
bool engine_move(Engine *engine, Subscription *subscription, SubscriptionList *list, Layer *layer,
                 const Packet *packet) {
    Layer *before = subscription->layer;
    if (before) engine_flush(engine, before); /* the rest of its last picture */
    leave_layer(subscription);
    if (!subscription_list_add(list, subscription)) {
        subscription->layer = NULL;
        return false;
    }
    subscription_list_remove(&layer->waiting, subscription);
    subscription->awaited = NULL;
    subscription_switch(subscription, layer, packet);
    return true;
}

/* Feed the slot by `publication` (NULL: by nothing); nothing new flows until a layer is aimed at.
 * `is_cut`: what flows goes on until the new picture's key frame, so that nobody looks at a still one. */
void engine_feed(Subscription *subscription, Publication *publication, bool is_cut) {
    stop_waiting(subscription);
    if (!is_cut) leave_layers(subscription);
    if (subscription->publication)
        subscription_list_remove(&subscription->publication->fed, subscription);
    subscription->has_target = false;
    bool is_fed = publication && subscription_list_add(&publication->fed, subscription);
    subscription->publication = is_fed ? publication : NULL;
    if (!is_fed) leave_layers(subscription);
}

/* Wait for the target layer, or stop at once where there is no target. */
void engine_aim(Engine *engine, Subscription *subscription) {
    Publication *publication = subscription->publication;
    if (!publication || !subscription->has_target) {
        leave_layers(subscription);
        return;
    }
    stop_waiting(subscription);
    Layer *target = engine_target(engine, publication, subscription->target_rid);
    if (!target || target == subscription->layer || target->codec != subscription->codec) return;
    if (!subscription_list_add(&target->waiting, subscription)) return;
    subscription->awaited = target;
    engine_start_picture(engine, subscription);
}

/* Packets were or will be left out on purpose: a new segment begins with the next ones. */
void engine_interrupt(Engine *engine, Subscription *subscription) {
    leave_layers(subscription);
    engine_aim(engine, subscription);
}

void engine_want_keyframe(Engine *engine, Layer *layer) {
    if (layer_is_audio(layer)) return;
    counters_add(&engine->counters, COUNT_KEYFRAMES_WANTED, 1);
    layer_want_keyframe(layer);
}

/* ---- layers come and go */

void engine_add_layer(Engine *engine, Layer *layer) {
    do engine->last_layer_id++;
    while (engine->layers[engine->last_layer_id]); /* there are far fewer layers than ids */
    layer->id = engine->last_layer_id;
    engine->layers[layer->id] = layer;
}

/* Whoever aims at it waits for its first key frame. */
void engine_layer_begins(Engine *engine, Publication *publication, Layer *layer) {
    engine_add_layer(engine, layer);
    for (int i = 0; i < publication->fed.count; i++) {
        Subscription *subscription = publication->fed.items[i];
        if (!subscription->has_target) continue;
        if (engine_is_target(publication, layer, subscription->target_rid)) engine_aim(engine, subscription);
    }
}

static bool layer_added(void *engine, Publication *publication, Layer *layer) {
    engine_layer_begins(engine, publication, layer);
    return true;
}

void engine_remove_layer(Engine *engine, Layer *layer) {
    engine_flush(engine, layer);
    SubscriptionList *forwarded[] = {&layer->viewers, &layer->catching};
    for (int i = 0; i < 2; i++) {
        while (forwarded[i]->count) {
            Subscription *subscription = forwarded[i]->items[forwarded[i]->count - 1];
            leave_layer(subscription);
            subscription->layer = NULL;
        }
    }
    while (layer->waiting.count) {
        Subscription *subscription = layer->waiting.items[layer->waiting.count - 1];
        subscription_list_remove(&layer->waiting, subscription);
        subscription->awaited = NULL;
    }
    engine->layers[layer->id] = NULL;
}

static void layer_removed(void *owner, Publication *publication, Layer *layer) {
    Engine *engine = owner;
    engine_drop_merged(engine, publication, layer);
    engine_drop_made_of(engine, publication, layer);
    engine_remove_layer(engine, layer);
    if (publication->tapped == layer) engine_close_tap(engine, publication);
    engine_close_layer_tap(engine, layer);
}

LayerPort engine_layer_port(Engine *engine) {
    return (LayerPort){engine, layer_added, layer_removed};
}
