#include "rtcp_read.h"

enum { BLOCK_BYTES = 24, XR_REFERENCE_TIME = 4 };

int rtcp_next(RtcpReader *reader, RtcpPacket *packet) {
    int64_t left = reader->end - reader->at;
    if (left == 0) return 0;
    if (left < 4 || reader->at[0] >> 6 != 2) return -1;
    int size = 4 * (get16(reader->at + 2) + 1);
    if (size > left) return -1;
    packet->type = reader->at[1];
    packet->count = reader->at[0] & 0x1F;
    packet->body = reader->at + 4;
    packet->length = size - 4;
    if (reader->at[0] & 0x20) {
        if (packet->length == 0 || packet->body[packet->length - 1] > packet->length) return -1;
        packet->length -= packet->body[packet->length - 1];
    }
    reader->at += size;
    return 1;
}

bool rtcp_is_whole(const uint8_t *bytes, int length) {
    RtcpReader reader = {bytes, bytes + length};
    RtcpPacket packet;
    int found;
    while ((found = rtcp_next(&reader, &packet)) > 0) continue;
    return found == 0 && length > 0;
}

bool rtcp_read_sender(const RtcpPacket *packet, SenderInfo *info) {
    if (packet->type != RTCP_SENDER_REPORT || packet->length < 24) return false;
    info->ssrc = get32(packet->body);
    info->ntp_time = get64(packet->body + 4);
    info->rtp_time = get32(packet->body + 12);
    return true;
}

int rtcp_read_blocks(const RtcpPacket *packet, ReportBlock blocks[MAX_REPORT_BLOCKS]) {
    int at = packet->type == RTCP_SENDER_REPORT ? 24 : 4;
    if (packet->type != RTCP_SENDER_REPORT && packet->type != RTCP_RECEIVER_REPORT) return 0;
    int found = 0;
    for (; found < packet->count && at + BLOCK_BYTES <= packet->length; found++) {
        const uint8_t *from = packet->body + at;
        uint32_t lost = get24(from + 5);
        blocks[found] = (ReportBlock){
            .ssrc = get32(from),
            .fraction_lost = from[4],
            /* a receiver may count duplicates as negative loss */
            .packets_lost = lost & 0x800000 ? (int32_t)lost - (1 << 24) : (int32_t)lost,
            .highest_seq = get32(from + 8),
            .jitter_ticks = get32(from + 12),
            .last_sr = get32(from + 16),
            .delay_since_last_sr = get32(from + 20),
        };
        at += BLOCK_BYTES;
    }
    return found;
}

int rtcp_read_nack(const RtcpPacket *packet, uint32_t *media_ssrc, const uint8_t **pairs) {
    bool is_nack = packet->type == RTCP_TRANSPORT_FEEDBACK && packet->count == FORMAT_NACK;
    if (!is_nack || packet->length < 8) return -1;
    *media_ssrc = get32(packet->body + 4);
    *pairs = packet->body + 8;
    return (packet->length - 8) / 4;
}

bool rtcp_read_keyframe_request(const RtcpPacket *packet, int index, uint32_t *media_ssrc) {
    if (packet->type != RTCP_PAYLOAD_FEEDBACK || packet->length < 8) return false;
    if (packet->count == FORMAT_PLI && index == 0) {
        *media_ssrc = get32(packet->body + 4);
        return true;
    }
    if (packet->count != FORMAT_FIR || 8 + 8 * (index + 1) > packet->length) return false;
    *media_ssrc = get32(packet->body + 8 + 8 * index);
    return true;
}

bool rtcp_read_remb(const RtcpPacket *packet, uint64_t *bps) {
    bool is_it = packet->type == RTCP_PAYLOAD_FEEDBACK && packet->count == FORMAT_REMB;
    if (!is_it || packet->length < 16 || memcmp(packet->body + 8, "REMB", 4) != 0) return false;
    uint32_t packed = get32(packet->body + 12);
    int exponent = packed >> 18 & 0x3F;
    if (exponent > 40) exponent = 40; /* more than any link; a shift beyond 63 is undefined */
    *bps = (uint64_t)(packed & 0x3FFFF) << exponent;
    return true;
}

bool rtcp_read_reference_time(const RtcpPacket *packet, uint32_t *ssrc, uint64_t *ntp_time) {
    if (packet->type != RTCP_EXTENDED_REPORT || packet->length < 4) return false;
    bool is_found = false;
    for (int at = 4; at + 4 <= packet->length;) {
        int size = 4 * get16(packet->body + at + 2);
        if (packet->body[at] == XR_REFERENCE_TIME && size >= 8 && at + 12 <= packet->length) {
            *ntp_time = get64(packet->body + at + 4);
            is_found = true; /* of several, the last */
        }
        at += 4 + size;
    }
    *ssrc = get32(packet->body);
    return is_found;
}
