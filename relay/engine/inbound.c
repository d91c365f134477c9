/* From the peers: media and reports of publishers, reports and wishes of viewers. */
#include "engine.h"

#define MAX_NACKED 512 /* numbers answered of one datagram; who asks for more is lost anyway */
#define REFERENCE_INTERVAL_US 200000
#define EARLY_INTERVAL_US (SECOND_US / 4) /* whatever a viewer reports, others' news has room */
#define COLLAPSED 2 /* a viewer's estimate that falls to less than a half within */
#define PEAK_US (2 * SECOND_US)
#define KEYFRAME_INTERVAL_US SECOND_US /* one viewer on a bad link must not make its wishes */
#define LONGEST_INTERVAL_US (4 * SECOND_US) /* everybody's bitrate: who goes on asking waits longer, */
#define PATIENT_US (10 * SECOND_US) /* until it could do without for so long */
#define AWAY_US (3 * SECOND_US) /* reports come each second, and checks every 2.5 s */

/* ---- viewers */

static void take_nack(Engine *engine, Subscriber *subscriber, const RtcpPacket *packet,
                      int *allowed) {
    uint32_t media_ssrc;
    const uint8_t *pairs;
    int count = rtcp_read_nack(packet, &media_ssrc, &pairs);
    Subscription *subscription = count > 0 ? subscriber_find(subscriber, media_ssrc) : NULL;
    for (int i = 0; subscription && i < count && *allowed > 0; i++) {
        uint16_t first = get16(pairs + 4 * i), mask = get16(pairs + 4 * i + 2);
        engine_repair(engine, subscription, first);
        (*allowed)--;
        for (int bit = 0; bit < 16 && *allowed > 0; bit++) {
            if (!(mask >> bit & 1)) continue;
            engine_repair(engine, subscription, (uint16_t)(first + bit + 1));
            (*allowed)--;
        }
    }
}

static void wish_for_keyframe(Engine *engine, Subscription *subscription) {
    int64_t now_us = engine->instant.now_us;
    /* the picture it wishes for may be on its way */
    if (!subscription->layer || subscription->at[LIST_CATCHING]) return;
    int64_t since_us = now_us - subscription->asked_keyframe_us;
    if (since_us >= PATIENT_US) subscription->keyframe_wait_us = KEYFRAME_INTERVAL_US;
    if (since_us < subscription->keyframe_wait_us) return;
    subscription->asked_keyframe_us = now_us;
    int64_t longer_us = 2 * subscription->keyframe_wait_us;
    subscription->keyframe_wait_us =
        longer_us < LONGEST_INTERVAL_US ? longer_us : LONGEST_INTERVAL_US;
    engine_want_keyframe(engine, subscription->layer);
}

static void take_keyframe_requests(Engine *engine, Subscriber *subscriber,
                                   const RtcpPacket *packet) {
    uint32_t media_ssrc;
    for (int i = 0; rtcp_read_keyframe_request(packet, i, &media_ssrc); i++) {
        Subscription *subscription = subscriber_find(subscriber, media_ssrc);
        if (subscription) wish_for_keyframe(engine, subscription);
    }
}

/* Who was away has a hole that no repair fills; a browser would look at it for seconds before it
 * asks for a picture. */
static void welcome_back(Engine *engine, Subscriber *subscriber) {
    subscriber->back_us = engine->instant.now_us;
    Subscription *end = subscriber->subscriptions + subscriber->subscription_count;
    for (Subscription *each = subscriber->subscriptions; each < end; each++)
        if (each->layer && !layer_is_audio(each->layer)) wish_for_keyframe(engine, each);
}

void engine_heard(Engine *engine, Peer *peer, int64_t at_us) {
    bool was_away = at_us - peer->heard_us >= AWAY_US;
    peer->heard_us = at_us;
    if (was_away && peer->kind == PEER_SUBSCRIBER) welcome_back(engine, (Subscriber *)peer);
}

/* At once, so the delay since then is nothing (RFC 3611 section 4.5); not each time, since one whose
 * link is full asks with every NACK, and would be answered through the same link. */
static void answer_reference_time(Engine *engine, Subscriber *subscriber, uint32_t ssrc,
                                  uint64_t ntp_time) {
    int64_t now_us = engine->instant.now_us;
    if (now_us - subscriber->answered_us < REFERENCE_INTERVAL_US) return;
    subscriber->answered_us = now_us;
    Compound compound;
    compound.length = 0;
    uint32_t ours = subscriber->subscriptions[0].spec.ssrc;
    rtcp_write_receiver_report(&compound, ours, NULL, 0);
    rtcp_write_delay(&compound, ours, ssrc, (uint32_t)(ntp_time >> 16), 1);
    engine_send_compound(engine, &subscriber->peer, &compound);
}

static void take_remb(Subscriber *subscriber, uint64_t bps, int64_t now_us) {
    bool is_old = now_us - subscriber->remb_peak_us > PEAK_US;
    if (bps >= subscriber->remb_peak_bps || is_old) {
        subscriber->remb_peak_bps = bps;
        subscriber->remb_peak_us = now_us;
    }
    subscriber->remb_bps = bps;
    subscriber->remb_us = now_us;
}

