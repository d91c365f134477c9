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
}

bool munger_numbers(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us,
                    Numbers *numbers) {
    if (!munger->has_segment || ext_seq < munger->segment_start) return false;
    numbers->seq = ext_seq + munger->seq_shift;
    numbers->ts = ts + munger->ts_shift;
    numbers->picture_id = 0;
    numbers->tl0 = 0;
    if (numbers->seq < munger->next_seq) {
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
        if (munger->is_vp8_started) {
            munger->picture_id_shift = (uint16_t)(munger->last_picture_id + 1 - found->picture_id);
            munger->tl0_shift = (uint8_t)(munger->last_tl0 + 1 - found->tl0);
        }
        munger->is_vp8_started = true;
    }
    uint16_t mask = found->picture_id_bits == 15 ? 0x7FFF : 0x7F;
    numbers->picture_id = (uint16_t)(found->picture_id + munger->picture_id_shift) & mask;
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
