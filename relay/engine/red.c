#include "red.h"

#include "bytes.h"

#define MORE 0x80 /* another block's header follows */
#define HEADER_BYTES 4 /* of a block; the last one's has no time and no length: one byte */

int red_read(const uint8_t *payload, int length, RedBlock blocks[MOST_RED_BLOCKS]) {
    int at = 0, count = 0, earlier = 0;
    while (at < length && payload[at] & MORE) {
        if (count == MOST_RED_BLOCKS - 1 || length - at < HEADER_BYTES) return 0;
        uint32_t rest = get24(payload + at + 1); /* 14 bits of time, 10 of length */
        blocks[count] = (RedBlock){.payload_type = payload[at] & 0x7F, .before = rest >> 10};
        blocks[count].length = (int)(rest & 0x3FF);
        earlier += blocks[count++].length;
        at += HEADER_BYTES;
    }
    int sound = length - at - 1;
    if (sound < earlier) return 0;
    blocks[count++] = (RedBlock){.payload_type = payload[at] & 0x7F, .length = sound - earlier};
    const uint8_t *bytes = payload + at + 1;
    for (int i = 0; i < count; bytes += blocks[i++].length) blocks[i].bytes = bytes;
    return count;
}
