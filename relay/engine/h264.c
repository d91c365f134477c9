#include "h264.h"

enum { SLICE = 1, IDR = 5, SEI = 6, SPS = 7, DELIMITER = 9, STAP_A = 24, FU_A = 28, SPS_BYTES = 512 };

/* NAL units of a payload, one by one: single, in a STAP-A, or the start of an FU-A. */
typedef struct Units {
    const uint8_t *payload;
    int length, at;
} Units;

static bool next_unit(Units *units, const uint8_t **unit, int *length, uint8_t *type) {
    if (units->at >= units->length) return false;
    const uint8_t *payload = units->payload;
    uint8_t kind = payload[0] & 0x1F;
    if (kind == STAP_A) {
        int at = units->at ? units->at : 1;
        while (at + 2 < units->length) {
            int size = get16(payload + at), left = units->length - at - 2;
            *unit = payload + at + 2;
            *length = size < left ? size : left;
            at += 2 + size;
            if (*length > 0) {
                *type = (*unit)[0] & 0x1F;
                units->at = at;
                return true;
            }
        }
        return false;
    }
    units->at = units->length;
    *unit = payload;
    *length = kind == FU_A ? 0 : units->length; /* a fragment is never whole */
    if (kind == FU_A) {
        if (units->length < 2 || !(payload[1] & 0x80)) return false;
        kind = payload[1] & 0x1F;
    }
    *type = kind;
    return true;
}

static bool has_type(const uint8_t *payload, int length, uint8_t one, uint8_t other) {
    Units units = {payload, length, 0};
    const uint8_t *unit;
    int size;
    uint8_t type;
    while (next_unit(&units, &unit, &size, &type))
        if (type == one || type == other) return true;
    return false;
}

bool h264_is_parameter_set(const uint8_t *payload, int length) {
    return has_type(payload, length, SPS, SPS);
}

bool h264_is_keyframe_start(const uint8_t *payload, int length) {
    return has_type(payload, length, IDR, SPS);
}

bool h264_is_prelude(const uint8_t *payload, int length) {
    Units units = {payload, length, 0};
    const uint8_t *unit;
    int size, found = 0;
    uint8_t type;
    for (; next_unit(&units, &unit, &size, &type); found++)
        if (type != DELIMITER && type != SEI) return false;
    return found > 0;
}

static int slice_idc(uint8_t header, uint8_t type) {
    if (type == IDR) return 3;
    return type >= SLICE && type < IDR ? header >> 5 & 3 : -1;
}

int h264_reference_idc(const uint8_t *payload, int length) {
    /* every fragment tells it, also those in which no unit begins */
    if (length > 1 && (payload[0] & 0x1F) == FU_A) return slice_idc(payload[0], payload[1] & 0x1F);
    Units units = {payload, length, 0};
    const uint8_t *unit;
    int size, idc = -1;
    uint8_t type;
    while (idc < 0 && next_unit(&units, &unit, &size, &type)) idc = slice_idc(unit[0], type);
    return idc;
}

/* ---- bits of a sequence parameter set; reading past the end gives zeros and is remembered */

typedef struct Bits {
    uint8_t bytes[SPS_BYTES];
    int length, at; /* `at` in bits */
    bool is_over;
} Bits;

static void fill(Bits *bits, const uint8_t *unit, int length) {
    bits->length = bits->at = bits->is_over = 0;
    int zeros = 0;
    for (int i = 1; i < length && i < SPS_BYTES; i++) {
        bool is_escape = zeros >= 2 && unit[i] == 3; /* emulation prevention, section 7.4.1 */
        zeros = unit[i] == 0 ? zeros + 1 : 0;
        if (!is_escape) bits->bytes[bits->length++] = unit[i];
    }
}

static uint32_t take(Bits *bits, int count) {
    uint32_t value = 0;
    while (count-- > 0) {
        int byte = bits->at >> 3;
        if (byte >= bits->length) {
            bits->is_over = true;
            return 0;
        }
        value = value << 1 | (bits->bytes[byte] >> (7 - (bits->at & 7)) & 1U);
        bits->at++;
    }
    return value;
}

static uint32_t golomb(Bits *bits) {
    int zeros = 0;
    while (zeros < 32 && !bits->is_over && !take(bits, 1)) zeros++;
    if (zeros == 32) bits->is_over = true;
    return bits->is_over ? 0 : (uint32_t)((1ULL << zeros) - 1 + take(bits, zeros));
}

static int32_t signed_golomb(Bits *bits) {
    uint32_t value = golomb(bits);
    return value & 1 ? (int32_t)(value / 2 + 1) : -(int32_t)(value / 2);
}

static bool is_high_profile(uint32_t profile) {
    static const uint8_t high[] = {44, 83, 86, 100, 110, 118, 122, 128, 134, 138, 139, 244};
    return memchr(high, (int)profile, sizeof high) != NULL;
}

static void skip_scaling_list(Bits *bits, int size) {
    uint8_t last = 8, following = 8;
    for (int i = 0; i < size && !bits->is_over; i++) {
        if (following) following = (uint8_t)(last + (uint32_t)signed_golomb(bits));
        if (following) last = following;
    }
}

static uint32_t skip_chroma(Bits *bits) {
    uint32_t chroma = golomb(bits);
    if (chroma == 3) take(bits, 1);
    golomb(bits);
    golomb(bits);
    take(bits, 1);
    if (take(bits, 1))
        for (int i = 0; i < (chroma != 3 ? 8 : 12); i++)
            if (take(bits, 1)) skip_scaling_list(bits, i < 6 ? 16 : 64);
    return chroma;
}

static void skip_order_count(Bits *bits) {
    uint32_t kind = golomb(bits);
    if (kind == 0) golomb(bits);
    if (kind != 1) return;
    take(bits, 1);
    golomb(bits);
    golomb(bits);
    uint32_t cycle = golomb(bits);
    for (uint32_t i = 0; i < cycle && i < 255 && !bits->is_over; i++) golomb(bits);
}

/* Width times height by ITU-T H.264 sections 7.3.2.1.1 and 7.4.2.1.1. */
static uint32_t sps_pixels(const uint8_t *unit, int length) {
    Bits bits;
    fill(&bits, unit, length);
    uint32_t profile = take(&bits, 8);
    take(&bits, 16);
    golomb(&bits);
    uint32_t chroma = is_high_profile(profile) ? skip_chroma(&bits) : 1;
    golomb(&bits);
    skip_order_count(&bits);
    golomb(&bits);
    take(&bits, 1);
    int64_t width = 16LL * (golomb(&bits) + 1LL), height = 16LL * (golomb(&bits) + 1LL);
    uint32_t is_frame_only = take(&bits, 1);
    if (!is_frame_only) {
        height *= 2;
        take(&bits, 1);
    }
    take(&bits, 1);
    if (take(&bits, 1)) {
        int64_t left = golomb(&bits), right = golomb(&bits);
        int64_t top = golomb(&bits), bottom = golomb(&bits);
        width -= (chroma == 1 || chroma == 2 ? 2 : 1) * (left + right);
        height -= (chroma == 1 ? 2 : 1) * (2 - (int64_t)is_frame_only) * (top + bottom);
    }
    if (bits.is_over || width <= 0 || height <= 0 || width > 16384 || height > 16384) return 0;
    return (uint32_t)(width * height);
}

uint32_t h264_pixels(const uint8_t *payload, int length) {
    Units units = {payload, length, 0};
    const uint8_t *unit;
    int size;
    uint8_t type;
    while (next_unit(&units, &unit, &size, &type))
        if (type == SPS && size > 0) return sps_pixels(unit, size);
    return 0;
}
