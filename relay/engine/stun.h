/* STUN as an ICE-lite server needs it (RFC 8489, RFC 8445): read a check, prove it, answer it. */
#ifndef RELAY_ENGINE_STUN_H
#define RELAY_ENGINE_STUN_H

#include "address.h"
#include "bytes.h"
#include "sha1.h"

#define STUN_HEAD_BYTES 20
#define STUN_ANSWER_BYTES 128 /* room for the longest answer */
#define UFRAG_BYTES 32 /* of ours, with an end; the product's have 12 characters */

/* A connectivity check, well-formed but not proved yet. */
typedef struct Check {
    const uint8_t *bytes;
    int length;
    int integrity_at; /* where MESSAGE-INTEGRITY begins */
    char ufrag[UFRAG_BYTES]; /* ours: USERNAME up to the colon (RFC 8445 section 7.2.2) */
    bool nominates;
} Check;

/* False for anything but a well-formed, signed binding request. */
bool stun_read_check(Check *check, const uint8_t *bytes, int length);

/* Whether its sender knows the password. */
bool stun_is_proved(const Check *check, const HmacKey *password);

/* The signed answer to a check from `from`; its length. */
int stun_write_answer(uint8_t out[STUN_ANSWER_BYTES], const Check *check, const Address *from,
                      const HmacKey *password);

#endif
