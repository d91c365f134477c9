/* Who is fed by what: a subscription is in the list of its publication, of the layer it is
 * forwarded, and of the layer whose key frame it waits for. */
#include "engine.h"

static void leave_layers(Subscription *subscription) {
    if (subscription->layer) subscription_list_remove(&subscription->layer->viewers, subscription);
    if (subscription->awaited)
        subscription_list_remove(&subscription->awaited->waiting, subscription);
    subscription->layer = subscription->awaited = NULL;
}

/* Feed the slot by `publication` (NULL: by nothing); nothing flows until a layer is aimed at. */
void engine_feed(Subscription *subscription, Publication *publication) {
    leave_layers(subscription);
    if (subscription->publication)
        subscription_list_remove(&subscription->publication->fed, subscription);
    subscription->has_target = false;
    bool is_fed = publication && subscription_list_add(&publication->fed, subscription);
    subscription->publication = is_fed ? publication : NULL;
}

/* Wait for the target layer, or stop at once where there is no target. */
void engine_aim(Engine *engine, Subscription *subscription) {
    Publication *publication = subscription->publication;
    if (!publication || !subscription->has_target) {
        leave_layers(subscription);
        return;
    }
    if (subscription->awaited)
        subscription_list_remove(&subscription->awaited->waiting, subscription);
    subscription->awaited = NULL;
    Layer *target = publication_layer(publication, subscription->target_rid);
    if (!target || target == subscription->layer) return;
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

static bool layer_added(void *owner, Publication *publication, Layer *layer) {
    Engine *engine = owner;
    do engine->last_layer_id++;
    while (engine->layers[engine->last_layer_id]); /* there are far fewer layers than ids */
    layer->id = engine->last_layer_id;
    engine->layers[layer->id] = layer;
    for (int i = 0; i < publication->fed.count; i++) {
        Subscription *subscription = publication->fed.items[i];
        bool is_its = subscription->has_target && !strcmp(subscription->target_rid, layer->rid);
        if (is_its) engine_aim(engine, subscription);
    }
    return true;
}

static void layer_removed(void *owner, Publication *publication, Layer *layer) {
    Engine *engine = owner;
    engine_flush(engine, layer);
    if (publication->tapped == layer) engine_close_tap(engine, publication);
    while (layer->viewers.count) {
        Subscription *subscription = layer->viewers.items[layer->viewers.count - 1];
        subscription_list_remove(&layer->viewers, subscription);
        subscription->layer = NULL;
    }
    while (layer->waiting.count) {
        Subscription *subscription = layer->waiting.items[layer->waiting.count - 1];
        subscription_list_remove(&layer->waiting, subscription);
        subscription->awaited = NULL;
    }
    engine->layers[layer->id] = NULL;
}

LayerPort engine_layer_port(Engine *engine) {
    return (LayerPort){engine, layer_added, layer_removed};
}
