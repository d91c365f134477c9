/* One publisher's packet after it was read once: what every subscriber needs of it. */
#ifndef RELAY_ENGINE_PACKET_H
#define RELAY_ENGINE_PACKET_H

#include "rtp.h"
#include "vp8.h"

typedef struct Packet {
    int64_t ext_seq; /* in its layer's own numbers, always over 0; 0 is an empty place */
    int64_t arrival_us;
    uint32_t ts;
    uint32_t late_ms; /* so much of its stream had come before it; 0 for one that came in its turn */
    uint16_t length, payload_at, payload_length; /* payload without padding */
    bool is_marked;
    uint8_t temporal_id; /* pictures refer to none of a higher one; 0 where there are no layers */
    uint8_t opens; /* highest temporal id that can be begun with this packet */
    bool starts_picture; /* certainly; where packets before it are missing it may be unknown */
    bool is_prelude; /* before a picture's slices, and does not tell which kind it will be */
    bool starts_keyframe; /* a decoder can start here (every Opus packet is such a place) */
    bool has_descriptor;
    bool is_uncounted; /* known by what came with another; its own packet may still come */
    Vp8Descriptor descriptor;
    uint8_t bytes[MAX_DATAGRAM_BYTES]; /* as it was sent, decrypted */
} Packet;

static inline const uint8_t *packet_payload(const Packet *packet) {
    return packet->bytes + packet->payload_at;
}

#endif
