/* Everything one subscriber says, and the reports it gets. */
#ifndef RELAY_ENGINE_SUBSCRIBER_H
#define RELAY_ENGINE_SUBSCRIBER_H

#include "board.h"
#include "pacer.h"
#include "peer.h"
#include "probe.h"
#include "subscription.h"

#define MAX_SUBSCRIPTIONS 8 /* of one subscriber; the product negotiates five */
#define START_LINK_BPS 1200000
#define START_PACE_BPS 3000000

typedef struct Subscriber {
    Peer peer;
    Subscription subscriptions[MAX_SUBSCRIPTIONS];
    int subscription_count;
    RepairBudget budget;
    int64_t round_trip_us; /* smoothed; a guess until the first report */
    int64_t least_round_trip_us;
    bool has_round_trip;
    Pacer pacer;
    RepairQueue delayed;
    RepairQueue doubtful; /* repairs that went out, and go out once more: they may be lost, too */
    Probe probe;
    int paced_at; /* its place among those who are paced now, plus one; 0: not there */
    uint8_t copies; /* of each packet of voice, unasked */
    uint32_t copied_after_ms;
    uint32_t voice_within_ms; /* voice that is later is of no use to it; 0: all of it is */
    uint32_t picture_after_ms; /* a copy of each packet of pictures, where there is room; 0: none */
    uint8_t picture_most_temporal; /* not of those of a higher temporal id */
    int64_t copied_since_us;
    struct Subscriber *next_copied; /* in the engine's list of those who get copies */
    uint64_t repeated_bytes; /* repairs, copies and probes, with all headers */
    /* since control was told last */
    int64_t longest_round_trip_us;
    uint32_t probed_bps; /* what a probe reached that was answered; 0: none was */
    int64_t asked; /* packets that it asked for, each once */
    /* of this second, by its reports */
    int64_t expected, lost;
    bool is_reported;
    /* what control was not told of: packets expected in the last two seconds, and for how long */
    int64_t untold[2];
    uint32_t untold_seconds, beat_seconds;
    uint64_t remb_bps;
    int64_t remb_us;
    uint64_t remb_peak_bps; /* the highest of late */
    int64_t remb_peak_us;
    int64_t back_us; /* when it was heard again after it had been away */
    int64_t told_early_us; /* when control was told of it before its turn */
    int64_t answered_us; /* its question after our clock, the last time */
} Subscriber;

Subscription *subscriber_find(Subscriber *subscriber, uint32_t ssrc);

/* Whether a packet that is so late is voice which comes too late for who talks. */
bool subscriber_is_past(const Subscription *subscription, uint32_t late_ms);

/* Everything it was sent so far, about. */
uint64_t subscriber_sent_bytes(const Subscriber *subscriber);

/* Bytes a second that all its layers have together. */
double subscriber_layers_rate(const Subscriber *subscriber, int64_t now_us);

void subscriber_report_blocks(Subscriber *subscriber, const ReportBlock *blocks, int count,
                              Instant instant);

/* Whether control should hear of the second that ends now: something is amiss, something else is
 * forwarded, or its turn has come. */
bool subscriber_is_due(const Subscriber *subscriber);

/* Whether the reports of this second tell of so much loss that control should hear of it at once. */
bool subscriber_is_overrun(const Subscriber *subscriber);
void subscriber_end_second(Subscriber *subscriber, bool is_told);

/* What reached it, by the newest of its reports, into the rest of `entry`. */
void subscriber_signs(const Subscriber *subscriber, int64_t now_us, BoardEntry *entry);

/* Sender report of one track; false if nothing of it was sent yet. */
bool subscriber_write_report(const Subscription *subscription, Instant instant, Compound *out);

#endif
