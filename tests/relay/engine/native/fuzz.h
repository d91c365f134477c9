/* Fuzz targets, and the script of operations that some of them read their input as. */
#ifndef RELAY_TESTS_FUZZ_H
#define RELAY_TESTS_FUZZ_H

#include "stage.h"

typedef struct Script {
    const uint8_t *at, *end;
} Script;

/* The next bytes, as many as are left; how many. */
static inline int take(Script *script, int count, const uint8_t **bytes) {
    int left = (int)(script->end - script->at), taken = count < left ? count : left;
    *bytes = script->at;
    script->at += taken;
    return taken;
}

/* A number of two bytes, then so many bytes (less than `most`), into `into`; how many, 0 at the end. */
static inline int take_sized(Script *script, int most, uint8_t *into) {
    const uint8_t *bytes;
    if (take(script, 2, &bytes) < 2) return 0;
    int length = take(script, get16(bytes) % most, &bytes);
    memcpy(into, bytes, (size_t)length);
    return length;
}

static inline void drain(Ring *ring) {
    Record record;
    while (ring_peek(ring, &record)) ring_pop(ring, &record);
}

/* Checks and handshakes from addresses by UDP and TCP, against names that open and close. */
void fuzz_control(const uint8_t *bytes, int length);

/* Connections by TCP that send any bytes in any pieces: what is taken of them are their frames. */
void fuzz_streams(const uint8_t *bytes, int length);

/* A voice in any order with any payloads: what is merged of it has room and numbers of its own. */
void fuzz_voice(const uint8_t *bytes, int length);

#endif
