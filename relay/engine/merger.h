/* A second layer of a voice for thin links: three packets of 20 ms in one of 60 ms, made once for all
 * who get it. It saves two of three headers, some 17 kbit/s of a voice.
 *
 *     source   1 2 3  4 5 _  7 8 9      (6 is late)
 *     merged   [1 2 3] 4 5 _ [7 8 9] 6
 *
 * The layer has numbers of its own, and a cache, so that what is asked for again is the same. A group
 * is the next three numbers of the source. It goes out when it is whole; when a packet behind it
 * comes first, what is there goes out singly and the rest keeps its numbers, so that a late packet
 * finds its place, and the source's losses stay gaps. A group that can't be one packet goes singly,
 * too. Timestamps are the source's. */
#ifndef RELAY_ENGINE_MERGER_H
#define RELAY_ENGINE_MERGER_H

#include "layer.h"

#define MERGED_RID "+merged" /* no publisher's: RIDs are letters and digits (RFC 8851) */
#define GROUP_PACKETS 3
#define KEPT_NUMBERS AUDIO_PACKETS /* later than this nothing comes */

typedef struct Merger {
    Layer *source, *layer;
    int64_t start; /* number of the source that the open group begins with; 0: none is open */
    int64_t boundary; /* the newest packet of the source with which a group began */
    int64_t next; /* extended number of the next merged packet */
    struct {
        int64_t source_seq, ext_seq;
    } kept[KEPT_NUMBERS]; /* numbers of what is missing, by its number in the source */
} Merger;

/* NULL when memory is out. */
Merger *merger_new(Layer *source);
void merger_free(Merger *merger);

/* Takes a packet that its source has just received; the packets that it completes. They stand in the
 * merged layer's cache. Returns how many. */
int merger_take(Merger *merger, const Packet *packet, const Packet *made[GROUP_PACKETS]);

/* Forget the open group: a new one begins with the next packet. */
static inline void merger_restart(Merger *merger) { merger->start = merger->boundary = 0; }

/* Whether a viewer may change between both layers with this packet of the source: everything before it
 * went out by either, nothing from it on, and nothing is missing that may still come. */
bool merger_may_cross(const Merger *merger, const Packet *packet);

#endif
