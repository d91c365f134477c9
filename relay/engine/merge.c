/* Merged voice on its way: who gets it, and how a viewer comes to it and back.
 *
 * A viewer changes where a group begins, so that it gets each frame by one of both layers, and its
 * timestamps go on, since both layers have the source's. */
#include "engine.h"

static Layer *source_of(const Publication *publication) {
    bool is_voice = publication->spec.codec == CODEC_OPUS && publication->layer_count;
    return is_voice ? publication->layers[0] : NULL;
}

/* The merged layer, made when it is wanted for the first time. */
static Layer *merged_layer(Engine *engine, Publication *publication) {
    if (!publication->merger) {
        Layer *source = source_of(publication);
        if (source) publication->merger = merger_new(source);
        if (!publication->merger) return NULL;
        engine_add_layer(engine, publication->merger->layer);
    }
    return publication->merger->layer;
}

/* The layer of this name that a viewer can be moved to; NULL while there is none. */
Layer *engine_target(Engine *engine, Publication *publication, const char *rid) {
    if (strcmp(rid, MERGED_RID) == 0) return merged_layer(engine, publication);
    Layer *made = rid[0] == MADE_MARK ? publication_made(publication, rid) : NULL;
    return made ? made : publication_layer(publication, rid);
}

/* Whether who aims at this name can have it now that there is this layer. */
bool engine_is_target(const Publication *publication, const Layer *layer, const char *rid) {
    return strcmp(rid, layer->rid) == 0 ||
           (strcmp(rid, MERGED_RID) == 0 && layer == source_of(publication));
}

/* Voice of another encoder: no frame of it is one of its source's, so there is no better place to change
 * than the next packet. */
static bool is_transcoded(const Layer *layer) {
    return layer->source && strcmp(layer->rid, MERGED_RID) != 0;
}

/* Whether a viewer who waits for this layer can begin it with this packet. */
bool engine_may_move(const Subscription *subscription, const Layer *layer, const Packet *packet) {
    const Layer *before = subscription->layer;
    if (!peer_is_connected(&subscription->subscriber->peer)) return false;
    if (!before || !layer_is_audio(layer)) return true;
    if (layer_clock(before) != layer_clock(layer)) return true;
    if (is_transcoded(before) || is_transcoded(layer)) return true;
    /* to what is merged it goes before the group, see below */
    return !layer->source && merger_may_cross(subscription->publication->merger, packet);
}

/* Who waits for merged voice and gets it as it comes: from the group on that begins with this packet. */
static void move_waiting(Engine *engine, Merger *merger, const Packet *packet) {
    Layer *layer = merger->layer;
    Packet first = {.ext_seq = merger->next, .ts = packet->ts, .arrival_us = packet->arrival_us};
    for (int i = layer->waiting.count; i-- > 0;) {
        Subscription *subscription = layer->waiting.items[i];
        if (subscription->layer && peer_is_connected(&subscription->subscriber->peer))
            engine_move(engine, subscription, &layer->viewers, layer, &first);
    }
}

/* Before the packet itself is forwarded. */
void engine_merge(Engine *engine, Publication *publication, const Layer *layer,
                  const Packet *packet) {
    Merger *merger = publication->merger;
    const Packet *made[GROUP_PACKETS];
    if (merger->source != layer) return;
    if (!merger->layer->viewers.count && !merger->layer->waiting.count) {
        merger_restart(merger);
        return;
    }
    int count = merger_take(merger, packet, made);
    for (int i = 0; i < count; i++) engine_forward(engine, merger->layer, made[i]);
    bool is_awaited = merger->layer->waiting.count > 0;
    if (is_awaited && merger_may_cross(merger, packet)) move_waiting(engine, merger, packet);
}

/* Its source is no more. */
void engine_drop_merged(Engine *engine, Publication *publication, const Layer *layer) {
    Merger *merger = publication->merger;
    if (!merger || merger->source != layer) return;
    publication->merger = NULL;
    engine_remove_layer(engine, merger->layer);
    merger_free(merger);
}
