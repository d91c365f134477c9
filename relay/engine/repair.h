/* Downstream NACK: what was sent to one subscriber, what of it to send again, and what not.
 *
 * Three brakes, because a naive answer to NACKs turns a full link into a collapse: a packet is not
 * sent again within a round trip (its first copy may still be on the way), at most three times, and
 * all repairs together stay within a budget of bytes. Voice is never refused for the budget. */
#ifndef RELAY_ENGINE_REPAIR_H
#define RELAY_ENGINE_REPAIR_H

#include "instant.h"
#include "munger.h"

/* What was sent under one outbound number, so that it can be made again from its layer's cache. */
typedef struct Sent {
    uint32_t ts, source_seq; /* source_seq: low bits of the layer's extended number */
    uint32_t sent_ms; /* the last time, in ms of the monotonic clock */
    uint16_t seq, layer_id, picture_id;
    uint8_t tl0;
    uint8_t tries : 2;
    uint8_t has_mid : 1; /* voice is sent again byte for byte */
    uint8_t is_empty : 1; /* the number was kept for a packet that was left out then */
    uint8_t is_used : 1;
} Sent;

/* The packets of the last six seconds of one outbound SSRC, if they are not too many. Sizes are
 * powers of two, so that a number has one place; it begins small and grows with the stream. */
typedef struct SentRing {
    Sent *places; /* NULL until the first packet */
    int size, most;
} SentRing;

/* NULL when memory is out: the packet goes out and can't be repaired. */
Sent *sent_ring_put(SentRing *ring, uint16_t seq, int64_t now_us);
Sent *sent_ring_find(const SentRing *ring, uint16_t seq);

/* A token bucket shared by all tracks of one subscriber, in bytes. */
typedef struct RepairBudget {
    double rate, tokens; /* bytes per second, bytes */
    int64_t filled_us;
} RepairBudget;

void repair_budget_init(RepairBudget *budget, uint32_t link_bps, int64_t now_us);
void repair_budget_set_link(RepairBudget *budget, uint32_t link_bps);

/* Whether there is so much left; then it is spent. */
bool repair_budget_take(RepairBudget *budget, int size_bytes, int64_t now_us);

/* What became of a number that a subscriber asked for. */
typedef enum Repair {
    REPAIR_SENT,
    REPAIR_TOO_SOON,
    REPAIR_TOO_OFTEN,
    REPAIR_OVER_BUDGET,
    REPAIR_UNKNOWN,
    REPAIRS,
} Repair;

/* Decides about one packet of `size_bytes` and, if it is to be sent, takes note of it. */
Repair repair_decide(Sent *sent, RepairBudget *budget, int size_bytes, bool is_voice,
                     int64_t round_trip_us, int64_t now_us);

#define QUEUED_REPAIRS 32

/* Repairs that were granted and wait for the link; a full queue takes no more, and the viewer asks
 * again. */
typedef struct RepairQueue {
    struct {
        uint8_t subscription; /* which of the subscriber's */
        uint16_t seq;
        uint32_t since_ms; /* of the monotonic clock */
    } places[QUEUED_REPAIRS];
    uint8_t first, count;
} RepairQueue;

static inline bool repair_queue_is_full(const RepairQueue *queue) {
    return queue->count == QUEUED_REPAIRS;
}

static inline void repair_queue_put(RepairQueue *queue, int subscription, uint16_t seq,
                                    int64_t now_us) {
    int place = (queue->first + queue->count++) % QUEUED_REPAIRS;
    queue->places[place].subscription = (uint8_t)subscription;
    queue->places[place].seq = seq;
    queue->places[place].since_ms = (uint32_t)(now_us / 1000);
}

/* Whether the next one has waited for so long. */
static inline bool repair_queue_waits(const RepairQueue *queue, uint32_t ms, int64_t now_us) {
    return queue->count && (uint32_t)(now_us / 1000) - queue->places[queue->first].since_ms >= ms;
}

/* Which of the subscriber's subscriptions the next one is of; -1 when none waits. */
static inline int repair_queue_take(RepairQueue *queue, uint16_t *seq) {
    if (!queue->count) return -1;
    int place = queue->first;
    queue->first = (uint8_t)((place + 1) % QUEUED_REPAIRS);
    queue->count--;
    *seq = queue->places[place].seq;
    return queue->places[place].subscription;
}

#endif
