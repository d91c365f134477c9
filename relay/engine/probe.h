/* A look at whether a link can take more than it is sent: packets are sent again beside what flows,
 * so that the total reaches a rate for a moment. What came of it, control reads from the reports.
 *
 * Bounds: one at a time for a subscriber, MAX_PROBE_US long, MAX_PROBE_BYTES of repetitions. */
#ifndef RELAY_ENGINE_PROBE_H
#define RELAY_ENGINE_PROBE_H

#include <stdbool.h>

#include "instant.h"

#define MAX_PROBE_US SECOND_US
#define MAX_PROBE_BYTES 400000
#define MOST_PROBE_REPORTS 4

typedef struct Probe {
    uint32_t bps; /* of everything the subscriber is sent; 0: none runs */
    int64_t began_us, length_us, ended_us;
    uint64_t sent_before; /* bytes, by the subscriber's count */
    uint64_t repeated_bytes;
    uint32_t reports; /* of its end, all the same */
    uint16_t step; /* which packet is the next to repeat */
    uint32_t reached_bps; /* by the last one that ended, until a report tells of it; 0: none waits */
    uint32_t ended_at; /* LSR of the sender report after it (RFC 3550 section 6.4.1) */
} Probe;

/* Takes the place of one that runs. Its end is reported once, unless `reports` is set after this. */
void probe_begin(Probe *probe, uint32_t bps, int64_t length_us, uint64_t sent_bytes,
                 int64_t now_us);

static inline bool probe_runs(const Probe *probe) { return probe->bps != 0; }

bool probe_is_over(const Probe *probe, int64_t now_us);

/* Bytes that are missing to the rate now, of `sent_bytes` in total; a thread that was late does not
 * make up for all of it at once. */
double probe_room(const Probe *probe, uint64_t sent_bytes, int64_t now_us);

/* Ends it; a sender report of this moment must follow, and no other for a while (probe_waits): a queue
 * has drained until the next one. */
void probe_end(Probe *probe, uint64_t sent_bytes, Instant instant);

/* Whether the report of the end is still to be answered. */
bool probe_waits(const Probe *probe, int64_t now_us);

/* The rate of a probe that has ended, once: with the first report of somebody who saw its end, and so
 * tells of its losses and its queue. 0: there is none; who knows a later report only has not seen the
 * end, as where a full queue dropped it, and tells nothing of this probe any more. */
uint32_t probe_answered(Probe *probe, uint32_t last_sr);

#endif
