#include "pacer.h"

#define MIN_RATE (150000.0 / 8) /* a key frame in a second, whatever the estimate says */
#define DEPTH_SECONDS 0.08

void pacer_init(Pacer *pacer, uint32_t bps, int64_t now_us) {
    *pacer = (Pacer){.filled_us = now_us};
    pacer_set(pacer, bps);
    pacer->tokens = pacer->rate * DEPTH_SECONDS;
}

void pacer_set(Pacer *pacer, uint32_t bps) {
    pacer->rate = bps / 8.0 > MIN_RATE ? bps / 8.0 : MIN_RATE;
}

double pacer_room(Pacer *pacer, uint64_t sent_bytes, double least, int64_t now_us) {
    double rate = pacer->rate > least ? pacer->rate : least;
    double most = rate * DEPTH_SECONDS;
    pacer->tokens += rate * (double)(now_us - pacer->filled_us) / SECOND_US;
    pacer->tokens -= (double)(sent_bytes - pacer->sent_bytes);
    if (pacer->tokens > most) pacer->tokens = most;
    if (pacer->tokens < -most) pacer->tokens = -most; /* a picture that was not paced is over soon */
    pacer->filled_us = now_us;
    pacer->sent_bytes = sent_bytes;
    return pacer->tokens;
}
