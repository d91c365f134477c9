#include "media_clock.h"

#include <math.h>

#include "instant.h"

#define MAX_DRIFT_MS 500 /* a publisher's clock that moved further was set; follow it */

void wall_offset_learn(WallOffset *offset, uint64_t ntp_time, double wall_ms) {
    double seen = wall_ms - wall_ms_from_ntp(ntp_time);
    if (!offset->is_known || fabs(seen - offset->ms) > MAX_DRIFT_MS) {
        offset->ms = seen;
    } else if (seen < offset->ms) {
        /* slowly, since every step of it moves all tracks on the receiver's clock */
        offset->ms -= fmin(1.0, offset->ms - seen);
    }
    offset->is_known = true;
}

void media_clock_learn(MediaClock *clock, uint64_t ntp_time, uint32_t rtp_time) {
    clock->sender_ms = wall_ms_from_ntp(ntp_time);
    clock->rtp_time = rtp_time;
    clock->is_known = true;
}

bool media_clock_wall_ms(const MediaClock *clock, uint32_t ts, double *wall_ms) {
    if (!clock->is_known || !clock->offset->is_known) return false;
    double elapsed_ms = ts_delta(ts, clock->rtp_time) * 1000.0 / clock->clock_rate;
    *wall_ms = clock->sender_ms + clock->offset->ms + elapsed_ms;
    return true;
}

bool media_clock_ts_at(const MediaClock *clock, double wall_ms, uint32_t *ts) {
    if (!clock->is_known || !clock->offset->is_known) return false;
    double elapsed_ms = wall_ms - clock->sender_ms - clock->offset->ms;
    double ticks = elapsed_ms * clock->clock_rate / 1000.0;
    if (fabs(ticks) > 9e15) return false; /* a report about another century */
    *ts = clock->rtp_time + (uint32_t)(int64_t)llround(ticks);
    return true;
}
