/* Layers that are made of a publisher's, by a transcoder: what it gets, and what comes back.
 *
 *     source layer ─► feed ─► ring ─► control ─► transcoder ─► control ─► commands ─► made layer ─► viewers
 *
 * A made layer is a layer as any other for who watches: numbers of its own, a cache, key frames on
 * request. Its times are its source's, and so is its clock. Its publisher is told nothing of it: it is
 * asked for repairs and key frames of what it sends alone, and its own layers alone are recorded (who
 * packs a lesson for a large audience gets those that are made, too). It may be of another codec than
 * its source, for who can't decode that: a subscription takes layers of one codec alone. */
#include "engine.h"

/* ---- what the transcoder gets */

static void write_feed(Engine *engine, TapRecord kind, const TapHead *head, const void *body,
                       uint32_t length) {
    if (!ring_push(&engine->tap, kind, head, sizeof *head, body, length))
        counters_add(&engine->counters, COUNT_TAP_LOST, 1);
    engine->has_news = true; /* a picture that is passed on late is left out */
}

static void close_feed(Engine *engine, Publication *publication) {
    if (!publication->feed_key) return;
    TapHead head = {.key = publication->feed_key, .is_feed = true,
                    .publication = publication->spec.number, .wall_us = engine->instant.wall_us};
    write_feed(engine, TAP_CLOSED, &head, NULL, 0);
    publication->feed_key = 0;
    publication->feeding = NULL;
}

static void drop_made(Engine *engine, Publication *publication, int place) {
    Layer *layer = publication->made[place];
    publication->made[place] = publication->made[--publication->made_count];
    engine_close_layer_tap(engine, layer);
    engine_remove_layer(engine, layer);
    layer_free(layer);
}

/* A source is no more: what was made of it has no clock any more, and no future. */
void engine_drop_made_of(Engine *engine, Publication *publication, const Layer *source) {
    for (int i = publication->made_count; i-- > 0;)
        if (publication->made[i]->source == source) drop_made(engine, publication, i);
    if (publication->feeding == source) close_feed(engine, publication);
}

/* Feed the layer of this name to a transcoder; that name alone, so that what comes back can be told
 * whose clock it has. */
void engine_set_feed(Engine *engine, Publication *publication, const char *rid, bool is_fed) {
    Layer *layer = is_fed ? publication_layer(publication, rid) : NULL;
    if (layer && layer->source) layer = NULL;
    if (layer == publication->feeding) return;
    close_feed(engine, publication);
    while (publication->made_count) drop_made(engine, publication, publication->made_count - 1);
    if (!layer) return;
    publication->feeding = layer;
    publication->feed_key = ++engine->last_tap_key;
    TapHead head = {.key = publication->feed_key, .is_feed = true,
                    .publication = publication->spec.number, .wall_us = engine->instant.wall_us};
    write_feed(engine, TAP_OPENED, &head, NULL, 0);
    engine_want_keyframe(engine, layer);
}

void engine_feed_packet(Engine *engine, const Publication *publication, const Layer *layer,
                        const uint8_t *bytes, int length) {
    if (!publication->feed_key || publication->feeding != layer) return;
    TapHead head = {.key = publication->feed_key, .is_feed = true,
                    .wall_us = engine->instant.wall_us};
    write_feed(engine, TAP_PACKET, &head, bytes, (uint32_t)length);
}

/* The transcoder can't decode on. */
void engine_feed_keyframe(Engine *engine, const Publication *publication) {
    if (publication->feeding) engine_want_keyframe(engine, publication->feeding);
}

/* ---- what comes back */

static Layer *begin_made(Engine *engine, Publication *publication, const PutMade *made,
                         uint32_t ssrc) {
    if (publication->made_count == MAX_MADE || made->rid[0] != MADE_MARK) return NULL;
    if (made->codec > CODEC_VP8) return NULL;
    const Publisher *publisher = publication->publisher;
    Layer *layer = layer_new(ssrc, made->rid, made->codec, &publisher->offset);
    if (!layer) return NULL;
    layer->source = publication->feeding;
    publication->made[publication->made_count++] = layer;
    engine_layer_begins(engine, publication, layer);
    return layer;
}

/* One packet of a rendition. It begins its layer where there is none; one of another SSRC is of a
 * transcoder that is gone, or begins anew. */
void engine_put_made(Engine *engine, Publication *publication, const PutMade *made) {
    RtpView view;
    if (!publication->feeding || !rtp_read(&view, made->bytes, (int)made->length)) return;
    if (view.payload_type != publication->spec.payload_type) return;
    Layer *layer = publication_made(publication, made->rid);
    if (!layer) layer = begin_made(engine, publication, made, view.ssrc);
    if (!layer || layer->codec != made->codec || layer->ssrc != view.ssrc || publication->is_muted) return;
    const Packet *packet = layer_receive(layer, &view, engine->instant.now_us, true);
    if (!packet) return;
    engine_tap_packet(engine, publication, layer, packet->bytes, packet->length);
    engine_forward(engine, layer, packet);
}

void engine_drop_made(Engine *engine, Publication *publication, const char *rid) {
    for (int i = publication->made_count; i-- > 0;)
        if (strcmp(publication->made[i]->rid, rid) == 0) drop_made(engine, publication, i);
}

/* Every tick: wishes for key frames, merged as those for a publisher are. */
void engine_tick_made(Engine *engine, Publication *publication) {
    for (int i = 0; i < publication->made_count; i++) {
        Layer *layer = publication->made[i];
        if (!layer_keyframe_due(layer, layer->tap_key != 0, engine->instant.now_us)) continue;
        MadeEvent event = {.publication = publication->spec.number};
        memcpy(event.rid, layer->rid, RID_BYTES);
        engine_tell(engine, MADE_KEYFRAME_WANTED, &event, sizeof event);
    }
}
