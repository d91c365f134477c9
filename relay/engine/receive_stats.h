/* What arrived of one source: loss and jitter as RFC 3550 sections 6.4.1, A.3 and A.8 define them. */
#ifndef RELAY_ENGINE_RECEIVE_STATS_H
#define RELAY_ENGINE_RECEIVE_STATS_H

#include "instant.h"
#include "rtcp_read.h"

typedef struct ReceiveStats {
    int64_t first_ext_seq, highest_ext_seq, received, expected_before, received_before;
    int64_t last_arrival_us, last_sr_at_us;
    double jitter;
    uint32_t clock_rate, last_ts, last_sr;
    bool is_started;
} ReceiveStats;

/* Count a packet; one that was repaired stays lost here, since the link did lose it. */
void receive_stats_add(ReceiveStats *stats, int64_t ext_seq, uint32_t ts, int64_t now_us);

void receive_stats_sender_report(ReceiveStats *stats, uint64_t ntp_time, int64_t now_us);

int64_t receive_stats_expected(const ReceiveStats *stats);

/* Packets the link lost; negative when it doubled some. */
int64_t receive_stats_lost(const ReceiveStats *stats);

/* A report block for the interval since the last call. */
ReportBlock receive_stats_report(ReceiveStats *stats, uint32_t ssrc, int64_t now_us);

#endif
