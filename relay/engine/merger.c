#include "merger.h"

#include <stdlib.h>

#include "opus.h"

#define FIRST_NUMBER 0x10000
#define MOST_BYTES 1200 /* of a merged payload: what is longer might be cut on its way */
#define MOST_MISSING 96 /* two seconds: after more the source begins anew */
#define HOPED_FOR 4 /* requests; after more a missing packet will hardly come */

Merger *merger_new(Layer *source) {
    Merger *merger = calloc(1, sizeof *merger);
    if (!merger) return NULL;
    merger->layer = layer_new(source->ssrc, MERGED_RID, source->codec, source->clock.offset);
    if (!merger->layer) {
        free(merger);
        return NULL;
    }
    merger->source = merger->layer->source = source;
    merger->next = FIRST_NUMBER;
    return merger;
}

void merger_free(Merger *merger) {
    if (!merger) return;
    layer_free(merger->layer);
    free(merger);
}

/* ---- one packet out */

static const Packet *put(Merger *merger, int64_t ext_seq, const Packet *first, int64_t arrival_us,
                         uint8_t bytes[MAX_DATAGRAM_BYTES], int payload_length) {
    uint8_t payload_type = first->bytes[1] & 0x7F;
    RtpView view = {
        .bytes = bytes,
        .length = RTP_HEADER_BYTES + payload_length,
        .ts = first->ts,
        .ssrc = merger->layer->ssrc,
        .seq = (uint16_t)ext_seq,
        .payload_type = payload_type,
        .is_marked = first->is_marked,
        .payload_start = RTP_HEADER_BYTES,
        .payload_end = RTP_HEADER_BYTES + payload_length,
    };
    rtp_write_header(bytes, payload_type, view.is_marked, false, view.seq, view.ts, view.ssrc);
    return layer_receive(merger->layer, &view, arrival_us, true);
}

static const Packet *put_single(Merger *merger, int64_t ext_seq, const Packet *packet) {
    uint8_t bytes[MAX_DATAGRAM_BYTES];
    memcpy(bytes + RTP_HEADER_BYTES, packet_payload(packet), packet->payload_length);
    return put(merger, ext_seq, packet, packet->arrival_us, bytes, packet->payload_length);
}

static const Packet *put_group(Merger *merger, const Packet *group[GROUP_PACKETS],
                               int64_t arrival_us) {
    uint8_t bytes[MAX_DATAGRAM_BYTES];
    OpusPayload payloads[GROUP_PACKETS];
    for (int i = 0; i < GROUP_PACKETS; i++)
        payloads[i] = (OpusPayload){packet_payload(group[i]), group[i]->payload_length};
    uint32_t samples = (uint32_t)opus_frame_samples(payloads);
    for (uint32_t i = 1; i < GROUP_PACKETS; i++) /* no pause in between */
        if (group[i]->ts - group[0]->ts != i * samples) return NULL;
    int length = opus_merge(payloads, GROUP_PACKETS, bytes + RTP_HEADER_BYTES, MOST_BYTES);
    return length ? put(merger, merger->next++, group[0], arrival_us, bytes, length) : NULL;
}

/* ---- groups */

static void keep_number(Merger *merger, int64_t source_seq) {
    int place = (int)(source_seq % KEPT_NUMBERS);
    merger->kept[place].source_seq = source_seq;
    merger->kept[place].ext_seq = merger->next++;
}

/* What of the open group is there goes out, each packet for itself. */
static int put_singly(Merger *merger, const Packet *made[GROUP_PACKETS]) {
    int count = 0;
    for (int64_t seq = merger->start; seq < merger->start + GROUP_PACKETS; seq++) {
        const Packet *packet = layer_find(merger->source, seq);
        if (!packet) {
            keep_number(merger, seq);
            continue;
        }
        made[count] = put_single(merger, merger->next++, packet);
        count += made[count] != NULL;
    }
    return count;
}

/* A packet from behind the open group came: a new group begins with it. */
static int begin_anew(Merger *merger, int64_t ext_seq, const Packet *made[GROUP_PACKETS]) {
    int count = merger->start ? put_singly(merger, made) : 0;
    int64_t behind = merger->start + GROUP_PACKETS;
    bool is_near = merger->start && ext_seq - behind <= MOST_MISSING;
    for (; is_near && behind < ext_seq; behind++) keep_number(merger, behind);
    merger->start = merger->boundary = ext_seq;
    return count;
}

static int put_late(Merger *merger, const Packet *packet, const Packet **made) {
    int place = (int)(packet->ext_seq % KEPT_NUMBERS);
    if (merger->kept[place].source_seq != packet->ext_seq) return 0;
    merger->kept[place].source_seq = 0;
    *made = put_single(merger, merger->kept[place].ext_seq, packet);
    return *made != NULL;
}

static int put_whole(Merger *merger, int64_t arrival_us, const Packet *made[GROUP_PACKETS]) {
    const Packet *group[GROUP_PACKETS];
    for (int i = 0; i < GROUP_PACKETS; i++) {
        group[i] = layer_find(merger->source, merger->start + i);
        if (!group[i]) return 0;
    }
    made[0] = put_group(merger, group, arrival_us);
    int count = made[0] ? 1 : put_singly(merger, made);
    merger->start += GROUP_PACKETS;
    return count;
}

int merger_take(Merger *merger, const Packet *packet, const Packet *made[GROUP_PACKETS]) {
    int64_t ext_seq = packet->ext_seq;
    bool is_newest = ext_seq == merger->source->highest;
    if (!merger->start && !is_newest) return 0;
    if (merger->start && ext_seq < merger->start) return put_late(merger, packet, made);
    if (!merger->start || ext_seq >= merger->start + GROUP_PACKETS)
        return begin_anew(merger, ext_seq, made);
    if (ext_seq == merger->start && is_newest) merger->boundary = ext_seq;
    return put_whole(merger, packet->arrival_us, made);
}

bool merger_may_cross(const Merger *merger, const Packet *packet) {
    const NackList *missing = &merger->source->nacks;
    bool is_hoped_for = missing->count && missing->missing[missing->count - 1].tries < HOPED_FOR;
    return merger->boundary == packet->ext_seq && !is_hoped_for;
}
