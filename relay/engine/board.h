/* What control reads of a peer whenever it likes, without being told: one row for each place.
 *
 * The engine's thread writes a row once a second. Each field stands for itself, so a reader that
 * comes in between is at most a second behind. */
#ifndef RELAY_ENGINE_BOARD_H
#define RELAY_ENGINE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define NOT_KNOWN (-1)

typedef struct BoardRow {
    _Atomic uint64_t peer; /* its number; 0: nobody */
    _Atomic int64_t heard_us; /* last packet that passed authentication */
    /* of a subscriber: packets its newest reports spoke of; NOT_KNOWN before the first */
    _Atomic int32_t voice_packets, picture_packets;
    _Atomic uint32_t voice_lost_ppm; /* of what was sent, in the newest reports */
    _Atomic int64_t round_trip_us; /* NOT_KNOWN before the first */
} BoardRow;

/* The same for a reader. */
typedef struct BoardEntry {
    int64_t heard_us;
    int32_t voice_packets, picture_packets;
    uint32_t voice_lost_ppm;
    int64_t round_trip_us;
} BoardEntry;

static inline void board_write(BoardRow *row, uint64_t peer, const BoardEntry *entry) {
    atomic_store_explicit(&row->heard_us, entry->heard_us, memory_order_relaxed);
    atomic_store_explicit(&row->voice_packets, entry->voice_packets, memory_order_relaxed);
    atomic_store_explicit(&row->picture_packets, entry->picture_packets, memory_order_relaxed);
    atomic_store_explicit(&row->voice_lost_ppm, entry->voice_lost_ppm, memory_order_relaxed);
    atomic_store_explicit(&row->round_trip_us, entry->round_trip_us, memory_order_relaxed);
    atomic_store_explicit(&row->peer, peer, memory_order_release);
}

static inline void board_wipe(BoardRow *row) {
    atomic_store_explicit(&row->peer, 0, memory_order_release);
}

/* False when the row is not (or not yet) this peer's. */
static inline bool board_read(const BoardRow *row, uint64_t peer, BoardEntry *entry) {
    if (atomic_load_explicit(&row->peer, memory_order_acquire) != peer) return false;
    *entry = (BoardEntry){
        .heard_us = atomic_load_explicit(&row->heard_us, memory_order_relaxed),
        .voice_packets = atomic_load_explicit(&row->voice_packets, memory_order_relaxed),
        .picture_packets = atomic_load_explicit(&row->picture_packets, memory_order_relaxed),
        .voice_lost_ppm = atomic_load_explicit(&row->voice_lost_ppm, memory_order_relaxed),
        .round_trip_us = atomic_load_explicit(&row->round_trip_us, memory_order_relaxed),
    };
    return true;
}

/* Whoever stands there and was not heard since `before_us`; 0: nobody, or heard since. */
static inline uint64_t board_unheard(const BoardRow *row, int64_t before_us) {
    uint64_t peer = atomic_load_explicit(&row->peer, memory_order_acquire);
    return atomic_load_explicit(&row->heard_us, memory_order_relaxed) < before_us ? peer : 0;
}

#endif
