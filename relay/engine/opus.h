/* Opus payloads (RFC 7587: one Opus packet each), as far as they must be known to put several into
 * one (RFC 6716 section 3). */
#ifndef RELAY_ENGINE_OPUS_H
#define RELAY_ENGINE_OPUS_H

#include <stdbool.h>
#include <stdint.h>

#define OPUS_CLOCK_RATE 48000

typedef struct OpusPayload {
    const uint8_t *bytes;
    int length;
} OpusPayload;

/* Samples at 48 kHz of the only frame of a packet; 0 where it has several, or none of 20 ms at
 * most. */
int opus_frame_samples(const OpusPayload *payload);

/* Packets of one frame each as one packet of code 3: the same frames, bit for bit, so that a decoder
 * makes the same sound of it. Its length; 0 where they differ in mode, bandwidth, length or channels,
 * have several frames, last longer than 120 ms together, or do not fit into `room` bytes. */
int opus_merge(const OpusPayload payloads[], int count, uint8_t *out, int room);

#endif
