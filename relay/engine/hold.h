/* How long packets wait for those that follow them in their layer.
 *
 * A publisher spreads a picture's packets over ten milliseconds and more, and no viewer can show it
 * before the last one. Sent together they are one message to each viewer, whose keys and tables come
 * into the processor's caches once: a third of the cost of a packet. So the busier the thread is,
 * the longer they wait; on a quiet machine not at all, and never for longer than their picture's
 * end. */
#ifndef RELAY_ENGINE_HOLD_H
#define RELAY_ENGINE_HOLD_H

#include <stdbool.h>

#include "packet.h"

#define BURST_PACKETS 32

struct Layer;

/* Packets of one layer on their way to its viewers; they stand in the layer's cache. */
typedef struct Burst {
    const Packet *packets[BURST_PACKETS];
    int count;
    struct Layer *next; /* in the engine's list of those that have packets */
} Burst;

typedef struct Hold {
    double load; /* share of its time that the thread worked lately */
    int64_t cost_us; /* of a round that forwarded, lately */
    int64_t us; /* longest wait now; 0: none */
} Hold;

/* The thread worked so long of the time that went by. */
void hold_note_load(Hold *hold, int64_t worked_us, int64_t elapsed_us);

/* One round of the loop took so long. */
void hold_note_round(Hold *hold, int64_t cost_us);

/* Whether these packets go out now. */
bool hold_is_over(const Hold *hold, const Burst *burst, int64_t now_us);

#endif