static void take_viewer_reports(Engine *engine, Subscriber *subscriber, const uint8_t *bytes,
                                int length) {
    RtcpReader reader = {bytes, bytes + length};
    RtcpPacket packet;
    ReportBlock blocks[MAX_REPORT_BLOCKS];
    int allowed = MAX_NACKED;
    uint32_t asker = 0;
    uint64_t bps, asked_ntp = 0;
    bool is_asked = false, was_measured = subscriber->has_round_trip;
    while (rtcp_next(&reader, &packet) > 0) {
        int count = rtcp_read_blocks(&packet, blocks);
        if (count) subscriber_report_blocks(subscriber, blocks, count, engine->instant);
        take_nack(engine, subscriber, &packet, &allowed);
        take_keyframe_requests(engine, subscriber, &packet);
        is_asked |= rtcp_read_reference_time(&packet, &asker, &asked_ntp);
        if (rtcp_read_remb(&packet, &bps)) {
            take_remb(subscriber, bps, engine->instant.now_us);
        }
    }
    bool is_news = (subscriber->has_round_trip && !was_measured) || subscriber->probed_bps;
    is_news |= subscriber->asked && COLLAPSED * subscriber->remb_bps < subscriber->remb_peak_bps;
    bool is_time = engine->instant.now_us - subscriber->told_early_us >= EARLY_INTERVAL_US;
    if (is_time && (is_news || subscriber_is_overrun(subscriber))) {
        subscriber->told_early_us = engine->instant.now_us;
        engine_tell_subscriber(engine, subscriber);
    }
    if (is_asked && subscriber->subscription_count)
        answer_reference_time(engine, subscriber, asker, asked_ntp);
}

/* ---- publishers */

static void take_publisher_reports(Engine *engine, Publisher *publisher, const uint8_t *bytes,
                                   int length) {
    RtcpReader reader = {bytes, bytes + length};
    RtcpPacket packet;
    SenderInfo info;
    while (rtcp_next(&reader, &packet) > 0) {
        if (!rtcp_read_sender(&packet, &info)) continue;
        const Source *source = publisher_sender_report(publisher, &info, engine->instant);
        if (!source) continue;
        engine_tap_packet(engine, source->publication, source->layer, bytes, length);
        engine_tap_clock(engine, source->publication, source->layer, &info);
    }
}

static void begin(Engine *engine, Publisher *publisher, Publication *publication) {
    publication->is_started = true;
    PublicationEvent event = {publication->spec.number};
    engine_tell_publisher(engine, publisher);
    engine_tell(engine, PUBLICATION_STARTED, &event, sizeof event);
    engine_update_tap(engine, publication);
}

static void pass_on(Engine *engine, Publisher *publisher, const Arrived *arrived) {
    Publication *publication = arrived->publication;
    if (!publication->is_started) begin(engine, publisher, publication);
    if (publication->is_muted) return;
    const Packet *packet = arrived->packet;
    engine_tap_packet(engine, publication, arrived->layer, packet->bytes, packet->length);
    engine_feed_packet(engine, publication, arrived->layer, packet->bytes, packet->length);
    if (publication->merger) engine_merge(engine, publication, arrived->layer, packet);
    engine_forward(engine, arrived->layer, packet);
}

static void take_packet(Engine *engine, Publisher *publisher, const uint8_t *bytes, int length,
                        int64_t arrived_us) {
    Arrived arrived[MOST_RED_BLOCKS];
    LayerPort layers = engine_layer_port(engine);
    int count = publisher_receive(publisher, bytes, length, arrived_us, &layers, arrived);
    for (int i = 0; i < count; i++) pass_on(engine, publisher, arrived + i);
}

/* ---- all */

/* Whether this peer may use this SSRC; one that is new counts once it has proved itself. */
static bool knows_source(const Peer *peer, uint32_t ssrc) {
    for (int i = 0; i < peer->source_count; i++)
        if (peer->sources[i] == ssrc) return true;
    return false;
}

void engine_take_media(Engine *engine, Peer *peer, uint8_t *bytes, int length,
                       int64_t arrived_us) {
    bool is_report = is_rtcp(bytes, length);
    if (peer->kind == PEER_SUBSCRIBER && !is_report) {
        counters_add(&engine->counters, COUNT_UNWANTED, 1);
        return;
    }
    uint32_t ssrc = length >= RTP_HEADER_BYTES ? get32(bytes + (is_report ? 4 : 8)) : 0;
    bool is_known = knows_source(peer, ssrc);
    bool may_try = length >= RTP_HEADER_BYTES && (is_known || peer->source_count < MAX_PEER_SOURCES);
    const SrtpCalls *srtp = &engine->settings.srtp;
    SrtpCall call = is_report ? srtp->unprotect_rtcp : srtp->unprotect;
    length = may_try ? srtp_apply(call, peer->inbound, bytes, length) : -1;
    if (length < 0 || (is_report && !rtcp_is_whole(bytes, length))) {
        counters_add(&engine->counters, COUNT_MALFORMED, 1);
        return;
    }
    if (!is_known) peer->sources[peer->source_count++] = ssrc;
    engine_heard(engine, peer, engine->instant.now_us);
    if (peer->kind == PEER_SUBSCRIBER)
        take_viewer_reports(engine, (Subscriber *)peer, bytes, length);
    else if (is_report)
        take_publisher_reports(engine, (Publisher *)peer, bytes, length);
    else
        take_packet(engine, (Publisher *)peer, bytes, length, arrived_us);
}
