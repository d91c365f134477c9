/* One source's timestamps on the wall clock, from its sender reports (RFC 3550 section 6.4.1).
 *
 * The sources of one publisher share its clock, so one offset to ours serves them all: their voice
 * and picture stay together whatever the network does. */
#ifndef RELAY_ENGINE_MEDIA_CLOCK_H
#define RELAY_ENGINE_MEDIA_CLOCK_H

#include "bytes.h"

/* What to add to a publisher's clock to get ours; the least delayed report decides. */
typedef struct WallOffset {
    double ms;
    bool is_known;
} WallOffset;

typedef struct MediaClock {
    const WallOffset *offset;
    double sender_ms;
    uint32_t clock_rate, rtp_time;
    bool is_known;
} MediaClock;

void wall_offset_learn(WallOffset *offset, uint64_t ntp_time, double wall_ms);

void media_clock_learn(MediaClock *clock, uint64_t ntp_time, uint32_t rtp_time);

/* When `ts` was captured, on our wall clock; false before the first report. */
bool media_clock_wall_ms(const MediaClock *clock, uint32_t ts, double *wall_ms);

/* Timestamp of an instant, the inverse; false before the first report. */
bool media_clock_ts_at(const MediaClock *clock, double wall_ms, uint32_t *ts);

#endif
