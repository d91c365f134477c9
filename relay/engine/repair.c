#include "repair.h"

#include <stdlib.h>

#define FIRST_PLACES 64
#define KEPT_MS 6000 /* a router forgets a mapping: some five seconds until its new one counts, and
                      * then a viewer asks for what it has missed */
#define MAX_TRIES 3
#define MIN_ROUND_TRIP_US 20000
#define BUDGET_SHARE 0.2 /* of what the subscriber can take */
#define MIN_BUDGET 4000.0 /* bytes per second */

static bool resize(SentRing *ring, int size) {
    Sent *places = calloc((size_t)size, sizeof *places);
    if (!places) return false;
    for (int i = 0; i < ring->size; i++)
        if (ring->places[i].is_used) places[ring->places[i].seq % size] = ring->places[i];
    free(ring->places);
    ring->places = places;
    ring->size = size;
    return true;
}

Sent *sent_ring_put(SentRing *ring, uint16_t seq, int64_t now_us) {
    int first = ring->most < FIRST_PLACES ? ring->most : FIRST_PLACES;
    if (!ring->places && !resize(ring, first)) return NULL;
    uint32_t now_ms = (uint32_t)(now_us / 1000);
    Sent *place = ring->places + seq % ring->size;
    while (place->is_used && now_ms - place->sent_ms < KEPT_MS && ring->size < ring->most) {
        if (!resize(ring, 2 * ring->size)) break;
        place = ring->places + seq % ring->size;
    }
    *place = (Sent){.seq = seq, .sent_ms = now_ms, .is_used = 1};
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

bool repair_budget_take(RepairBudget *budget, int size_bytes, int64_t now_us) {
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
    if (sent->tries && now_ms - sent->sent_ms < wait_ms) return REPAIR_TOO_SOON;
    if (sent->tries == MAX_TRIES) return REPAIR_TOO_OFTEN;
    if (!repair_budget_take(budget, size_bytes, now_us) && !is_voice) return REPAIR_OVER_BUDGET;
    sent->tries++;
    sent->sent_ms = now_ms;
    return REPAIR_SENT;
}
