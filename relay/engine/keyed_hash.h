/* Hashes nobody outside can foresee (SipHash-1-3): who chooses addresses or names freely still can't
 * choose two that meet in a table. */
#ifndef RELAY_ENGINE_KEYED_HASH_H
#define RELAY_ENGINE_KEYED_HASH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct HashKey {
    uint64_t halves[2];
} HashKey;

/* A key of its own for each table, from the kernel. False when it has none to give. */
bool hash_key_init(HashKey *key);

/* Of `count` words in memory's order. */
uint64_t keyed_hash(const HashKey *key, const uint64_t *words, int count);

#endif
