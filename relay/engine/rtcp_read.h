/* RTCP compounds: split by their own lengths, read in place (RFC 3550 section 6, RFC 4585,
 * RFC 5104, RFC 3611, draft-alvestrand-rmcat-remb-03). */
#ifndef RELAY_ENGINE_RTCP_READ_H
#define RELAY_ENGINE_RTCP_READ_H

#include "bytes.h"

enum {
    RTCP_SENDER_REPORT = 200,
    RTCP_RECEIVER_REPORT = 201,
    RTCP_SOURCE_DESCRIPTION = 202,
    RTCP_GOODBYE = 203,
    RTCP_TRANSPORT_FEEDBACK = 205,
    RTCP_PAYLOAD_FEEDBACK = 206,
    RTCP_EXTENDED_REPORT = 207,
};
enum { FORMAT_NACK = 1, FORMAT_TRANSPORT_CC = 15, FORMAT_PLI = 1, FORMAT_FIR = 4, FORMAT_REMB = 15 };

#define MAX_REPORT_BLOCKS 31

/* One packet of a compound; the body is what follows its 4-byte head, without padding. */
typedef struct RtcpPacket {
    uint8_t type, count;
    const uint8_t *body;
    int length;
} RtcpPacket;

typedef struct RtcpReader {
    const uint8_t *at, *end;
} RtcpReader;

typedef struct ReportBlock {
    uint32_t ssrc, highest_seq, jitter_ticks, last_sr, delay_since_last_sr;
    int32_t packets_lost;
    uint8_t fraction_lost;
} ReportBlock;

typedef struct SenderInfo {
    uint64_t ntp_time;
    uint32_t ssrc, rtp_time;
} SenderInfo;

/* 1: a packet; 0: the end; -1: the lengths do not add up. */
int rtcp_next(RtcpReader *reader, RtcpPacket *packet);

/* Whether all lengths of a compound add up. */
bool rtcp_is_whole(const uint8_t *bytes, int length);

bool rtcp_read_sender(const RtcpPacket *packet, SenderInfo *info);

/* Blocks of a sender or receiver report that are whole; at most 31. */
int rtcp_read_blocks(const RtcpPacket *packet, ReportBlock blocks[MAX_REPORT_BLOCKS]);

/* Media SSRC of a NACK, and its (pid, mask) pairs; -1 if it is none. */
int rtcp_read_nack(const RtcpPacket *packet, uint32_t *media_ssrc, const uint8_t **pairs);

/* Media SSRC number `index` of a PLI or FIR; false where there is none. */
bool rtcp_read_keyframe_request(const RtcpPacket *packet, int index, uint32_t *media_ssrc);

bool rtcp_read_remb(const RtcpPacket *packet, uint64_t *bps);

/* SSRC and NTP time of a receiver's reference time in an extended report. */
bool rtcp_read_reference_time(const RtcpPacket *packet, uint32_t *ssrc, uint64_t *ntp_time);

#endif
