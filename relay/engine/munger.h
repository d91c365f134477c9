/* Renumbers packets so that a receiver sees one continuous stream whatever feeds it.
 *
 * A segment is a stretch of packets from one source; inside it numbers are shifted by a constant,
 * so the source's losses stay visible and can be repaired. Between segments the sequence goes on
 * without a gap and the timestamp by the time that passed. VP8 picture ids and TL0 indexes go on
 * too (RFC 7741 section 4.2): else a decoder takes a switch for lost pictures and freezes. */
#ifndef RELAY_ENGINE_MUNGER_H
#define RELAY_ENGINE_MUNGER_H

#include "vp8.h"

typedef struct Munger {
    int64_t next_seq, segment_start, seq_shift, last_arrival_us, skipped;
    uint32_t clock_rate, last_ts, ts_shift;
    bool is_started, has_segment;
    /* VP8 */
    uint16_t picture_id_shift, last_picture_id;
    uint8_t tl0_shift, last_tl0;
    bool is_vp8_started, is_vp8_switching;
} Munger;

/* Outbound numbers of one packet. */
typedef struct Numbers {
    int64_t seq;
    uint32_t ts;
    uint16_t picture_id;
    uint8_t tl0;
} Numbers;

void munger_init(Munger *munger, uint32_t clock_rate, uint16_t first_seq, uint32_t first_ts);

/* Begin a segment with the packet that has these numbers. `hint` is its outbound timestamp by the
 * sources' own clocks (NULL: not known), used when it is plausible. */
void munger_switch(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us,
                   const uint32_t *hint);

/* False for a packet from before the present segment. */
bool munger_numbers(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us,
                    Numbers *numbers);

void munger_vp8(Munger *munger, const Vp8Descriptor *found, Numbers *numbers);

/* Outbound numbers never used since the last call: the source lost those packets. Negative when
 * some of them came late after all. */
int64_t munger_take_skipped(Munger *munger);

#endif
