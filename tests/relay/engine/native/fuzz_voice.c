/* A script of packets of one voice: how far from the newest one its number is, and its payload. */
#include "fuzz.h"
#include "opus.h"

enum { ROOM = 300, NUMBERS = 1 << 16 };

static void merge_two(const uint8_t *before, int length_before, const uint8_t *payload,
                      int length) {
    uint8_t out[ROOM];
    OpusPayload payloads[] = {{before, length_before}, {payload, length}, {before, length_before}};
    must(opus_merge(payloads, 3, out, ROOM) <= ROOM, "room");
}

void fuzz_voice(const uint8_t *bytes, int length) {
    static const WallOffset offset;
    static uint8_t packet[MAX_DATAGRAM_BYTES], before[MAX_DATAGRAM_BYTES], used[NUMBERS / 8];
    Layer *source = layer_new(41, "", CODEC_OPUS, &offset);
    Merger *merger = merger_new(source);
    Script script = {bytes, bytes + length};
    const uint8_t *step;
    uint16_t seq = 65000;
    int length_before = 0, packets = 0;
    memset(used, 0, sizeof used);
    while (take(&script, 1, &step) && packets++ < 2000) {
        int payload_length =
            take_sized(&script, MAX_DATAGRAM_BYTES - RTP_HEADER_BYTES, packet + RTP_HEADER_BYTES);
        uint16_t number = (uint16_t)(seq + (int8_t)*step);
        if ((int8_t)*step > 0) seq = number;
        rtp_write_header(packet, 111, false, false, number, 960U * number, 41);
        merge_two(before, length_before, packet + RTP_HEADER_BYTES, payload_length);
        memcpy(before, packet + RTP_HEADER_BYTES, (size_t)payload_length);
        length_before = payload_length;
        RtpView view;
        const Packet *taken = NULL, *made[GROUP_PACKETS];
        if (rtp_read(&view, packet, RTP_HEADER_BYTES + payload_length))
            taken = layer_receive(source, &view, SECOND_US * packets, false);
        int count = taken ? merger_take(merger, taken, made) : 0;
        must(count <= GROUP_PACKETS, "made");
        for (int i = 0; i < count; i++) {
            uint16_t its = (uint16_t)made[i]->ext_seq;
            must(!(used[its / 8] >> its % 8 & 1), "a number twice");
            used[its / 8] |= (uint8_t)(1 << its % 8);
        }
    }
    merger_free(merger);
    layer_free(source);
}
