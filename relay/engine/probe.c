#include "probe.h"

#define MOST_AT_ONCE_US 30000
/* Browsers tell of voice alone every 5 s, or half as much again; over a link that is known to lose much
 * what they tell may be lost. Until then no round trip is measured. */
#define ANSWER_US (8 * SECOND_US)
#define LOSSY_ANSWER_US (12 * SECOND_US)

void probe_begin(Probe *probe, uint32_t bps, int64_t length_us, uint64_t sent_bytes,
                 int64_t now_us) {
    *probe = (Probe){
        .bps = bps,
        .began_us = now_us,
        .length_us = length_us < MAX_PROBE_US ? length_us : MAX_PROBE_US,
        .sent_before = sent_bytes,
        .reports = 1,
    };
}

bool probe_is_over(const Probe *probe, int64_t now_us) {
    return now_us - probe->began_us >= probe->length_us || probe->repeated_bytes >= MAX_PROBE_BYTES;
}

double probe_room(const Probe *probe, uint64_t sent_bytes, int64_t now_us) {
    double bytes_a_us = probe->bps / 8.0 / SECOND_US;
    double wanted = bytes_a_us * (double)(now_us - probe->began_us);
    double missing = wanted - (double)(sent_bytes - probe->sent_before);
    double most = bytes_a_us * MOST_AT_ONCE_US;
    return missing < most ? missing : most;
}

void probe_end(Probe *probe, uint64_t sent_bytes, Instant instant) {
    int64_t lasted_us = instant.now_us - probe->began_us;
    uint64_t bits = (sent_bytes - probe->sent_before) * 8;
    probe->bps = 0;
    probe->ended_us = instant.now_us;
    probe->reached_bps = lasted_us > 0 ? (uint32_t)(bits * SECOND_US / (uint64_t)lasted_us) : 0;
    probe->ended_at = (uint32_t)(ntp_from_wall_us(instant.wall_us) >> 16);
}

bool probe_waits(const Probe *probe, int64_t now_us) {
    int64_t answer_us = probe->reports > 1 ? LOSSY_ANSWER_US : ANSWER_US;
    return probe->reached_bps && now_us - probe->ended_us < answer_us;
}

uint32_t probe_answered(Probe *probe, uint32_t last_sr) {
    if (!probe->reached_bps || !last_sr || (int32_t)(last_sr - probe->ended_at) < 0) return 0;
    uint32_t reached_bps = last_sr == probe->ended_at ? probe->reached_bps : 0;
    probe->reached_bps = 0;
    return reached_bps;
}
