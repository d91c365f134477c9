#include "stun.h"

enum {
    BINDING_REQUEST = 0x0001,
    BINDING_SUCCESS = 0x0101,
    USERNAME = 0x0006,
    MESSAGE_INTEGRITY = 0x0008,
    XOR_MAPPED_ADDRESS = 0x0020,
    USE_CANDIDATE = 0x0025,
    FINGERPRINT = 0x8028,
    ATTRIBUTE_HEAD = 4,
    MAX_CHECK_BYTES = 600, /* browsers' have about 120 */
};
#define MAGIC_COOKIE 0x2112A442U
#define FINGERPRINT_MASK 0x5354554EU

static bool read_username(Check *check, const uint8_t *value, int length) {
    int size = 0;
    while (size < length && value[size] != ':') size++;
    if (size == 0 || size >= UFRAG_BYTES) return false;
    memcpy(check->ufrag, value, (size_t)size);
    check->ufrag[size] = 0;
    return true;
}

/* Attributes up to the integrity: what follows it is not protected. */
bool stun_read_check(Check *check, const uint8_t *bytes, int length) {
    if (length < STUN_HEAD_BYTES || length > MAX_CHECK_BYTES) return false;
    if (get16(bytes) != BINDING_REQUEST || get32(bytes + 4) != MAGIC_COOKIE) return false;
    if (get16(bytes + 2) + STUN_HEAD_BYTES != length) return false;
    *check = (Check){.bytes = bytes, .length = length};
    bool has_name = false;
    for (int at = STUN_HEAD_BYTES; at + ATTRIBUTE_HEAD <= length;) {
        int type = get16(bytes + at), size = get16(bytes + at + 2);
        const uint8_t *value = bytes + at + ATTRIBUTE_HEAD;
        if (at + ATTRIBUTE_HEAD + size > length) return false;
        if (type == MESSAGE_INTEGRITY) {
            check->integrity_at = at;
            return has_name && size == SHA1_BYTES;
        }
        if (type == USERNAME && !has_name) has_name = read_username(check, value, size);
        if (type == USE_CANDIDATE) check->nominates = true;
        at += ATTRIBUTE_HEAD + (size + 3) / 4 * 4;
    }
    return false;
}

/* Over the message before the attribute, with the length as if it ended after it. */
static void sign(const uint8_t *bytes, int integrity_at, const HmacKey *password,
                 uint8_t signature[SHA1_BYTES]) {
    uint8_t covered[MAX_CHECK_BYTES];
    memcpy(covered, bytes, (size_t)integrity_at);
    put16(covered + 2, (uint32_t)(integrity_at - STUN_HEAD_BYTES + ATTRIBUTE_HEAD + SHA1_BYTES));
    hmac_sign(password, covered, (size_t)integrity_at, signature);
}

bool stun_is_proved(const Check *check, const HmacKey *password) {
    uint8_t signature[SHA1_BYTES], different = 0;
    sign(check->bytes, check->integrity_at, password, signature);
    const uint8_t *claimed = check->bytes + check->integrity_at + ATTRIBUTE_HEAD;
    for (int i = 0; i < SHA1_BYTES; i++) different |= signature[i] ^ claimed[i];
    return different == 0; /* in the same time whatever differs */
}

/* ---- the answer */

static uint32_t crc32_of(const uint8_t *bytes, int length) {
    uint32_t crc = 0xFFFFFFFF;
    for (int i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static uint8_t *begin(uint8_t *at, int type, int length) {
    put16(at, (uint32_t)type);
    put16(at + 2, (uint32_t)length);
    return at + ATTRIBUTE_HEAD;
}

/* `mask` is the cookie and the transaction id, as they stand in the message. */
static uint8_t *write_mapped(uint8_t *at, const Address *from, const uint8_t *mask) {
    const uint8_t *ip = from->v6.sin6_addr.s6_addr;
    uint16_t port = ntohs(from->v6.sin6_port);
    int size = 16;
    if (from->any.sa_family == AF_INET) {
        ip = (const uint8_t *)&from->v4.sin_addr.s_addr;
        port = ntohs(from->v4.sin_port);
        size = 4;
    } else if (IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr)) {
        ip += 12;
        size = 4;
    }
    at = begin(at, XOR_MAPPED_ADDRESS, 4 + size);
    at[0] = 0;
    at[1] = size == 4 ? 1 : 2;
    put16(at + 2, port ^ MAGIC_COOKIE >> 16);
    for (int i = 0; i < size; i++) at[4 + i] = ip[i] ^ mask[i];
    return at + 4 + size;
}

int stun_write_answer(uint8_t out[STUN_ANSWER_BYTES], const Check *check, const Address *from,
                      const HmacKey *password) {
    memcpy(out, check->bytes, STUN_HEAD_BYTES);
    put16(out, BINDING_SUCCESS);
    uint8_t *at = write_mapped(out + STUN_HEAD_BYTES, from, out + 4);
    sign(out, (int)(at - out), password, begin(at, MESSAGE_INTEGRITY, SHA1_BYTES));
    at += ATTRIBUTE_HEAD + SHA1_BYTES;
    put16(out + 2, (uint32_t)(at - out) + 8 - STUN_HEAD_BYTES);
    uint32_t crc = crc32_of(out, (int)(at - out)) ^ FINGERPRINT_MASK;
    put32(begin(at, FINGERPRINT, 4), crc);
    return (int)(at - out) + 8;
}
