/* The VP8 payload descriptor (RFC 7741 section 4.2) and what it tells without decoding. */
#ifndef RELAY_ENGINE_VP8_H
#define RELAY_ENGINE_VP8_H

#include "bytes.h"

typedef struct Vp8Descriptor {
    uint16_t picture_id;
    uint8_t length; /* of the descriptor; the VP8 payload header follows */
    uint8_t picture_id_at, picture_id_bits; /* bits: 0 (absent), 7 or 15 */
    uint8_t tl0_at, tl0; /* at: 0 where absent */
    uint8_t temporal_id; /* 0 where absent */
    bool is_frame_start;
    bool is_layer_sync; /* refers to nothing but the last picture of temporal id 0 */
} Vp8Descriptor;

/* False if the payload ends inside the descriptor. */
bool vp8_read(Vp8Descriptor *found, const uint8_t *payload, int length);

/* Whether a key frame begins in this packet. */
bool vp8_is_keyframe_start(const uint8_t *payload, int length);

/* Pixels of the key frame that begins here (RFC 6386 section 9.1); 0 elsewhere. */
uint32_t vp8_pixels(const uint8_t *payload, int length);

/* Writes a picture id and tl0 index where the descriptor of `head` has them. */
void vp8_rewrite(uint8_t *head, const Vp8Descriptor *found, uint16_t picture_id, uint8_t tl0);

#endif
