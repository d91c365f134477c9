#include "probe.h"

#define MOST_AT_ONCE_US 30000

void probe_begin(Probe *probe, uint32_t bps, int64_t length_us, uint64_t sent_bytes,
                 int64_t now_us) {
    *probe = (Probe){
        .bps = bps,
        .began_us = now_us,
        .length_us = length_us < MAX_PROBE_US ? length_us : MAX_PROBE_US,
        .sent_before = sent_bytes,
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

uint32_t probe_end(Probe *probe, uint64_t sent_bytes, int64_t now_us) {
    int64_t lasted_us = now_us - probe->began_us;
    uint64_t bits = (sent_bytes - probe->sent_before) * 8;
    probe->bps = 0;
    return lasted_us > 0 ? (uint32_t)(bits * SECOND_US / (uint64_t)lasted_us) : 0;
}
