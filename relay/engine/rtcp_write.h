/* RTCP to send: packets appended to one compound that fits a datagram. */
#ifndef RELAY_ENGINE_RTCP_WRITE_H
#define RELAY_ENGINE_RTCP_WRITE_H

#include "rtcp_read.h"

#define COMPOUND_BYTES 1400 /* leaves room for SRTCP's index and tag in a datagram */

/* A packet that does not fit any more is left out, and the writer says so with false. */
typedef struct Compound {
    int length;
    uint8_t bytes[COMPOUND_BYTES + 64];
} Compound;

typedef struct SenderReport {
    uint64_t ntp_time;
    uint32_t ssrc, rtp_time, packets, octets;
} SenderReport;

bool rtcp_write_receiver_report(Compound *out, uint32_t ssrc, const ReportBlock *blocks, int count);
bool rtcp_write_sender_report(Compound *out, const SenderReport *report);
bool rtcp_write_source_description(Compound *out, uint32_t ssrc, const char *cname);
bool rtcp_write_goodbye(Compound *out, const uint32_t *ssrcs, int count);
bool rtcp_write_pli(Compound *out, uint32_t ssrc, uint32_t media_ssrc);
bool rtcp_write_fir(Compound *out, uint32_t ssrc, uint32_t media_ssrc, uint8_t command);
bool rtcp_write_remb(Compound *out, uint32_t ssrc, uint64_t bps, const uint32_t *ssrcs, int count);

/* `seqs` ascending across the wrap, each at most once; as many as fit. */
bool rtcp_write_nack(Compound *out, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs,
                     int count);

/* The answer to a receiver's reference time (RFC 3611 section 4.5). */
bool rtcp_write_delay(Compound *out, uint32_t ssrc, uint32_t receiver_ssrc, uint32_t last_rr,
                      uint32_t delay);

/* Feedback of transport-wide congestion control for `count` packets from `base_seq` on:
 * arrivals in microseconds, negative for a packet that did not come; at least one did. */
bool rtcp_write_transport_cc(Compound *out, uint32_t ssrc, uint32_t media_ssrc, uint16_t base_seq,
                             const int64_t *arrivals_us, int count, uint8_t feedback_count);

#endif
