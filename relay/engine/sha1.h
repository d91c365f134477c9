/* HMAC-SHA1 (RFC 2104, FIPS 180-4), which STUN signs its messages with (RFC 8489 section 14.5). */
#ifndef RELAY_ENGINE_SHA1_H
#define RELAY_ENGINE_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES 20
#define SHA1_BLOCK 64

/* A key of at most 64 bytes, ready to sign many messages. */
typedef struct HmacKey {
    uint32_t inner[5], outer[5]; /* states after the padded key */
} HmacKey;

void hmac_key_init(HmacKey *key, const uint8_t *secret, size_t length);
void hmac_sign(const HmacKey *key, const uint8_t *message, size_t length,
               uint8_t signature[SHA1_BYTES]);

#endif
