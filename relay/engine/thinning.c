#include "thinning.h"

#define PATIENT_SECONDS 4 /* pictures to go up at come at least each second */

void thinning_begin(Thinning *thinning, int64_t ext_seq) {
    thinning->most = thinning->most_before = thinning->wanted;
    thinning->since = thinning->since_before = ext_seq;
}

static uint8_t next_most(const Thinning *thinning, const Packet *packet) {
    if (thinning->wanted < thinning->most) return thinning->wanted;
    /* one step at a time where pictures of an id refer to others of it */
    bool can_rise = packet->opens > thinning->most && packet->temporal_id <= thinning->most + 1;
    if (!can_rise) return thinning->most;
    return packet->opens < thinning->wanted ? packet->opens : thinning->wanted;
}

void thinning_move(Thinning *thinning, const Packet *packet) {
    if (!packet->starts_picture) return;
    uint8_t next = next_most(thinning, packet);
    if (next == thinning->most) return;
    thinning->most_before = thinning->most;
    thinning->since_before = thinning->since;
    thinning->most = next;
    thinning->since = packet->ext_seq;
}

bool thinning_needs_keyframe(Thinning *thinning) {
    if (thinning->wanted <= thinning->most) thinning->rising_seconds = 0;
    else if (thinning->rising_seconds < PATIENT_SECONDS) thinning->rising_seconds++;
    return thinning->rising_seconds == PATIENT_SECONDS;
}

int thinning_at(const Thinning *thinning, int64_t ext_seq) {
    if (ext_seq >= thinning->since) return thinning->most;
    return ext_seq >= thinning->since_before ? thinning->most_before : -1;
}
