/* A published track: its layers, which of them is the best now, and who is fed by it. */
#ifndef RELAY_ENGINE_PUBLICATION_H
#define RELAY_ENGINE_PUBLICATION_H

#include "merger.h"

#define MAX_LAYERS 4
#define MAX_MADE 5 /* of what a publisher sends, by a transcoder (made.c): three, and two of another codec */
#define MOST_LAYERS (MAX_LAYERS + MAX_MADE)
#define MADE_MARK '+' /* what the names of layers begin with that no publisher sends */
#define MAX_ANNOUNCED 8

struct Publisher;

/* What does not change in a publication's life. */
typedef struct PublicationSpec {
    uint64_t number;
    Codec codec;
    uint8_t payload_type;
    int16_t rtx_payload_type; /* -1: none */
    uint8_t red_payload_type; /* its packets carry the one before once more; 0: not agreed */
    uint8_t rid_extension, repaired_rid_extension, transport_cc_extension; /* ids; 0: not agreed */
    bool wants_nack, wants_pli, wants_remb;
    int rid_count; /* 0 without simulcast */
    char rids[MAX_LAYERS][RID_BYTES];
    int announced_count; /* media SSRCs of the offer with their RTX SSRCs */
    uint32_t announced[MAX_ANNOUNCED], announced_rtx[MAX_ANNOUNCED];
} PublicationSpec;

typedef struct Publication {
    PublicationSpec spec;
    struct Publisher *publisher;
    Layer *layers[MAX_LAYERS];
    int layer_count;
    bool is_muted, is_tapped, is_started;
    bool is_every_tapped; /* each live layer as a track of its own, beside the one that is recorded */
    Layer *tapped; /* the layer that is recorded now */
    uint32_t tap_key; /* of the open track; 0: none */
    int64_t better_since_us; /* 0: no better layer lives */
    Layer *feeding; /* what a transcoder gets; NULL: nothing */
    uint32_t feed_key; /* of its open track; 0: none */
    Layer *made[MAX_MADE]; /* what it gives back, of `feeding` */
    int made_count;
    uint32_t live_layers; /* bits, as they were told last */
    SubscriptionList fed;
    Merger *merger; /* of a voice that somebody got merged; else NULL */
} Publication;

/* A layer of its publisher's, and one that is made of them; NULL where there is none. */
Layer *publication_layer(const Publication *publication, const char *rid);
Layer *publication_made(const Publication *publication, const char *rid);

/* The layer to record: the best one, kept while it lives so that a track is not cut in pieces; a
 * better one takes over after it has lived a while. NULL while there is none. */
Layer *publication_choose_tapped(Publication *publication, int64_t now_us);

/* Layers smallest picture first, those made of them among them; returns how many. */
int publication_by_quality(Publication *publication, Layer *sorted[MOST_LAYERS], int64_t now_us);

#endif
