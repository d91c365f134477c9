#include "vp8.h"

enum { HAS_PICTURE_ID = 0x80, HAS_TL0 = 0x40, HAS_TID = 0x20, HAS_TID_OR_KEYIDX = 0x30 };

bool vp8_read(Vp8Descriptor *found, const uint8_t *payload, int length) {
    memset(found, 0, sizeof *found);
    if (length < 1) return false;
    bool is_extended = payload[0] & 0x80;
    if (is_extended && length < 2) return false;
    uint8_t flags = is_extended ? payload[1] : 0;
    int at = is_extended ? 2 : 1;
    if (flags & HAS_PICTURE_ID) {
        if (at >= length) return false;
        found->picture_id_at = (uint8_t)at;
        found->picture_id_bits = 7;
        found->picture_id = payload[at] & 0x7F;
        if (payload[at] & 0x80) {
            if (++at >= length) return false;
            found->picture_id_bits = 15;
            found->picture_id = (uint16_t)(found->picture_id << 8 | payload[at]);
        }
        at++;
    }
    if (flags & HAS_TL0) {
        if (at >= length) return false;
        found->tl0_at = (uint8_t)at;
        found->tl0 = payload[at++];
    }
    if (flags & HAS_TID_OR_KEYIDX) {
        if (at >= length) return false;
        if (flags & HAS_TID) {
            found->temporal_id = payload[at] >> 6;
            found->is_layer_sync = payload[at] & 0x20;
        }
        at++;
    }
    found->length = (uint8_t)at;
    found->is_frame_start = (payload[0] & 0x10) && !(payload[0] & 0x07);
    return true;
}

bool vp8_is_keyframe_start(const uint8_t *payload, int length) {
    Vp8Descriptor found;
    if (!vp8_read(&found, payload, length)) return false;
    return found.is_frame_start && length > found.length && !(payload[found.length] & 1);
}

uint32_t vp8_pixels(const uint8_t *payload, int length) {
    Vp8Descriptor found;
    if (!vp8_is_keyframe_start(payload, length) || !vp8_read(&found, payload, length)) return 0;
    const uint8_t *frame = payload + found.length;
    if (length - found.length < 10 || memcmp(frame + 3, "\x9d\x01\x2a", 3) != 0) return 0;
    uint32_t width = (uint32_t)(frame[6] | frame[7] << 8) & 0x3FFF;
    uint32_t height = (uint32_t)(frame[8] | frame[9] << 8) & 0x3FFF;
    return width * height;
}

void vp8_rewrite(uint8_t *head, const Vp8Descriptor *found, uint16_t picture_id, uint8_t tl0) {
    if (found->picture_id_bits == 7) head[found->picture_id_at] = picture_id & 0x7F;
    if (found->picture_id_bits == 15) put16(head + found->picture_id_at, 0x8000U | picture_id);
    if (found->tl0_at) head[found->tl0_at] = tl0;
}
