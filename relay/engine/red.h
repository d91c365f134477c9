/* Payloads that carry what was sent before once more (RFC 2198): a voice that is talked with can't wait
 * until it is asked for again. */
#ifndef RELAY_ENGINE_RED_H
#define RELAY_ENGINE_RED_H

#include <stdint.h>

#define MOST_RED_BLOCKS 4 /* of one packet; browsers send two */

typedef struct RedBlock {
    uint8_t payload_type;
    uint32_t before; /* so many ticks before the packet's own timestamp; 0: the packet's own block */
    const uint8_t *bytes;
    int length;
} RedBlock;

/* The blocks of a payload, oldest first and the packet's own last; their count, 0 where it is
 * malformed or has more of them. */
int red_read(const uint8_t *payload, int length, RedBlock blocks[MOST_RED_BLOCKS]);

#endif
