/* What the engine counts. Written by its thread alone, read by anybody at any time. */
#ifndef RELAY_ENGINE_COUNTERS_H
#define RELAY_ENGINE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

typedef enum Counter {
    COUNT_RECEIVED, /* datagrams read */
    COUNT_SENT, /* datagrams sent */
    COUNT_BYTES_SENT,
    COUNT_FORWARDED, /* media packets to subscribers, without repairs */
    COUNT_REPAIRED,
    COUNT_PACED, /* of those forwarded: sent at a viewer's pace, from the cache */
    COUNT_PROBED, /* packets sent again to see what a link can take */
    COUNT_COPIED, /* packets of voice and pictures sent again unasked */
    COUNT_KEYFRAMES_WANTED,
    COUNT_STREAMS_ACCEPTED, /* connections by TCP */
    COUNT_STREAMS_CLOSED,
    COUNT_STREAMS_REFUSED, /* no place for one more */
    COUNT_STREAMS_UNPROVED, /* closed since they proved nothing */
    COUNT_TOO_LONG, /* the rest: datagrams not used, by reason */
    COUNT_NOT_OURS, /* neither STUN, DTLS nor media, or a handshake from nobody */
    COUNT_STUN_REFUSED,
    COUNT_STRANGER,
    COUNT_UNWANTED,
    COUNT_MALFORMED,
    COUNT_SEND_FAILED,
    COUNT_STREAM_FULL, /* the queue of a connection by TCP */
    COUNT_CONTROL_FULL, /* STUN and DTLS that control was too slow for */
    COUNT_TAP_LOST,
    COUNT_EVENTS_LOST,
    COUNT_WORKED_US, /* CPU time of the thread */
    COUNT_BUSY_US, /* time on the clock in which it had something to do */
    COUNT_WAITED_US, /* of all datagrams together, until they were read */
    COUNTERS,
} Counter;

typedef struct Counters {
    _Atomic uint64_t values[COUNTERS];
} Counters;

static inline void counters_add(Counters *counters, Counter counter, uint64_t more) {
    uint64_t value = atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
    atomic_store_explicit(&counters->values[counter], value + more, memory_order_relaxed);
}

static inline uint64_t counters_read(const Counters *counters, Counter counter) {
    return atomic_load_explicit(&counters->values[counter], memory_order_relaxed);
}

#endif
