#include "ring.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 8, ALIGNMENT = 8 };
#define SKIP 0xFFFFFFFFU /* the rest up to the end of the memory is unused */

bool ring_init(Ring *ring, uint64_t size) {
    ring->bytes = malloc(size);
    ring->size = size;
    atomic_init(&ring->written, 0);
    atomic_init(&ring->read, 0);
    return ring->bytes != NULL;
}

void ring_free(Ring *ring) {
    free(ring->bytes);
    ring->bytes = NULL;
}

static uint64_t padded(uint64_t length) {
    return HEAD_BYTES + (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void write_head(uint8_t *at, uint32_t kind, uint32_t length) {
    memcpy(at, &kind, 4);
    memcpy(at + 4, &length, 4);
}

bool ring_push(Ring *ring, uint32_t kind, const void *head, uint32_t head_length,
               const void *body, uint32_t body_length) {
    uint64_t length = (uint64_t)head_length + body_length, needed = padded(length);
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
    uint64_t at = written & (ring->size - 1), to_end = ring->size - at;
    uint64_t skipped = needed > to_end ? to_end : 0;
    if (written + skipped + needed - read > ring->size) return false;
    if (skipped) write_head(ring->bytes + at, SKIP, (uint32_t)(skipped - HEAD_BYTES));
    uint8_t *place = ring->bytes + ((written + skipped) & (ring->size - 1));
    write_head(place, kind, (uint32_t)length);
    if (head_length) memcpy(place + HEAD_BYTES, head, head_length);
    if (body_length) memcpy(place + HEAD_BYTES + head_length, body, body_length);
    atomic_store_explicit(&ring->written, written + skipped + needed, memory_order_release);
    return true;
}

bool ring_peek(Ring *ring, Record *record) {
    for (;;) {
        uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
        if (read == atomic_load_explicit(&ring->written, memory_order_acquire)) return false;
        const uint8_t *at = ring->bytes + (read & (ring->size - 1));
        memcpy(&record->kind, at, 4);
        memcpy(&record->length, at + 4, 4);
        record->bytes = at + HEAD_BYTES;
        if (record->kind != SKIP) return true;
        ring_pop(ring, record);
    }
}

void ring_pop(Ring *ring, const Record *record) {
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    atomic_store_explicit(&ring->read, read + padded(record->length), memory_order_release);
}
