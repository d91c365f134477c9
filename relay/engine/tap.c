/* One more subscriber without keys: the recorder gets a track's best layer as it came. */
#include "engine.h"

static void write_record(Engine *engine, TapRecord kind, const TapHead *head, const void *body,
                         uint32_t length) {
    if (!ring_push(&engine->tap, kind, head, sizeof *head, body, length))
        counters_add(&engine->counters, COUNT_TAP_LOST, 1);
    engine->has_records = true;
}

void engine_close_tap(Engine *engine, Publication *publication) {
    publication->tapped = NULL;
    if (!publication->tap_key) return;
    TapHead head = {.key = publication->tap_key, .wall_us = engine->instant.wall_us};
    write_record(engine, TAP_CLOSED, &head, NULL, 0);
    publication->tap_key = 0;
}

/* Follow the best layer; a key frame begins each track. */
void engine_update_tap(Engine *engine, Publication *publication) {
    bool is_wanted = publication->is_tapped && !publication->is_muted;
    Layer *layer =
        is_wanted ? publication_choose_tapped(publication, engine->instant.now_us) : NULL;
    if (layer == publication->tapped) return;
    engine_close_tap(engine, publication);
    if (!layer) return;
    publication->tapped = layer;
    publication->tap_key = ++engine->last_tap_key;
    TapHead head = {
        .key = publication->tap_key,
        .publication = publication->spec.number,
        .wall_us = engine->instant.wall_us,
    };
    write_record(engine, TAP_OPENED, &head, NULL, 0);
    engine_want_keyframe(engine, layer);
}

void engine_tap_packet(Engine *engine, const Publication *publication, const Layer *layer,
                       const uint8_t *bytes, int length) {
    if (!publication->tap_key || publication->tapped != layer) return;
    TapHead head = {.key = publication->tap_key, .wall_us = engine->instant.wall_us};
    write_record(engine, TAP_PACKET, &head, bytes, (uint32_t)length);
}
