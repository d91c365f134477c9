/* Upstream NACK: which packets of a source are missing, and when to ask for them (again).
 *
 * Each is asked for at most ten times, no faster than the repairs take to arrive; then it is given
 * up and the caller asks for a key frame. */
#ifndef RELAY_ENGINE_NACK_LIST_H
#define RELAY_ENGINE_NACK_LIST_H

#include "bytes.h"
#include "instant.h"

#define MAX_MISSING 512 /* more is not loss but an outage; nothing of it is worth repairing */

typedef struct Missing {
    int64_t ext_seq, due_us, asked_us;
    int tries;
} Missing;

typedef struct NackList {
    int64_t highest, given_up, round_trip_us;
    int count;
    Missing missing[MAX_MISSING]; /* ascending */
} NackList;

/* Note a packet; numbers skipped on the way to it are missing. Whether it was asked for. */
bool nack_list_received(NackList *list, int64_t ext_seq, int64_t now_us);

/* Fills `seqs` with the numbers to ask for now, ascending; returns how many. */
int nack_list_due(NackList *list, int64_t now_us, uint16_t seqs[MAX_MISSING]);

#endif
