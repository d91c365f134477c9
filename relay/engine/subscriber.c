#include "subscriber.h"

#include <math.h>

#define LEAST_SAMPLES 128 /* two minutes */

/* A report that spoke of new packets longer ago says nothing about now: a browser reports on sound
 * every 2.5 to 7.5 s (RFC 3550 section 6.2: 5 s, made random), on pictures about every second. */
#define VOICE_REPORT_US (8 * SECOND_US)
#define PICTURE_REPORT_US (3 * SECOND_US)
/* Well before control would act: one lost packet in so many, and a round trip this much longer. */
#define WORTH_TELLING 50
#define OVERRUN_PACKETS 20
#define ROUND_TRIP_SLACK_US 60000

Subscription *subscriber_find(Subscriber *subscriber, uint32_t ssrc) {
    for (int i = 0; i < subscriber->subscription_count; i++)
        if (subscriber->subscriptions[i].spec.ssrc == ssrc) return subscriber->subscriptions + i;
    return NULL;
}

bool subscriber_is_past(const Subscription *subscription, uint32_t late_ms) {
    uint32_t within_ms = subscription->subscriber->voice_within_ms;
    return within_ms && subscription->spec.is_audio && late_ms > within_ms;
}

uint64_t subscriber_sent_bytes(const Subscriber *subscriber) {
    uint64_t sum = subscriber->repeated_bytes;
    for (int i = 0; i < subscriber->subscription_count; i++) {
        const Subscription *subscription = subscriber->subscriptions + i;
        sum += subscription->octets + PACKET_BYTES * subscription->packets;
    }
    return sum;
}

double subscriber_layers_rate(const Subscriber *subscriber, int64_t now_us) {
    double bps = 0;
    for (int i = 0; i < subscriber->subscription_count; i++) {
        Layer *layer = subscriber->subscriptions[i].layer;
        if (layer) bps += rate_meter_bps(&layer->rate, now_us);
    }
    return bps / 8;
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
    if (sample_us > subscriber->longest_round_trip_us)
        subscriber->longest_round_trip_us = sample_us;
    if (!subscriber->has_round_trip) {
        subscriber->round_trip_us = subscriber->least_round_trip_us = sample_us;
        subscriber->has_round_trip = true;
        return;
    }
    subscriber->round_trip_us += (sample_us - subscriber->round_trip_us) / 2; /* one a second */
    /* slowly upward, since a way may have become longer for good; a queue is drained sooner */
    subscriber->least_round_trip_us +=
        (subscriber->round_trip_us - subscriber->least_round_trip_us) / LEAST_SAMPLES;
    if (sample_us < subscriber->least_round_trip_us) subscriber->least_round_trip_us = sample_us;
}

/* What the link lost of voice: repairs and copies are the same packets, so a report knows nothing of what
 * they have made good. Who asks has missed what he asked for. Who can't, misses a packet if all its
 * copies are lost; not before reports speak of nothing but such voice. */
static int64_t lost_of_voice(Subscription *subscription, int64_t expected, int64_t lost,
                             int64_t now_us) {
    const Subscriber *subscriber = subscription->subscriber;
    if (!expected) return 0;
    int64_t missed = subscription->missed < expected ? subscription->missed : expected;
    subscription->missed = 0;
    if (missed) return lost > missed ? lost : missed;
    bool is_early = now_us - subscriber->copied_since_us < VOICE_REPORT_US;
    if (!subscriber->copies || is_early) return lost;
    double share = pow((double)lost / (double)expected, 1.0 / (1 + subscriber->copies));
    return (int64_t)(share * (double)expected);
}

