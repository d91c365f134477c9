/* How many bits per second went by in the last second, in ten buckets. */
#ifndef RELAY_ENGINE_RATE_METER_H
#define RELAY_ENGINE_RATE_METER_H

#include "instant.h"

#define RATE_BUCKETS 10

typedef struct RateMeter {
    int64_t total_bytes, bucket; /* number of the newest bucket */
    uint32_t buckets[RATE_BUCKETS];
} RateMeter;

static inline void rate_meter_advance(RateMeter *meter, int64_t now_us) {
    int64_t bucket = now_us / (SECOND_US / RATE_BUCKETS);
    if (bucket - meter->bucket > RATE_BUCKETS) meter->bucket = bucket - RATE_BUCKETS;
    while (meter->bucket < bucket) meter->buckets[++meter->bucket % RATE_BUCKETS] = 0;
}

static inline void rate_meter_add(RateMeter *meter, int size_bytes, int64_t now_us) {
    rate_meter_advance(meter, now_us);
    meter->total_bytes += size_bytes;
    meter->buckets[meter->bucket % RATE_BUCKETS] += (uint32_t)size_bytes;
}

/* What was added in the last second. */
static inline uint32_t rate_meter_sum(RateMeter *meter, int64_t now_us) {
    rate_meter_advance(meter, now_us);
    uint32_t total = 0;
    for (int i = 0; i < RATE_BUCKETS; i++) total += meter->buckets[i];
    return total;
}

static inline uint32_t rate_meter_bps(RateMeter *meter, int64_t now_us) {
    return 8 * rate_meter_sum(meter, now_us);
}

#endif
