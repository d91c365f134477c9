#include "rtcp_write.h"

static uint8_t *begin(Compound *out, uint8_t type, int count, int body_bytes) {
    if (out->length + 4 + body_bytes > COMPOUND_BYTES) return NULL;
    uint8_t *at = out->bytes + out->length;
    at[0] = (uint8_t)(0x80 | count);
    at[1] = type;
    put16(at + 2, (uint32_t)body_bytes / 4);
    out->length += 4 + body_bytes;
    return at + 4;
}

bool rtcp_write_receiver_report(Compound *out, uint32_t ssrc, const ReportBlock *blocks,
                                int count) {
    uint8_t *at = begin(out, RTCP_RECEIVER_REPORT, count, 4 + 24 * count);
    if (!at) return false;
    put32(at, ssrc);
    at += 4;
    for (int i = 0; i < count; i++, at += 24) {
        const ReportBlock *block = blocks + i;
        put32(at, block->ssrc);
        at[4] = block->fraction_lost;
        put24(at + 5, (uint32_t)block->packets_lost & 0xFFFFFF);
        put32(at + 8, block->highest_seq);
        put32(at + 12, block->jitter_ticks);
        put32(at + 16, block->last_sr);
        put32(at + 20, block->delay_since_last_sr);
    }
    return true;
}

bool rtcp_write_sender_report(Compound *out, const SenderReport *report) {
    uint8_t *at = begin(out, RTCP_SENDER_REPORT, 0, 24);
    if (!at) return false;
    put32(at, report->ssrc);
    put32(at + 4, (uint32_t)(report->ntp_time >> 32));
    put32(at + 8, (uint32_t)report->ntp_time);
    put32(at + 12, report->rtp_time);
    put32(at + 16, report->packets);
    put32(at + 20, report->octets);
    return true;
}

bool rtcp_write_source_description(Compound *out, uint32_t ssrc, const char *cname) {
    int name = (int)strlen(cname), chunk = 6 + name;
    int padded = chunk + 4 - chunk % 4; /* at least one zero ends the items */
    uint8_t *at = begin(out, RTCP_SOURCE_DESCRIPTION, 1, padded);
    if (!at) return false;
    memset(at, 0, (size_t)padded);
    put32(at, ssrc);
    at[4] = 1; /* CNAME */
    at[5] = (uint8_t)name;
    memcpy(at + 6, cname, (size_t)name);
    return true;
}

bool rtcp_write_goodbye(Compound *out, const uint32_t *ssrcs, int count) {
    uint8_t *at = begin(out, RTCP_GOODBYE, count, 4 * count);
    for (int i = 0; at && i < count; i++) put32(at + 4 * i, ssrcs[i]);
    return at != NULL;
}

bool rtcp_write_pli(Compound *out, uint32_t ssrc, uint32_t media_ssrc) {
    uint8_t *at = begin(out, RTCP_PAYLOAD_FEEDBACK, FORMAT_PLI, 8);
    if (!at) return false;
    put32(at, ssrc);
    put32(at + 4, media_ssrc);
    return true;
}

bool rtcp_write_fir(Compound *out, uint32_t ssrc, uint32_t media_ssrc, uint8_t command) {
    uint8_t *at = begin(out, RTCP_PAYLOAD_FEEDBACK, FORMAT_FIR, 16);
    if (!at) return false;
    put32(at, ssrc);
    put32(at + 4, 0);
    put32(at + 8, media_ssrc);
    put32(at + 12, (uint32_t)command << 24);
    return true;
}

bool rtcp_write_remb(Compound *out, uint32_t ssrc, uint64_t bps, const uint32_t *ssrcs,
                     int count) {
    uint8_t *at = begin(out, RTCP_PAYLOAD_FEEDBACK, FORMAT_REMB, 16 + 4 * count);
    if (!at) return false;
    uint32_t exponent = 0;
    while (bps >> exponent > 0x3FFFF) exponent++;
    put32(at, ssrc);
    put32(at + 4, 0);
    memcpy(at + 8, "REMB", 4);
    put32(at + 12, (uint32_t)count << 24 | exponent << 18 | (uint32_t)(bps >> exponent));
    for (int i = 0; i < count; i++) put32(at + 16 + 4 * i, ssrcs[i]);
    return true;
}

