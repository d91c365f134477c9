#include "receive_stats.h"

#include <math.h>

#define MAX_LOST ((1 << 23) - 1)

void receive_stats_add(ReceiveStats *stats, int64_t ext_seq, uint32_t ts, int64_t now_us) {
    if (stats->is_started) {
        double elapsed = (double)(now_us - stats->last_arrival_us) * stats->clock_rate / SECOND_US;
        double transit = elapsed - ts_delta(ts, stats->last_ts);
        stats->jitter += (fabs(transit) - stats->jitter) / 16;
    } else {
        stats->is_started = true;
        stats->first_ext_seq = stats->highest_ext_seq = ext_seq;
    }
    stats->received++;
    if (ext_seq > stats->highest_ext_seq) stats->highest_ext_seq = ext_seq;
    stats->last_ts = ts;
    stats->last_arrival_us = now_us;
}

void receive_stats_sender_report(ReceiveStats *stats, uint64_t ntp_time, int64_t now_us) {
    stats->last_sr = (uint32_t)(ntp_time >> 16);
    stats->last_sr_at_us = now_us;
}

int64_t receive_stats_expected(const ReceiveStats *stats) {
    return stats->is_started ? stats->highest_ext_seq - stats->first_ext_seq + 1 : 0;
}

int64_t receive_stats_lost(const ReceiveStats *stats) {
    return receive_stats_expected(stats) - stats->received;
}

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

ReportBlock receive_stats_report(ReceiveStats *stats, uint32_t ssrc, int64_t now_us) {
    int64_t total = receive_stats_expected(stats);
    int64_t expected = total - stats->expected_before;
    int64_t lost = expected - (stats->received - stats->received_before);
    stats->expected_before = total;
    stats->received_before = stats->received;
    int64_t delay = stats->last_sr ? (now_us - stats->last_sr_at_us) * 65536 / SECOND_US : 0;
    return (ReportBlock){
        .ssrc = ssrc,
        .fraction_lost =
            expected > 0 && lost > 0 ? (uint8_t)clamp(lost * 256 / expected, 0, 255) : 0,
        .packets_lost = (int32_t)clamp(receive_stats_lost(stats), -MAX_LOST, MAX_LOST),
        .highest_seq = (uint32_t)stats->highest_ext_seq,
        .jitter_ticks = (uint32_t)fmin(stats->jitter, UINT32_MAX),
        .last_sr = stats->last_sr,
        .delay_since_last_sr = (uint32_t)clamp(delay, 0, UINT32_MAX),
    };
}
