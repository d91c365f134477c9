/* Temporal layers: which pictures of a stream others do without.
 *
 * VP8 says it in each packet. H.264 says only which pictures no other refers to (nal_ref_idc 0);
 * encoders with three temporal layers mark the middle one with 1. Others use the same marks for
 * other things, so they count only while their pattern holds. */
#ifndef RELAY_ENGINE_TEMPORAL_H
#define RELAY_ENGINE_TEMPORAL_H

#include <stdbool.h>
#include <stdint.h>

#define TEMPORAL_IDS 3
#define EVERY_PICTURE (TEMPORAL_IDS - 1) /* as the highest temporal id: nothing is left out */

/* How an H.264 stream marks its pictures. */
typedef struct TemporalPattern {
    uint8_t disposable_run; /* pictures in a row that no other refers to */
    uint8_t middle_run; /* pictures marked 1 since one with a higher mark */
    uint8_t disposable_seen, middle_seen; /* how often in a row the pattern held */
} TemporalPattern;

/* The temporal id of pictures with this nal_ref_idc (-1: not known), as things are. */
uint8_t temporal_id(const TemporalPattern *pattern, int reference_idc);

/* Note a new picture; false when the pattern ended, so that pictures may refer to what was left
 * out. */
bool temporal_note(TemporalPattern *pattern, int reference_idc, bool is_keyframe,
                   bool is_after_gap);

#endif
