/* One more subscriber without keys: the recorder gets a track's best layer as it came, and whoever
 * packs a lesson for a large audience gets each layer that lives. */
#include <string.h>

#include "engine.h"
#include "rtcp_write.h"

static void write_record(Engine *engine, TapRecord kind, const TapHead *head, const void *body,
                         uint32_t length) {
    if (!ring_push(&engine->tap, kind, head, sizeof *head, body, length))
        counters_add(&engine->counters, COUNT_TAP_LOST, 1);
    engine->has_records = true;
}

static uint32_t open_track(Engine *engine, const Publication *publication, const void *body,
                           uint32_t length) {
    TapHead head = {
        .key = ++engine->last_tap_key,
        .publication = publication->spec.number,
        .wall_us = engine->instant.wall_us,
    };
    write_record(engine, TAP_OPENED, &head, body, length);
    return head.key;
}

static void close_track(Engine *engine, uint32_t *key) {
    if (!*key) return;
    TapHead head = {.key = *key, .wall_us = engine->instant.wall_us};
    write_record(engine, TAP_CLOSED, &head, NULL, 0);
    *key = 0;
}

void engine_close_tap(Engine *engine, Publication *publication) {
    publication->tapped = NULL;
    close_track(engine, &publication->tap_key);
}

void engine_close_layer_tap(Engine *engine, Layer *layer) { close_track(engine, &layer->tap_key); }

/* Follow the best layer; a key frame begins each track. */
static void record_best(Engine *engine, Publication *publication) {
    bool is_wanted = publication->is_tapped && !publication->is_muted;
    Layer *layer =
        is_wanted ? publication_choose_tapped(publication, engine->instant.now_us) : NULL;
    if (layer == publication->tapped) return;
    engine_close_tap(engine, publication);
    if (!layer) return;
    publication->tapped = layer;
    publication->tap_key = open_track(engine, publication, NULL, 0);
    engine_want_keyframe(engine, layer);
}

/* Layers come and go with the publisher's link; each time it is another track. */
static void tap_each(Engine *engine, const Publication *publication, Layer *const *layers,
                     int count) {
    bool is_wanted = publication->is_every_tapped && !publication->is_muted;
    for (int i = 0; i < count; i++) {
        Layer *layer = layers[i];
        /* of what is made a large audience has a use for H.264 alone */
        bool is_minority = layer->source && layer->codec != CODEC_H264;
        bool is_shown = is_wanted && !is_minority && layer_is_live(layer, engine->instant.now_us);
        if (is_shown == (layer->tap_key != 0)) continue;
        if (!is_shown) {
            engine_close_layer_tap(engine, layer);
            continue;
        }
        char name[RID_BYTES + 1] = {TAP_LAYER};
        memcpy(name + 1, layer->rid, RID_BYTES);
        layer->tap_key = open_track(engine, publication, name, 1 + (uint32_t)strlen(name + 1));
        engine_want_keyframe(engine, layer);
    }
}

void engine_update_tap(Engine *engine, Publication *publication) {
    record_best(engine, publication);
    tap_each(engine, publication, publication->layers, publication->layer_count);
    tap_each(engine, publication, publication->made, publication->made_count);
}

void engine_tap_packet(Engine *engine, const Publication *publication, const Layer *layer,
                       const uint8_t *bytes, int length) {
    TapHead head = {.wall_us = engine->instant.wall_us};
    uint32_t keys[] = {publication->tapped == layer ? publication->tap_key : 0, layer->tap_key};
    for (int i = 0; i < 2; i++) {
        head.key = keys[i];
        if (head.key) write_record(engine, TAP_PACKET, &head, bytes, (uint32_t)length);
    }
}

/* What maps a source's times to its clock maps those of what is made of it. */
void engine_tap_clock(Engine *engine, const Publication *publication, const Layer *source,
                      const SenderInfo *info) {
    for (int i = 0; i < publication->made_count; i++) {
        const Layer *layer = publication->made[i];
        if (layer->source != source || !layer->tap_key) continue;
        SenderReport report = {.ntp_time = info->ntp_time, .ssrc = layer->ssrc,
                               .rtp_time = info->rtp_time};
        Compound out = {0};
        if (rtcp_write_sender_report(&out, &report))
            engine_tap_packet(engine, publication, layer, out.bytes, out.length);
    }
}
