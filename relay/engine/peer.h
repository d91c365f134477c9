/* A peer as the engine sees it: where it is, and its SRTP sessions. */
#ifndef RELAY_ENGINE_PEER_H
#define RELAY_ENGINE_PEER_H

#include "address.h"
#include "srtp.h"

#define MAX_PEER_SOURCES 64 /* libsrtp keeps a context for each SSRC, never forgets one, and looks
                             * through all of them for every packet */

typedef enum PeerKind { PEER_PUBLISHER, PEER_SUBSCRIBER } PeerKind;

typedef struct Peer {
    Address address; /* first, so that a peer is found by it */
    uint64_t number, ice; /* ice: number of its ICE session */
    PeerKind kind;
    SrtpSession inbound, outbound; /* NULL until its handshake is done; owned by control */
    int64_t heard_us; /* last packet that passed authentication */
    uint32_t sources[MAX_PEER_SOURCES];
    int source_count;
} Peer;

static inline bool peer_is_connected(const Peer *peer) {
    return peer->outbound && peer->address.length;
}

#endif
