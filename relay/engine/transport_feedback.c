#include "transport_feedback.h"

#include "instant.h"

#define INTERVAL_US 100000

void transport_feedback_received(TransportFeedback *feedback, uint16_t seq, uint32_t media_ssrc,
                                 int64_t now_us) {
    if (!feedback->is_started) feedback->highest = 0x10000 + seq;
    feedback->is_started = true;
    int64_t ext_seq = seq_extend(feedback->highest, seq);
    if (ext_seq > feedback->highest) feedback->highest = ext_seq;
    feedback->media_ssrc = media_ssrc;
    if (feedback->count == MAX_ARRIVALS || ext_seq < feedback->next || ext_seq <= 0) return;
    feedback->seqs[feedback->count] = ext_seq;
    feedback->arrivals_us[feedback->count++] = now_us;
}

bool transport_feedback_due(TransportFeedback *feedback, uint32_t ssrc, Compound *out,
                            int64_t now_us) {
    if (!feedback->count || now_us - feedback->sent_us < INTERVAL_US) return false;
    feedback->sent_us = now_us;
    int64_t first = feedback->seqs[0], last = feedback->seqs[0];
    for (int i = 1; i < feedback->count; i++) {
        if (feedback->seqs[i] < first) first = feedback->seqs[i];
        if (feedback->seqs[i] > last) last = feedback->seqs[i];
    }
    if (feedback->next) first = feedback->next;
    if (last - first >= MAX_ARRIVALS) first = last - MAX_ARRIVALS + 1;
    int64_t arrivals_us[MAX_ARRIVALS];
    int count = (int)(last - first) + 1;
    for (int i = 0; i < count; i++) arrivals_us[i] = -1;
    for (int i = 0; i < feedback->count; i++) {
        int64_t place = feedback->seqs[i] - first;
        if (place >= 0 && arrivals_us[place] < 0) arrivals_us[place] = feedback->arrivals_us[i];
    }
    feedback->count = 0;
    feedback->next = last + 1;
    return rtcp_write_transport_cc(out, ssrc, feedback->media_ssrc, (uint16_t)first, arrivals_us,
                                   count, feedback->reports++);
}