void subscriber_report_blocks(Subscriber *subscriber, const ReportBlock *blocks, int count,
                              Instant instant) {
    for (int i = 0; i < count; i++) {
        Subscription *subscription = subscriber_find(subscriber, blocks[i].ssrc);
        if (!subscription) continue;
        int64_t expected, lost, sample_us = -1;
        /* one that knows no newer report of ours tells of the link as it was then */
        if (blocks[i].last_sr != subscription->answered_sr)
            sample_us = round_trip_us(blocks + i, instant.wall_us);
        subscription->answered_sr = blocks[i].last_sr;
        subscription_reported(subscription, blocks + i, instant.now_us, &expected, &lost);
        /* what was lost while it was away says nothing about its link now */
        bool is_of_absence = subscription->reported_us < subscriber->back_us;
        subscription->reported_us = instant.now_us;
        if (is_of_absence) expected = lost = subscription->missed = 0;
        if (subscription->spec.is_audio)
            lost = lost_of_voice(subscription, expected, lost, instant.now_us);
        subscriber->expected += expected;
        subscriber->lost += lost;
        subscriber->is_reported = true;
        if (sample_us >= 0) measured(subscriber, sample_us);
        uint32_t probed_bps = probe_answered(&subscriber->probe, blocks[i].last_sr);
        if (probed_bps) subscriber->probed_bps = probed_bps;
    }
}

bool subscriber_write_report(const Subscription *subscription, Instant instant, Compound *out) {
    SenderReport report;
    if (!subscription_sender_report(subscription, instant, &report)) return false;
    rtcp_write_sender_report(out, &report);
    rtcp_write_source_description(out, report.ssrc, subscription->spec.cname);
    return true;
}

/* ---- what control hears */

static int shown(const Subscription *subscription) {
    if (!subscription->layer) return 0;
    return (subscription->layer->id + 1) * TEMPORAL_IDS + subscription->thinning.most;
}

static bool is_shown_as_told(const Subscriber *subscriber) {
    for (int i = 0; i < subscriber->subscription_count; i++)
        if (shown(subscriber->subscriptions + i) != subscriber->subscriptions[i].told)
            return false;
    return true;
}

bool subscriber_is_overrun(const Subscriber *subscriber) {
    return subscriber->expected >= OVERRUN_PACKETS && 2 * subscriber->lost > subscriber->expected;
}

bool subscriber_is_due(const Subscriber *subscriber) {
    bool is_lossy = subscriber->lost * WORTH_TELLING > subscriber->expected;
    int64_t steady_us = subscriber->least_round_trip_us * 5 / 4 + ROUND_TRIP_SLACK_US;
    bool is_late = subscriber->has_round_trip && subscriber->round_trip_us > steady_us;
    bool is_probed = subscriber->probed_bps != 0;
    bool is_time = subscriber->untold_seconds + 1 >= subscriber->beat_seconds;
    return is_time || is_probed || is_lossy || is_late || !is_shown_as_told(subscriber);
}

void subscriber_end_second(Subscriber *subscriber, bool is_told) {
    subscriber->untold[0] = is_told ? 0 : subscriber->untold[1];
    subscriber->untold[1] = is_told ? 0 : subscriber->expected;
    subscriber->untold_seconds = is_told ? 0 : subscriber->untold_seconds + 1;
    subscriber->expected = subscriber->lost = 0;
    subscriber->is_reported = false;
    if (is_told) subscriber->longest_round_trip_us = subscriber->probed_bps = 0;
    if (is_told) subscriber->asked = 0;
    for (int i = 0; is_told && i < subscriber->subscription_count; i++)
        subscriber->subscriptions[i].told = shown(subscriber->subscriptions + i);
}

static void add_packets(int32_t *packets, const Subscription *subscription, int64_t fresh_us,
                        int64_t now_us) {
    if (!subscription->arrived_us) return;
    if (*packets == NOT_KNOWN) *packets = 0;
    if (now_us - subscription->arrived_us <= fresh_us) *packets += (int32_t)subscription->arrived;
}

void subscriber_signs(const Subscriber *subscriber, int64_t now_us, BoardEntry *entry) {
    double voice_lost = 0;
    for (int i = 0; i < subscriber->subscription_count; i++) {
        const Subscription *subscription = subscriber->subscriptions + i;
        if (!subscription->spec.is_audio) {
            add_packets(&entry->picture_packets, subscription, PICTURE_REPORT_US, now_us);
            continue;
        }
        add_packets(&entry->voice_packets, subscription, VOICE_REPORT_US, now_us);
        if (subscription->fraction_lost > voice_lost) voice_lost = subscription->fraction_lost;
    }
    entry->voice_lost_ppm = (uint32_t)(voice_lost * 1e6);
    if (subscriber->has_round_trip) entry->round_trip_us = subscriber->round_trip_us;
}
