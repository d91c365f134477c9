/* How fast one subscriber is sent what can wait: a first picture, a key frame, repairs of pictures.
 *
 * A token bucket that everything sent to the subscriber drains, voice too, but that holds up only
 * what can wait. It is filled when it is asked, so that a subscriber who needs no pace costs
 * nothing. */
#ifndef RELAY_ENGINE_PACER_H
#define RELAY_ENGINE_PACER_H

#include <stdbool.h>

#include "instant.h"

#define THIN_BPS 2000000 /* a slower link gets live key frames at its pace, too */
#define PACKET_BYTES 70 /* IP, UDP, RTP with an extension, SRTP */

typedef struct Pacer {
    double rate, tokens; /* bytes a second; bytes, negative where more was sent */
    int64_t filled_us;
    uint64_t sent_bytes; /* by the subscriber's count, when it was filled */
} Pacer;

void pacer_init(Pacer *pacer, uint32_t bps, int64_t now_us);
void pacer_set(Pacer *pacer, uint32_t bps);

static inline bool pacer_is_thin(const Pacer *pacer) { return pacer->rate * 8 < THIN_BPS; }

/* Bytes that may go now, after `sent_bytes` in total; none where it is not above 0. `least` is a
 * rate in bytes a second that is granted whatever the link is thought to take. */
double pacer_room(Pacer *pacer, uint64_t sent_bytes, double least, int64_t now_us);

#endif
