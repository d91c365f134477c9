/* A bounded queue of records between two threads: one writes, the other reads, nobody waits.
 *
 * A record is a kind and some bytes, contiguous in memory. A record that does not fit is refused,
 * and counted by whoever wanted to write it. */
#ifndef RELAY_ENGINE_RING_H
#define RELAY_ENGINE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Ring {
    uint8_t *bytes;
    uint64_t size; /* a power of two */
    _Alignas(64) _Atomic uint64_t written;
    _Alignas(64) _Atomic uint64_t read;
} Ring;

/* One record as its reader sees it; valid until `ring_pop`. */
typedef struct Record {
    uint32_t kind, length;
    const uint8_t *bytes;
} Record;

/* False when memory is out. */
bool ring_init(Ring *ring, uint64_t size);
void ring_free(Ring *ring);

/* Two pieces are written as one record; false when it does not fit. */
bool ring_push(Ring *ring, uint32_t kind, const void *head, uint32_t head_length,
               const void *body, uint32_t body_length);

/* The oldest record; false when there is none. */
bool ring_peek(Ring *ring, Record *record);
void ring_pop(Ring *ring, const Record *record);

#endif
