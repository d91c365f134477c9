/* Figures for control: of publishers five times a second, of subscribers once where something is
 * amiss, else now and then, because nearly all of them are well nearly always. */
#include "engine.h"

static void fill_temporal(TemporalFigures figures[TEMPORAL_IDS], Layer *layer, int64_t now_us) {
    uint32_t bitrate_bps = 0, pictures = 0;
    for (int id = 0; id < TEMPORAL_IDS; id++) {
        bitrate_bps += rate_meter_bps(layer->by_temporal + id, now_us);
        pictures += rate_meter_sum(layer->pictures + id, now_us);
        figures[id] = (TemporalFigures){bitrate_bps, pictures};
    }
}

static void fill_publication(PublicationFigures *figures, Publication *publication,
                             int64_t now_us) {
    Layer *sorted[MOST_LAYERS];
    figures->number = publication->spec.number;
    figures->layer_count = publication_by_quality(publication, sorted, now_us);
    figures->keyframe_us = NEVER_US;
    for (int i = 0; i < figures->layer_count; i++) {
        LayerFigures *layer = figures->layers + i;
        memcpy(layer->rid, sorted[i]->rid, RID_BYTES);
        layer->codec = sorted[i]->codec;
        layer->is_made = sorted[i]->source != NULL;
        layer->is_live = layer_is_live(sorted[i], now_us);
        layer->bitrate_bps = rate_meter_bps(&sorted[i]->rate, now_us);
        layer->pixels = sorted[i]->pixels;
        fill_temporal(layer->temporal, sorted[i], now_us);
        if (!layer->is_made && sorted[i]->keyframe_us > figures->keyframe_us)
            figures->keyframe_us = sorted[i]->keyframe_us;
    }
}

void engine_tell_publisher(Engine *engine, Publisher *publisher) {
    PublisherFigures figures;
    memset(&figures, 0, sizeof figures);
    figures.peer = publisher->peer.number;
    figures.heard_us = publisher->peer.heard_us;
    figures.fraction_lost = publisher->fraction_lost;
    figures.expected = publisher->expected;
    figures.lost = publisher->lost;
    figures.count = publisher->publication_count;
    for (int i = 0; i < figures.count; i++) {
        PublicationFigures *publication = figures.publications + i;
        fill_publication(publication, publisher->publications + i, engine->instant.now_us);
        for (int k = 0; k < publication->layer_count; k++)
            if (!publication->layers[k].is_made)
                figures.received_bps += publication->layers[k].bitrate_bps;
    }
    engine_tell(engine, PUBLISHER_STATS, &figures, sizeof figures);
}

static void tell_subscriber(Engine *engine, const Subscriber *subscriber) {
    SubscriberFigures figures;
    memset(&figures, 0, sizeof figures);
    figures.peer = subscriber->peer.number;
    figures.is_reported = subscriber->is_reported;
    figures.has_round_trip = subscriber->has_round_trip;
    figures.expected = subscriber->expected;
    figures.lost = subscriber->lost;
    figures.well = subscriber->untold[0] + subscriber->untold[1];
    figures.round_trip_us = subscriber->round_trip_us;
    figures.least_round_trip_us = subscriber->least_round_trip_us;
    figures.remb_bps = subscriber->remb_bps;
    figures.remb_us = subscriber->remb_us;
    figures.longest_round_trip_us = subscriber->longest_round_trip_us;
    figures.probed_bps = subscriber->probed_bps;
    figures.asked = subscriber->asked;
    figures.octets = subscriber_sent_bytes(subscriber);
    figures.count = subscriber->subscription_count;
    for (int i = 0; i < figures.count; i++) {
        const Subscription *subscription = subscriber->subscriptions + i;
        SubscriptionFigures *its = figures.subscriptions + i;
        its->number = subscription->spec.number;
        its->has_layer = subscription->layer != NULL;
        its->most_temporal = subscription->thinning.most;
        if (subscription->layer) memcpy(its->rid, subscription->layer->rid, RID_BYTES);
        figures.can_probe |= subscription_can_repeat(subscription);
        if (!subscription->spec.is_audio)
            figures.picture_octets += subscription->octets + PACKET_BYTES * subscription->packets;
    }
    engine_tell(engine, SUBSCRIBER_STATS, &figures, sizeof figures);
}

void engine_tell_subscriber(Engine *engine, Subscriber *subscriber) {
    bool is_due = subscriber_is_due(subscriber);
    if (is_due) tell_subscriber(engine, subscriber);
    subscriber_end_second(subscriber, is_due);
}

void engine_note_peer(Engine *engine, uint32_t place) {
    const Peer *peer = engine->peers[place];
    BoardEntry entry = {peer->heard_us, NOT_KNOWN, NOT_KNOWN, 0, NOT_KNOWN};
    if (peer->kind == PEER_SUBSCRIBER)
        subscriber_signs((const Subscriber *)peer, engine->instant.now_us, &entry);
    board_write(engine->board + place, peer->number, &entry);
}
