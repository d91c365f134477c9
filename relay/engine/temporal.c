#include "temporal.h"

#define LONGEST_DISPOSABLE_RUN 3 /* what is kept must still be a quarter of the pictures */
#define ENOUGH 4

static void count(uint8_t *seen) {
    if (*seen < ENOUGH) ++*seen;
}

uint8_t temporal_id(const TemporalPattern *pattern, int reference_idc) {
    if (pattern->disposable_seen < ENOUGH) return 0;
    if (reference_idc == 0) return EVERY_PICTURE;
    return reference_idc == 1 && pattern->middle_seen == ENOUGH;
}

static void note_disposable(TemporalPattern *pattern) {
    if (++pattern->disposable_run > LONGEST_DISPOSABLE_RUN) *pattern = (TemporalPattern){0};
}

static void note_kept(TemporalPattern *pattern, bool is_middle) {
    if (pattern->disposable_run) count(&pattern->disposable_seen);
    pattern->disposable_run = 0;
    if (is_middle) {
        if (++pattern->middle_run > 1) pattern->middle_run = pattern->middle_seen = 0;
    } else {
        if (pattern->middle_run) count(&pattern->middle_seen);
        pattern->middle_run = 0;
    }
}

bool temporal_note(TemporalPattern *pattern, int reference_idc, bool is_keyframe,
                   bool is_after_gap) {
    bool had_middle = temporal_id(pattern, 1);
    if (is_keyframe || is_after_gap) pattern->disposable_run = pattern->middle_run = 0;
    if (is_keyframe) return true;
    if (reference_idc < 0)
        *pattern = (TemporalPattern){0}; /* to tell its id would be to wait for its slices */
    else if (reference_idc == 0)
        note_disposable(pattern);
    else
        note_kept(pattern, reference_idc == 1);
    return !had_middle || temporal_id(pattern, 1);
}
