#include "rtp.h"

#define HAS_PADDING 0x20
#define ONE_BYTE_PROFILE 0xBEDE
#define TWO_BYTE_PROFILE 0x1000 /* its low four bits are free (RFC 8285 section 4.3) */

bool rtp_read(RtpView *view, const uint8_t *bytes, int length) {
    if (length < RTP_HEADER_BYTES || bytes[0] >> 6 != 2) return false;
    view->bytes = bytes;
    view->length = length;
    view->is_marked = bytes[1] & 0x80;
    view->payload_type = bytes[1] & 0x7F;
    view->seq = get16(bytes + 2);
    view->ts = get32(bytes + 4);
    view->ssrc = get32(bytes + 8);
    view->extension_profile = 0;
    int at = RTP_HEADER_BYTES + 4 * (bytes[0] & 0x0F);
    view->extension_start = view->extension_end = at;
    if (bytes[0] & 0x10) {
        if (at + 4 > length) return false;
        view->extension_profile = get16(bytes + at);
        view->extension_start = at + 4;
        view->extension_end = at = at + 4 + 4 * get16(bytes + at + 2);
    }
    view->payload_start = at;
    view->payload_end = length - (bytes[0] & HAS_PADDING ? bytes[length - 1] : 0);
    return view->payload_end >= view->payload_start;
}

static int find_one_byte(const RtpView *view, int id, const uint8_t **value) {
    int at = view->extension_start, end = view->extension_end;
    while (at < end) {
        uint8_t head = view->bytes[at++];
        if (head == 0) continue; /* padding */
        int number = head >> 4, length = (head & 0x0F) + 1;
        if (number == 15 || at + length > end) return -1; /* 15 stops the walk, section 4.2 */
        if (number == id) {
            *value = view->bytes + at;
            return length;
        }
        at += length;
    }
    return -1;
}

static int find_two_byte(const RtpView *view, int id, const uint8_t **value) {
    int at = view->extension_start, end = view->extension_end;
    while (at < end) {
        int number = view->bytes[at++];
        if (number == 0) continue; /* padding */
        if (at == end) return -1;
        int length = view->bytes[at++];
        if (at + length > end) return -1;
        if (number == id) {
            *value = view->bytes + at;
            return length;
        }
        at += length;
    }
    return -1;
}

int rtp_find_extension(const RtpView *view, int id, const uint8_t **value) {
    if (id == 0) return -1;
    if (view->extension_profile == ONE_BYTE_PROFILE) return find_one_byte(view, id, value);
    if ((view->extension_profile & 0xFFF0) == TWO_BYTE_PROFILE)
        return find_two_byte(view, id, value);
    return -1;
}

void rtp_write_header(uint8_t *out, uint8_t payload_type, bool is_marked, bool has_extension,
                      uint16_t seq, uint32_t ts, uint32_t ssrc) {
    out[0] = has_extension ? 0x90 : 0x80;
    out[1] = (uint8_t)((is_marked ? 0x80 : 0) | payload_type);
    put16(out + 2, seq);
    put32(out + 4, ts);
    put32(out + 8, ssrc);
}

int rtp_write_padding(uint8_t *out, int length, uint8_t bytes) {
    if (!bytes) return 0;
    out[0] |= HAS_PADDING;
    memset(out + length, 0, bytes);
    out[length + bytes - 1] = bytes;
    return bytes;
}
