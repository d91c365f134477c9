#include "address.h"

#include <stdlib.h>
#include <string.h>

bool address_is_same(const Address *one, const Address *other) {
    if (one->stream || other->stream) return one->stream == other->stream;
    if (one->length != other->length || one->any.sa_family != other->any.sa_family) return false;
    if (one->any.sa_family == AF_INET)
        return one->v4.sin_port == other->v4.sin_port &&
               one->v4.sin_addr.s_addr == other->v4.sin_addr.s_addr;
    return one->v6.sin6_port == other->v6.sin6_port &&
           one->v6.sin6_scope_id == other->v6.sin6_scope_id &&
           memcmp(&one->v6.sin6_addr, &other->v6.sin6_addr, sizeof one->v6.sin6_addr) == 0;
}

static uint32_t hash(const AddressTable *table, const Address *address) {
    uint64_t words[3] = {address->stream};
    int count = 1;
    if (!address->stream && address->any.sa_family == AF_INET) {
        words[0] = (uint64_t)address->v4.sin_addr.s_addr << 16 | address->v4.sin_port;
    } else if (!address->stream) {
        memcpy(words, &address->v6.sin6_addr, sizeof address->v6.sin6_addr);
        words[2] = address->v6.sin6_port;
        count = 3;
    }
    return (uint32_t)keyed_hash(&table->key, words, count);
}

bool address_table_init(AddressTable *table, uint32_t most) {
    table->size = 64;
    while (table->size < 4 * most) table->size *= 2;
    table->count = 0;
    table->places = calloc(table->size, sizeof *table->places);
    return table->places && hash_key_init(&table->key);
}

void address_table_free(AddressTable *table) {
    free(table->places);
    table->places = NULL;
}

/* The place of an address, or the empty one where it would be. */
static uint32_t place_of(const AddressTable *table, const Address *address) {
    uint32_t at = hash(table, address) & (table->size - 1);
    while (table->places[at] && !address_is_same(table->places[at], address))
        at = (at + 1) & (table->size - 1);
    return at;
}

Address *address_table_find(const AddressTable *table, const Address *address) {
    return table->places[place_of(table, address)];
}

/* Closes the hole at `at`, so that searches do not stop there. */
static void empty(AddressTable *table, uint32_t at) {
    uint32_t mask = table->size - 1, next = at;
    table->places[at] = NULL;
    table->count--;
    for (;;) {
        next = (next + 1) & mask;
        Address *address = table->places[next];
        if (!address) return;
        uint32_t home = hash(table, address) & mask;
        if (((next - home) & mask) < ((next - at) & mask)) continue;
        table->places[at] = address;
        table->places[next] = NULL;
        at = next;
    }
}

Address *address_table_put(AddressTable *table, Address *address) {
    if (!address->length || table->count >= table->size / 2) return NULL;
    uint32_t at = place_of(table, address);
    Address *before = table->places[at];
    if (before == address) return NULL;
    if (!before) table->count++;
    table->places[at] = address;
    return before;
}

void address_table_remove(AddressTable *table, const Address *address) {
    if (!address->length) return;
    uint32_t at = place_of(table, address);
    if (table->places[at] == address) empty(table, at);
}
