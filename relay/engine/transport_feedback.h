/* Collects arrivals by transport-wide sequence number and says when to report them. */
#ifndef RELAY_ENGINE_TRANSPORT_FEEDBACK_H
#define RELAY_ENGINE_TRANSPORT_FEEDBACK_H

#include "rtcp_write.h"

#define MAX_ARRIVALS 400 /* statuses in one message, so that it stays far below a datagram */

typedef struct TransportFeedback {
    bool is_wanted, is_started;
    uint32_t media_ssrc;
    int64_t highest, next, sent_us; /* next: first number not reported yet; 0: none was */
    int count;
    uint8_t reports;
    int64_t seqs[MAX_ARRIVALS], arrivals_us[MAX_ARRIVALS];
} TransportFeedback;

/* Note one packet; one that was reported already, or is too many, is dropped. */
void transport_feedback_received(TransportFeedback *feedback, uint16_t seq, uint32_t media_ssrc,
                                 int64_t now_us);

/* Appends a report if the interval has passed and something arrived. */
bool transport_feedback_due(TransportFeedback *feedback, uint32_t ssrc, Compound *out,
                            int64_t now_us);

#endif
