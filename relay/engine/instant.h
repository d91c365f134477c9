/* Time on the packet path: microseconds of the monotonic clock, milliseconds of the wall clock. */
#ifndef RELAY_ENGINE_INSTANT_H
#define RELAY_ENGINE_INSTANT_H

#include <stdint.h>
#include <time.h>

#define SECOND_US 1000000LL
#define NEVER_US (INT64_MIN / 4)
#define NTP_UNIX_OFFSET_SECONDS 2208988800LL /* 1900 to 1970, RFC 5905 section 6 */

/* Both clocks at one moment; read once for each batch of datagrams. */
typedef struct Instant {
    int64_t now_us;
    int64_t wall_us;
} Instant;

static inline int64_t clock_us(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec * SECOND_US + at.tv_nsec / 1000;
}

static inline Instant instant_now(void) {
    return (Instant){clock_us(CLOCK_MONOTONIC), clock_us(CLOCK_REALTIME)};
}

static inline double instant_wall_ms(Instant instant) { return (double)instant.wall_us / 1000.0; }

/* 64-bit NTP timestamp (32.32 seconds since 1900). */
static inline uint64_t ntp_from_wall_us(int64_t wall_us) {
    uint64_t seconds = (uint64_t)(wall_us / SECOND_US + NTP_UNIX_OFFSET_SECONDS);
    uint64_t fraction = ((uint64_t)(wall_us % SECOND_US) << 32) / SECOND_US;
    return seconds << 32 | fraction;
}

static inline double wall_ms_from_ntp(uint64_t ntp) {
    double seconds = (double)((int64_t)(ntp >> 32) - NTP_UNIX_OFFSET_SECONDS);
    return seconds * 1000.0 + (double)(ntp & 0xFFFFFFFF) * 1000.0 / 4294967296.0;
}

/* abs-send-time: 24 bits, 6.18 fixed point seconds. */
static inline uint32_t abs_send_time(int64_t now_us) {
    return (uint32_t)(((unsigned __int128)now_us << 18) / SECOND_US) & 0xFFFFFF;
}

#endif
