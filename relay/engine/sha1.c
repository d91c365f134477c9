#include "sha1.h"

#include <string.h>

#include "bytes.h"

static uint32_t rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void add_block(uint32_t state[5], const uint8_t block[SHA1_BLOCK]) {
    uint32_t words[80];
    for (int i = 0; i < 16; i++) words[i] = get32(block + 4 * i);
    for (int i = 16; i < 80; i++)
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 80; i++) {
        uint32_t mixed, constant;
        if (i < 20) mixed = (b & c) | (~b & d), constant = 0x5A827999;
        else if (i < 40) mixed = b ^ c ^ d, constant = 0x6ED9EBA1;
        else if (i < 60) mixed = (b & c) | (b & d) | (c & d), constant = 0x8F1BBCDC;
        else mixed = b ^ c ^ d, constant = 0xCA62C1D6;
        uint32_t next = rotate(a, 5) + mixed + e + constant + words[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* Ends a message of which `before` bytes are in the state already. */
static void finish(uint32_t state[5], const uint8_t *message, size_t length, size_t before,
                   uint8_t digest[SHA1_BYTES]) {
    uint8_t last[2 * SHA1_BLOCK] = {0};
    uint64_t bits = 8 * (uint64_t)(length + before);
    for (; length >= SHA1_BLOCK; length -= SHA1_BLOCK, message += SHA1_BLOCK)
        add_block(state, message);
    memcpy(last, message, length);
    last[length] = 0x80;
    size_t size = length + 9 > SHA1_BLOCK ? 2 * SHA1_BLOCK : SHA1_BLOCK;
    put32(last + size - 8, (uint32_t)(bits >> 32));
    put32(last + size - 4, (uint32_t)bits);
    add_block(state, last);
    if (size > SHA1_BLOCK) add_block(state, last + SHA1_BLOCK);
    for (int i = 0; i < 5; i++) put32(digest + 4 * i, state[i]);
}

static void start(uint32_t state[5], const uint8_t *secret, size_t length, uint8_t pad) {
    static const uint32_t first[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t block[SHA1_BLOCK];
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < length && i < SHA1_BLOCK; i++) block[i] ^= secret[i];
    memcpy(state, first, sizeof first);
    add_block(state, block);
}

void hmac_key_init(HmacKey *key, const uint8_t *secret, size_t length) {
    start(key->inner, secret, length, 0x36);
    start(key->outer, secret, length, 0x5C);
}

void hmac_sign(const HmacKey *key, const uint8_t *message, size_t length,
               uint8_t signature[SHA1_BYTES]) {
    uint32_t state[5];
    uint8_t digest[SHA1_BYTES];
    memcpy(state, key->inner, sizeof state);
    finish(state, message, length, SHA1_BLOCK, digest);
    memcpy(state, key->outer, sizeof state);
    finish(state, digest, SHA1_BYTES, SHA1_BLOCK, signature);
}
