/* The RTP header (RFC 3550 section 5.1) and its extensions (RFC 8285), read in place. */
#ifndef RELAY_ENGINE_RTP_H
#define RELAY_ENGINE_RTP_H

#include "bytes.h"

#define RTP_HEADER_BYTES 12
#define MAX_DATAGRAM_BYTES 1500

typedef struct RtpView {
    const uint8_t *bytes;
    int length;
    uint32_t ts, ssrc;
    uint16_t seq;
    uint8_t payload_type;
    bool is_marked;
    uint16_t extension_profile; /* 0 without extensions */
    int extension_start, extension_end;
    int payload_start, payload_end; /* without padding */
} RtpView;

/* Whether a muxed packet is RTCP: its second byte is 192 to 223 (RFC 5761 section 4). */
static inline bool is_rtcp(const uint8_t *bytes, int length) {
    return length > 1 && bytes[1] >= 192 && bytes[1] <= 223;
}

/* False when lengths inside disagree with the packet's own. */
bool rtp_read(RtpView *view, const uint8_t *bytes, int length);

/* Length of the element with this id and where it is; -1 if absent or `id` is 0. */
int rtp_find_extension(const RtpView *view, int id, const uint8_t **value);

/* Writes the fixed header; bit X is set when an extension block follows. */
void rtp_write_header(uint8_t *out, uint8_t payload_type, bool is_marked, bool has_extension,
                      uint16_t seq, uint32_t ts, uint32_t ssrc);

/* Pads the packet of this length (RFC 3550 section 5.1); how many bytes it has grown. */
int rtp_write_padding(uint8_t *out, int length, uint8_t bytes);

#endif
