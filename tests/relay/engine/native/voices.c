/* For tests in Python: Opus packets put together, and a merged layer beside its source. */
#include <stdlib.h>

#include "merger.h"
#include "opus.h"

enum { MOST_PAYLOADS = 64 };

/* `bytes`: one payload behind the other. */
int merge_opus(const uint8_t *bytes, const int *lengths, int count, uint8_t *out, int room) {
    OpusPayload payloads[MOST_PAYLOADS];
    for (int i = 0; i < count; bytes += lengths[i++]) payloads[i] = (OpusPayload){bytes, lengths[i]};
    return opus_merge(payloads, count, out, room);
}

typedef struct Merging {
    Layer *source;
    Merger *merger;
} Merging;

Merging *merging_new(void) {
    static const WallOffset offset;
    Merging *merging = calloc(1, sizeof *merging);
    if (!merging) return NULL;
    merging->source = layer_new(1, "", CODEC_OPUS, &offset);
    merging->merger = merger_new(merging->source);
    return merging;
}

void merging_free(Merging *merging) {
    merger_free(merging->merger);
    layer_free(merging->source);
    free(merging);
}

void merging_restart(Merging *merging) { merger_restart(merging->merger); }

/* One packet of the source. Of each that is made: number, timestamp, marker, length; then the number
 * a viewer would begin with who crosses here, 0: none may. Returns how many were made, -1 for a packet
 * that is of no use. */
int merging_take(Merging *merging, const uint8_t *bytes, int length, int64_t now_us,
                 int64_t rows[4 * GROUP_PACKETS + 1],
                 uint8_t payloads[GROUP_PACKETS][MAX_DATAGRAM_BYTES]) {
    RtpView view;
    const Packet *packet = NULL, *made[GROUP_PACKETS];
    if (rtp_read(&view, bytes, length))
        packet = layer_receive(merging->source, &view, now_us, false);
    if (!packet) return -1;
    int count = merger_take(merging->merger, packet, made);
    for (int i = 0; i < count; i++) {
        rows[4 * i] = made[i]->ext_seq;
        rows[4 * i + 1] = made[i]->ts;
        rows[4 * i + 2] = made[i]->is_marked;
        rows[4 * i + 3] = made[i]->payload_length;
        memcpy(payloads[i], packet_payload(made[i]), made[i]->payload_length);
    }
    bool may_cross = merger_may_cross(merging->merger, packet);
    rows[4 * GROUP_PACKETS] = may_cross ? merging->merger->next : 0;
    return count;
}
