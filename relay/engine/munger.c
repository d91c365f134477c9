#include "munger.h"

#include "instant.h"

#define MIN_STEP_US 10000 /* timestamps grow at least this much across segments */

void munger_init(Munger *munger, uint32_t clock_rate, uint16_t first_seq, uint32_t first_ts) {
    *munger = (Munger){
        .clock_rate = clock_rate, .next_seq = 0x10000 + first_seq, .last_ts = first_ts};
}

static uint32_t start_ts(const Munger *munger, int64_t arrival_us, const uint32_t *hint) {
    if (!munger->is_started) return munger->last_ts;
    int64_t least = (int64_t)MIN_STEP_US * munger->clock_rate / SECOND_US;
    int64_t step = (arrival_us - munger->last_arrival_us) * munger->clock_rate / SECOND_US;
    if (step < least) step = least;
    if (!hint) return munger->last_ts + (uint32_t)step;
    int64_t error = (int32_t)(*hint - (munger->last_ts + (uint32_t)step));
    bool is_plausible = error < (int64_t)munger->clock_rate && -error < (int64_t)munger->clock_rate;
    if (is_plausible) step = step + error > least ? step + error : least;
    return munger->last_ts + (uint32_t)step;
}

void munger_switch(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us,
                   const uint32_t *hint) {
    munger->has_segment = true;
    munger->segment_start = ext_seq;
    munger->seq_shift = munger->next_seq - ext_seq;
    munger->ts_shift = start_ts(munger, arrival_us, hint) - ts;
    munger->is_vp8_switching = true;
    munger->run_count = 0;
}

/* ---- left out */

static int64_t next_source(const Munger *munger) { return munger->next_seq - munger->seq_shift; }

static LeftOut *run_at(Munger *munger, uint32_t index) { return munger->runs + index % MAX_RUNS; }

/* The run that the next packets to be left out continue, or a new one in place of the oldest. */
static LeftOut *open_run(Munger *munger, int64_t start, int64_t packets) {
    LeftOut *run = munger->run_count ? run_at(munger, munger->run_count - 1) : NULL;
    if (run && run->end == start && run->packets + packets <= UINT16_MAX) return run;
    run = run_at(munger, munger->run_count);
    if (munger->run_count++ >= MAX_RUNS) munger->segment_start = run->end;
    *run = (LeftOut){.end = start};
    return run;
}

void munger_leave_out(Munger *munger, int64_t ext_seq, uint32_t ts) {
    if (!munger->has_segment) return;
    int64_t start = next_source(munger);
    const LeftOut *last = munger->run_count ? run_at(munger, munger->run_count - 1) : NULL;
    bool is_same_picture = last && last->end == start && munger->left_out_ts == ts;
    if (!is_same_picture) { /* what is missing before it may belong to a picture that is not */
        munger->skipped += ext_seq - start;
        munger->next_seq += ext_seq - start;
        start = ext_seq;
    }
    int64_t packets = ext_seq + 1 - start;
    LeftOut *run = open_run(munger, start, packets);
    run->end += packets;
    run->packets = (uint16_t)(run->packets + packets);
    run->pictures = (uint16_t)(run->pictures + !is_same_picture);
    munger->seq_shift -= packets;
    munger->picture_id_shift = (uint16_t)(munger->picture_id_shift - !is_same_picture);
    munger->left_out_ts = ts;
}

/* The shift at a place of the past, and how many pictures were left out since; false if the packet
 * there was left out itself. */
static bool place_of(Munger *munger, int64_t ext_seq, int64_t *shift, uint16_t *pictures) {
    uint32_t known = munger->run_count < MAX_RUNS ? munger->run_count : MAX_RUNS;
    for (uint32_t i = 1; i <= known; i++) {
        const LeftOut *run = run_at(munger, munger->run_count - i);
        if (ext_seq >= run->end) return true;
        if (ext_seq >= run->end - run->packets) return false;
        *shift += run->packets;
        *pictures = (uint16_t)(*pictures + run->pictures);
    }
    return true;
}

/* ---- numbers */

bool munger_numbers(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us,
                    Numbers *numbers) {
    if (!munger->has_segment || ext_seq < munger->segment_start) return false;
    int64_t shift = munger->seq_shift;
    uint16_t pictures_since = 0;
    bool is_late = munger_is_late(munger, ext_seq);
    if (is_late && !place_of(munger, ext_seq, &shift, &pictures_since)) return false;
    *numbers = (Numbers){
        .seq = ext_seq + shift, .ts = ts + munger->ts_shift, .pictures_since = pictures_since};
    if (is_late) {
        munger->skipped--;
        return true;
    }
    munger->skipped += numbers->seq - munger->next_seq;
    munger->next_seq = numbers->seq + 1;
    munger->last_ts = numbers->ts;
    munger->last_arrival_us = arrival_us;
    munger->is_started = true;
    return true;
}

/* Whether `one` follows `other` in numbers that wrap under this mask. */
static bool is_newer(uint16_t one, uint16_t other, uint16_t mask) {
    uint16_t ahead = (uint16_t)(one - other) & mask;
    return ahead != 0 && ahead <= mask / 2;
}

void munger_vp8(Munger *munger, const Vp8Descriptor *found, Numbers *numbers) {
    bool is_first = munger->is_vp8_switching; /* it sets the pace; a late one does not go back */
    if (is_first) {
        munger->is_vp8_switching = false;
        uint16_t shift = 0;
        if (munger->is_vp8_started) {
            shift = (uint16_t)(munger->last_picture_id + 1 - found->picture_id);
            munger->tl0_shift = (uint8_t)(munger->last_tl0 + 1 - found->tl0);
        }
        munger->picture_id_shift = (uint16_t)(shift - numbers->pictures_since);
        munger->is_vp8_started = true;
    }
    uint16_t mask = found->picture_id_bits == 15 ? 0x7FFF : 0x7F;
    uint16_t shift = (uint16_t)(munger->picture_id_shift + numbers->pictures_since);
    numbers->picture_id = (uint16_t)(found->picture_id + shift) & mask;
    numbers->tl0 = (uint8_t)(found->tl0 + munger->tl0_shift);
    if (found->picture_id_bits &&
        (is_first || is_newer(numbers->picture_id, munger->last_picture_id, mask)))
        munger->last_picture_id = numbers->picture_id;
    if (found->tl0_at && (is_first || is_newer(numbers->tl0, munger->last_tl0, 0xFF)))
        munger->last_tl0 = numbers->tl0;
}

int64_t munger_take_skipped(Munger *munger) {
    int64_t skipped = munger->skipped;
    munger->skipped = 0;
    return skipped;
}
