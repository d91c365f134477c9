/* Big-endian numbers in packets, and 16-bit sequence numbers that wrap. */
#ifndef RELAY_ENGINE_BYTES_H
#define RELAY_ENGINE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static inline uint32_t get24(const uint8_t *at) {
    return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static inline uint32_t get32(const uint8_t *at) {
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static inline uint64_t get64(const uint8_t *at) {
    return (uint64_t)get32(at) << 32 | get32(at + 4);
}

static inline void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put24(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 16);
    put16(at + 1, value);
}

static inline void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* The extended number nearest to `highest` whose low 16 bits are `seq`. */
static inline int64_t seq_extend(int64_t highest, uint16_t seq) {
    return highest + (int16_t)(seq - (uint16_t)highest);
}

/* How far `ts` is after `before`, across the wrap. */
static inline int32_t ts_delta(uint32_t ts, uint32_t before) { return (int32_t)(ts - before); }

#endif
