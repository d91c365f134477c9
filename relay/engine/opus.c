#include "opus.h"

#include <string.h>

#define MOST_SAMPLES 960 /* 20 ms: what lasts longer has little to gain */
#define MOST_TOGETHER (6 * MOST_SAMPLES) /* RFC 6716 section 3.4 [R5] */
#define MOST_FRAME_BYTES 1275 /* [R2] */
#define TWO_BYTES_FROM 252 /* longer frames have a length of two bytes (section 3.2.1) */
#define CODE_3 3
#define VARIABLE 0x80 /* frames differ in length (section 3.2.5) */

/* By the configuration in the first byte (section 3.1): SILK, hybrid, CELT. */
static int samples_of(int config) {
    static const int silk[] = {480, 960, 1920, 2880}, celt[] = {120, 240, 480, 960};
    if (config < 12) return silk[config % 4];
    if (config < 16) return silk[config % 2];
    return celt[config % 4];
}

int opus_frame_samples(const OpusPayload *payload) {
    bool has_one = payload->length > 0 && (payload->bytes[0] & 3) == 0;
    if (!has_one || payload->length - 1 > MOST_FRAME_BYTES) return 0;
    int samples = samples_of(payload->bytes[0] >> 3);
    return samples <= MOST_SAMPLES ? samples : 0;
}

static bool can_merge(const OpusPayload payloads[], int count) {
    int samples = count > 1 ? opus_frame_samples(payloads) : 0;
    if (!samples || count * samples > MOST_TOGETHER) return false;
    for (int i = 1; i < count; i++)
        if (!opus_frame_samples(payloads + i) || payloads[i].bytes[0] != payloads[0].bytes[0])
            return false;
    return true;
}

static bool are_equally_long(const OpusPayload payloads[], int count) {
    for (int i = 1; i < count; i++)
        if (payloads[i].length != payloads[0].length) return false;
    return true;
}

static int write_length(uint8_t *out, int length) {
    if (length < TWO_BYTES_FROM) {
        out[0] = (uint8_t)length;
        return 1;
    }
    out[0] = (uint8_t)(TWO_BYTES_FROM + length % 4);
    out[1] = (uint8_t)((length - out[0]) / 4);
    return 2;
}

int opus_merge(const OpusPayload payloads[], int count, uint8_t *out, int room) {
    if (!can_merge(payloads, count)) return 0;
    int needed = 2;
    for (int i = 0; i < count; i++) needed += payloads[i].length + 1; /* a frame and its length */
    if (needed > room) return 0;
    bool is_variable = !are_equally_long(payloads, count);
    int at = 0;
    out[at++] = payloads[0].bytes[0] | CODE_3;
    out[at++] = (uint8_t)(count | (is_variable ? VARIABLE : 0));
    for (int i = 0; is_variable && i < count - 1; i++) /* that of the last is what is left */
        at += write_length(out + at, payloads[i].length - 1);
    for (int i = 0; i < count; i++) {
        memcpy(out + at, payloads[i].bytes + 1, (size_t)payloads[i].length - 1);
        at += payloads[i].length - 1;
    }
    return at;
}
