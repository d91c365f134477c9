/* Renumbers packets so that a receiver sees one continuous stream whatever feeds it.
 *
 * A segment is a stretch of packets from one source. The source's losses stay visible and can be
 * repaired; what is left out on purpose leaves no gap: the shift changes behind it. Which shift holds
 * where is remembered, so that a late packet gets the number that was kept for it and no other: a
 * number must never be used for two packets (GCM). Between segments the sequence goes on
 * without a gap and the timestamp by the time that passed. VP8 picture ids and TL0 indexes go on
 * too (RFC 7741 section 4.2): else a decoder takes a switch for lost pictures and freezes. */
#ifndef RELAY_ENGINE_MUNGER_H
#define RELAY_ENGINE_MUNGER_H

#include "vp8.h"

#define MAX_RUNS 32 /* two seconds of every other picture at 30 a second */

/* Packets that were left out one after the other. */
typedef struct LeftOut {
    int64_t end; /* the first source number behind them */
    uint16_t packets, pictures;
} LeftOut;

typedef struct Munger {
    int64_t next_seq, segment_start, seq_shift, last_arrival_us, skipped; /* segment_start: the
                                              * first number whose place is still known */
    uint32_t clock_rate, last_ts, ts_shift;
    bool is_started, has_segment;
    /* VP8 */
    uint16_t picture_id_shift, last_picture_id;
    uint8_t tl0_shift, last_tl0;
    bool is_vp8_started, is_vp8_switching;
    /* what was left out last, in a ring */
    uint32_t left_out_ts;
    uint32_t run_count; /* in the segment */
    LeftOut runs[MAX_RUNS];
} Munger;

/* Outbound numbers of one packet. */
typedef struct Numbers {
    int64_t seq;
    uint32_t ts;
    uint16_t picture_id, pictures_since; /* pictures_since: left out after this packet's place */
    uint8_t tl0;
} Numbers;

void munger_init(Munger *munger, uint32_t clock_rate, uint16_t first_seq, uint32_t first_ts);

/* Begin a segment with the packet that has these numbers. `hint` is its outbound timestamp by the
 * sources' own clocks (NULL: not known), used when it is plausible. */
void munger_switch(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us,
                   const uint32_t *hint);

/* Whether newer packets of the segment were numbered or left out already. */
static inline bool munger_is_late(const Munger *munger, int64_t ext_seq) {
    return ext_seq + munger->seq_shift < munger->next_seq;
}

/* Leave out a packet that is not late. */
void munger_leave_out(Munger *munger, int64_t ext_seq, uint32_t ts);

/* False for a packet from before the present segment, and for a late one that was left out or whose
 * number is not known any more. */
bool munger_numbers(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us,
                    Numbers *numbers);

void munger_vp8(Munger *munger, const Vp8Descriptor *found, Numbers *numbers);

/* Outbound numbers never used since the last call: the source lost those packets. Negative when
 * some of them came late after all. */
int64_t munger_take_skipped(Munger *munger);

#endif
