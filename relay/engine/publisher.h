/* Everything that comes from one publisher, and everything that is said back to it.
 *
 * Which layer an SSRC belongs to: announced SSRCs are known from the offer. With simulcast they are
 * learned from the RID and repaired-RID extensions (RFC 8852), which browsers send on the first
 * packets only. Without either, the payload type tells the m-line. A publisher can't make us
 * remember more than MAX_SOURCES, and a layer changes its SSRC only after the old one fell silent. */
#ifndef RELAY_ENGINE_PUBLISHER_H
#define RELAY_ENGINE_PUBLISHER_H

#include "peer.h"
#include "publication.h"
#include "red.h"
#include "transport_feedback.h"

#define MAX_SOURCES 32
#define MAX_PUBLICATIONS 2 /* of one publisher: a voice and a picture */
#define MAX_PUBLISHER_COMPOUNDS 4

/* What an SSRC carries. */
typedef struct Source {
    uint32_t ssrc;
    Publication *publication;
    Layer *layer;
    bool is_rtx;
} Source;

typedef struct Publisher {
    Peer peer;
    uint32_t ssrc; /* ours, for feedback */
    Publication publications[MAX_PUBLICATIONS];
    int publication_count;
    Source sources[MAX_SOURCES];
    int source_count;
    WallOffset offset;
    TransportFeedback transport;
    int64_t reported_us;
    int64_t expected_before, lost_before;
    uint64_t expected, lost; /* in total, for the allowance */
    double fraction_lost; /* over all its layers in the last second, before repairs */
    uint32_t allowance_bps; /* told by REMB */
} Publisher;

/* Gives a new layer its place in the engine, and takes it away. */
typedef struct LayerPort {
    void *engine;
    bool (*added)(void *engine, Publication *publication, Layer *layer);
    void (*removed)(void *engine, Publication *publication, Layer *layer);
} LayerPort;

/* A new media packet, and where it belongs. */
typedef struct Arrived {
    Publication *publication;
    Layer *layer;
    const Packet *packet;
} Arrived;

/* Take in one decrypted RTP packet; how many media packets are new with it, oldest first. 0 if it is
 * malformed, a duplicate, a probe or not known. */
int publisher_receive(Publisher *publisher, const uint8_t *bytes, int length, int64_t now_us,
                      const LayerPort *layers, Arrived arrived[MOST_RED_BLOCKS]);

/* Takes in a sender report; the source it is about, or NULL. */
const Source *publisher_sender_report(Publisher *publisher, const SenderInfo *info,
                                      Instant instant);

/* RTCP to send now; returns how many compounds. Call at least every 20 ms. */
int publisher_due(Publisher *publisher, int64_t now_us, Compound out[MAX_PUBLISHER_COMPOUNDS]);

#endif
