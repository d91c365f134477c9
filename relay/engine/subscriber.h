/* Everything one subscriber says, and the reports it gets. */
#ifndef RELAY_ENGINE_SUBSCRIBER_H
#define RELAY_ENGINE_SUBSCRIBER_H

#include "peer.h"
#include "subscription.h"

#define MAX_SUBSCRIPTIONS 8 /* of one subscriber; the product negotiates five */
#define START_LINK_BPS 1200000

typedef struct Subscriber {
    Peer peer;
    Subscription subscriptions[MAX_SUBSCRIPTIONS];
    int subscription_count;
    RepairBudget budget;
    int64_t round_trip_us; /* smoothed; a guess until the first report */
    int64_t least_round_trip_us;
    bool has_round_trip;
    /* since the last statistics */
    int64_t expected, lost;
    uint64_t remb_bps;
    int64_t remb_us;
    bool is_reported;
} Subscriber;

Subscription *subscriber_find(Subscriber *subscriber, uint32_t ssrc);

void subscriber_report_blocks(Subscriber *subscriber, const ReportBlock *blocks, int count,
                              Instant instant);

/* Sender report of one track; false if nothing of it was sent yet. */
bool subscriber_write_report(const Subscription *subscription, Instant instant, Compound *out);

#endif
