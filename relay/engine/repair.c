#include "repair.h"

#include <stdlib.h>

#define MAX_TRIES 3
#define MIN_ROUND_TRIP_US 20000
#define BUDGET_SHARE 0.2 /* of what the subscriber can take */
#define MIN_BUDGET 4000.0 /* bytes per second */

Sent *sent_ring_put(SentRing *ring, uint16_t seq) {
    if (!ring->places) ring->places = calloc((size_t)ring->size, sizeof *ring->places);
    if (!ring->places) return NULL;
    Sent *place = ring->places + seq % ring->size;
    *place = (Sent){.seq = seq, .is_used = 1};
    return place;
}

Sent *sent_ring_find(const SentRing *ring, uint16_t seq) {
    if (!ring->places) return NULL;
    Sent *place = ring->places + seq % ring->size;
    return place->is_used && place->seq == seq ? place : NULL;
}

void repair_budget_init(RepairBudget *budget, uint32_t link_bps, int64_t now_us) {
    repair_budget_set_link(budget, link_bps);
    budget->tokens = budget->rate;
    budget->filled_us = now_us;
}

void repair_budget_set_link(RepairBudget *budget, uint32_t link_bps) {
    budget->rate = BUDGET_SHARE * link_bps / 8;
    if (budget->rate < MIN_BUDGET) budget->rate = MIN_BUDGET;
}

static bool take(RepairBudget *budget, int size_bytes, int64_t now_us) {
    double most = budget->rate; /* one second's worth */
    budget->tokens += (double)(now_us - budget->filled_us) * budget->rate / SECOND_US;
    if (budget->tokens > most) budget->tokens = most;
    budget->filled_us = now_us;
    if (budget->tokens < size_bytes) return false;
    budget->tokens -= size_bytes;
    return true;
}

Repair repair_decide(Sent *sent, RepairBudget *budget, int size_bytes, bool is_voice,
                     int64_t round_trip_us, int64_t now_us) {
    if (!sent) return REPAIR_UNKNOWN;
    int64_t wait_ms = round_trip_us * 9 / 10 / 1000;
    if (wait_ms < MIN_ROUND_TRIP_US / 1000) wait_ms = MIN_ROUND_TRIP_US / 1000;
    uint32_t now_ms = (uint32_t)(now_us / 1000);
    if (sent->tries && now_ms - sent->repaired_ms < wait_ms) return REPAIR_TOO_SOON;
    if (sent->tries == MAX_TRIES) return REPAIR_TOO_OFTEN;
    if (!take(budget, size_bytes, now_us) && !is_voice) return REPAIR_OVER_BUDGET;
    sent->tries++;
    sent->repaired_ms = now_ms;
    return REPAIR_SENT;
}