bool rtcp_write_nack(Compound *out, uint32_t ssrc, uint32_t media_ssrc, const uint16_t *seqs,
                     int count) {
    int start = out->length;
    uint8_t *at = begin(out, RTCP_TRANSPORT_FEEDBACK, FORMAT_NACK, 8);
    if (!at) return false;
    put32(at, ssrc);
    put32(at + 4, media_ssrc);
    uint8_t *pair = NULL;
    for (int i = 0; i < count; i++) {
        uint16_t after = pair ? (uint16_t)(seqs[i] - get16(pair)) : 0;
        if (after >= 1 && after <= 16) {
            put16(pair + 2, get16(pair + 2) | 1U << (after - 1));
            continue;
        }
        if (out->length + 4 > COMPOUND_BYTES) break;
        pair = out->bytes + out->length;
        put16(pair, seqs[i]);
        put16(pair + 2, 0);
        out->length += 4;
    }
    put16(out->bytes + start + 2, (uint32_t)(out->length - start) / 4 - 1);
    return true;
}

bool rtcp_write_delay(Compound *out, uint32_t ssrc, uint32_t receiver_ssrc, uint32_t last_rr,
                      uint32_t delay) {
    uint8_t *at = begin(out, RTCP_EXTENDED_REPORT, 0, 20);
    if (!at) return false;
    put32(at, ssrc);
    put32(at + 4, 0x05000003); /* DLRR, three words */
    put32(at + 8, receiver_ssrc);
    put32(at + 12, last_rr);
    put32(at + 16, delay);
    return true;
}

/* ---- transport-cc (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1) */

enum { DELTA_US = 250, REFERENCE_US = 64000, VECTOR_SYMBOLS = 7, MAX_STATUSES = 400 };
enum { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA };

static int write_deltas(uint8_t *out, uint8_t *symbols, const int64_t *arrivals_us, int count,
                        int64_t reference_us) {
    int length = 0;
    int64_t previous = 0;
    for (int i = 0; i < count; i++) {
        symbols[i] = NOT_RECEIVED;
        if (arrivals_us[i] < 0) continue;
        int64_t ticks = (arrivals_us[i] - reference_us + DELTA_US / 2) / DELTA_US;
        int64_t delta = ticks - previous;
        if (delta < -0x8000) delta = -0x8000;
        if (delta > 0x7FFF) delta = 0x7FFF;
        previous += delta; /* a delta that was cut is made up by the next one */
        symbols[i] = delta >= 0 && delta <= 0xFF ? SMALL_DELTA : LARGE_DELTA;
        if (symbols[i] == LARGE_DELTA) out[length++] = (uint8_t)((uint64_t)delta >> 8);
        out[length++] = (uint8_t)delta;
    }
    return length;
}

static int write_chunks(uint8_t *out, const uint8_t *symbols, int count) {
    int length = 0;
    for (int at = 0; at < count; length += 2) {
        int run = at;
        while (run < count && symbols[run] == symbols[at]) run++;
        run -= at;
        if (run >= VECTOR_SYMBOLS || at + run == count) {
            put16(out + length, (uint32_t)symbols[at] << 13 | (uint32_t)run);
            at += run;
            continue;
        }
        uint32_t chunk = 0xC000;
        for (int i = 0; i < VECTOR_SYMBOLS && at < count; i++, at++)
            chunk |= (uint32_t)symbols[at] << (12 - 2 * i);
        put16(out + length, chunk);
    }
    return length;
}

bool rtcp_write_transport_cc(Compound *out, uint32_t ssrc, uint32_t media_ssrc, uint16_t base_seq,
                             const int64_t *arrivals_us, int count, uint8_t feedback_count) {
    uint8_t symbols[MAX_STATUSES], chunks[2 * MAX_STATUSES], deltas[2 * MAX_STATUSES];
    if (count < 1 || count > MAX_STATUSES) return false;
    int first = 0;
    while (first < count && arrivals_us[first] < 0) first++;
    if (first == count) return false;
    int64_t reference = arrivals_us[first] / REFERENCE_US;
    int deltas_bytes = write_deltas(deltas, symbols, arrivals_us, count, reference * REFERENCE_US);
    int chunks_bytes = write_chunks(chunks, symbols, count);
    int body = 16 + chunks_bytes + deltas_bytes, padded = (body + 3) / 4 * 4;
    uint8_t *at = begin(out, RTCP_TRANSPORT_FEEDBACK, FORMAT_TRANSPORT_CC, padded);
    if (!at) return false;
    memset(at, 0, (size_t)padded);
    put32(at, ssrc);
    put32(at + 4, media_ssrc);
    put16(at + 8, base_seq);
    put16(at + 10, (uint32_t)count);
    put24(at + 12, (uint32_t)reference & 0xFFFFFF);
    at[15] = feedback_count;
    memcpy(at + 16, chunks, (size_t)chunks_bytes);
    memcpy(at + 16 + chunks_bytes, deltas, (size_t)deltas_bytes);
    return true;
}
