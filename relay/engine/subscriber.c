#include "subscriber.h"

Subscription *subscriber_find(Subscriber *subscriber, uint32_t ssrc) {
    for (int i = 0; i < subscriber->subscription_count; i++)
        if (subscriber->subscriptions[i].spec.ssrc == ssrc) return subscriber->subscriptions + i;
    return NULL;
}

/* Arrival of the report, minus LSR, minus DLSR (RFC 3550 section 6.4.1); negative if it knows no
 * report of ours. */
static int64_t round_trip_us(const ReportBlock *block, int64_t wall_us) {
    if (!block->last_sr) return -1;
    uint32_t middle = (uint32_t)(ntp_from_wall_us(wall_us) >> 16);
    uint32_t ticks = middle - block->last_sr - block->delay_since_last_sr;
    return ticks < 60 * 65536 ? (int64_t)ticks * SECOND_US / 65536 : -1;
}

static void measured(Subscriber *subscriber, int64_t sample_us) {
    if (!subscriber->has_round_trip) {
        subscriber->round_trip_us = subscriber->least_round_trip_us = sample_us;
        subscriber->has_round_trip = true;
        return;
    }
    subscriber->round_trip_us += (sample_us - subscriber->round_trip_us) / 4;
    if (sample_us < subscriber->least_round_trip_us) subscriber->least_round_trip_us = sample_us;
}

void subscriber_report_blocks(Subscriber *subscriber, const ReportBlock *blocks, int count,
                              Instant instant) {
    for (int i = 0; i < count; i++) {
        Subscription *subscription = subscriber_find(subscriber, blocks[i].ssrc);
        if (!subscription) continue;
        int64_t expected, lost, sample_us = round_trip_us(blocks + i, instant.wall_us);
        subscription_reported(subscription, blocks + i, &expected, &lost);
        subscriber->expected += expected;
        subscriber->lost += lost;
        subscriber->is_reported = true;
        if (sample_us >= 0) measured(subscriber, sample_us);
    }
}

bool subscriber_write_report(const Subscription *subscription, Instant instant, Compound *out) {
    SenderReport report;
    if (!subscription_sender_report(subscription, instant, &report)) return false;
    rtcp_write_sender_report(out, &report);
    rtcp_write_source_description(out, report.ssrc, subscription->spec.cname);
    return true;
}
