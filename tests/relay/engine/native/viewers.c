/* For tests in Python: one viewer's view of a layer, what its reports say, and what control hears. */
#include <stdlib.h>

#include "publication.h"
#include "subscriber.h"

/* ---- what a viewer's reports say */

Subscription *viewed_new(uint16_t first_seq) {
    Subscription *viewed = calloc(1, sizeof *viewed);
    SubscriptionSpec spec = {.first_seq = first_seq};
    if (!viewed) return NULL;
    subscription_init(viewed, &spec, NULL);
    return viewed;
}

void viewed_free(Subscription *viewed) {
    subscription_free(viewed);
    free(viewed);
}

void viewed_forward(Subscription *viewed, int64_t ext_seq, int64_t now_us) {
    Numbers numbers;
    if (!viewed->munger.has_segment) munger_switch(&viewed->munger, ext_seq, 0, now_us, NULL);
    munger_numbers(&viewed->munger, ext_seq, 0, now_us, &numbers);
}

void viewed_want(Subscription *viewed, uint8_t most_temporal) {
    viewed->thinning.wanted = most_temporal;
}

bool viewed_needs_keyframe(Subscription *viewed) {
    return thinning_needs_keyframe(&viewed->thinning);
}

/* A packet of `layer` on its way to the viewer: what is sent for it, its length, 0: nothing. */
int viewed_take(Subscription *viewed, Layer *layer, const uint8_t *bytes, int length,
                int64_t now_us, uint8_t out[MAX_DATAGRAM_BYTES]) {
    RtpView view;
    const Packet *packet = NULL;
    if (rtp_read(&view, bytes, length)) packet = layer_receive(layer, &view, now_us, false);
    if (packet && packet->starts_keyframe && viewed->layer != layer)
        subscription_switch(viewed, layer, packet);
    return packet && viewed->layer == layer ? subscription_write(viewed, packet, 0, 0, out) : 0;
}

/* Packets expected and lost on the link since the report before, and those that arrived. */
void viewed_report(Subscription *viewed, uint32_t highest_seq, int32_t packets_lost,
                   int64_t out[3]) {
    ReportBlock block = {.highest_seq = highest_seq, .packets_lost = packets_lost};
    subscription_reported(viewed, &block, 1, out, out + 1);
    out[2] = viewed->arrived;
}

/* ---- when control hears of a subscriber, and what stands on the board */

size_t size_of_subscriber(void) { return sizeof(Subscriber); }

/* Subscription 0 is a voice, 1 a picture. */
void told_init(Subscriber *subscriber, uint32_t beat_seconds) {
    for (int i = 0; i < 2; i++) {
        SubscriptionSpec spec = {.number = (uint64_t)i, .ssrc = (uint32_t)i + 1, .is_audio = !i};
        subscription_init(subscriber->subscriptions + i, &spec, subscriber);
    }
    subscriber->subscription_count = 2;
    subscriber->beat_seconds = beat_seconds;
}

void told_report(Subscriber *subscriber, uint32_t ssrc, uint32_t highest_seq, int32_t packets_lost,
                 int64_t now_us) {
    ReportBlock block = {.ssrc = ssrc, .highest_seq = highest_seq, .packets_lost = packets_lost};
    Instant instant = {.now_us = now_us};
    subscriber_report_blocks(subscriber, &block, 1, instant);
}

void told_copies(Subscriber *subscriber, uint8_t copies, int64_t since_us) {
    subscriber->copies = copies;
    subscriber->copied_since_us = since_us;
}

void told_asked(Subscriber *subscriber, int64_t packets) {
    subscriber->subscriptions[0].missed += packets;
}

void told_back(Subscriber *subscriber, int64_t now_us) { subscriber->back_us = now_us; }

int64_t told_lost(const Subscriber *subscriber) { return subscriber->lost; }

void told_round_trip(Subscriber *subscriber, int64_t least_us, int64_t smoothed_us) {
    subscriber->has_round_trip = true;
    subscriber->least_round_trip_us = least_us;
    subscriber->round_trip_us = smoothed_us;
}

void told_layer(Subscriber *subscriber, Layer *layer) {
    subscriber->subscriptions[1].layer = layer;
}

/* Whether control is told of this second; of how many expected packets it was not told before. */
bool told_second(Subscriber *subscriber, int64_t *untold) {
    bool is_due = subscriber_is_due(subscriber);
    *untold = subscriber->untold[0] + subscriber->untold[1];
    subscriber_end_second(subscriber, is_due);
    return is_due;
}

void told_signs(const Subscriber *subscriber, int64_t now_us, int64_t out[3]) {
    BoardEntry entry = {0, NOT_KNOWN, NOT_KNOWN, 0, NOT_KNOWN};
    subscriber_signs(subscriber, now_us, &entry);
    out[0] = entry.voice_packets, out[1] = entry.picture_packets, out[2] = entry.voice_lost_ppm;
}
