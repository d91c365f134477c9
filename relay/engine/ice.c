#include "ice.h"

#include <stdlib.h>

/* ---- names */

bool name_table_init(NameTable *table, uint32_t most) {
    table->size = 64;
    while (table->size < 4 * most) table->size *= 2;
    table->count = 0;
    table->places = calloc(table->size, sizeof *table->places);
    return table->places && hash_key_init(&table->key);
}

void name_table_free(NameTable *table) {
    free(table->places);
    table->places = NULL;
}

static uint32_t hash(const NameTable *table, const char *ufrag) {
    uint64_t words[UFRAG_BYTES / sizeof(uint64_t)] = {0};
    memcpy(words, ufrag, strnlen(ufrag, UFRAG_BYTES));
    return (uint32_t)keyed_hash(&table->key, words, sizeof words / sizeof *words);
}

static uint32_t place_of(const NameTable *table, const char *ufrag) {
    uint32_t at = hash(table, ufrag) & (table->size - 1);
    while (table->places[at] && strcmp(table->places[at]->ufrag, ufrag) != 0)
        at = (at + 1) & (table->size - 1);
    return at;
}

IceName *name_table_find(const NameTable *table, const char *ufrag) {
    return table->places[place_of(table, ufrag)];
}

static void forget(NameTable *table, const IceName *name) {
    uint32_t mask = table->size - 1, at = place_of(table, name->ufrag), next = at;
    if (table->places[at] != name) return;
    table->places[at] = NULL;
    table->count--;
    for (;;) { /* closes the hole, so that searches do not stop there */
        next = (next + 1) & mask;
        IceName *other = table->places[next];
        if (!other) return;
        if (((next - hash(table, other->ufrag)) & mask) < ((next - at) & mask)) continue;
        table->places[at] = other;
        table->places[next] = NULL;
        at = next;
    }
}

void ice_close_name(NameTable *names, IceName *name) {
    if (!name->ufrag[0]) return;
    forget(names, name);
    memset(name, 0, sizeof *name);
}

void ice_open_name(IceSession *session, NameTable *names, const char *ufrag,
                   const uint8_t *password, size_t password_length) {
    IceName *name = session->names;
    if (name[0].ufrag[0]) {
        IceName former = name[0];
        ice_close_name(names, name);
        ice_close_name(names, name + 1);
        name[1] = former;
        names->places[place_of(names, former.ufrag)] = name + 1;
        names->count++;
    }
    if (names->count >= names->size / 2 || name_table_find(names, ufrag)) return;
    strncpy(name->ufrag, ufrag, UFRAG_BYTES - 1);
    name->session = session;
    name->is_used = false;
    hmac_key_init(&name->password, password, password_length);
    names->places[place_of(names, ufrag)] = name;
    names->count++;
}

/* ---- addresses */

static Proved *oldest(IceSession *session) {
    Proved *found = session->proved;
    for (Proved *each = session->proved; each < session->proved + MAX_PROVED; each++) {
        if (!each->address.length) return each;
        if (each->checked_us < found->checked_us) found = each;
    }
    return found;
}

Address ice_prove(IceSession *session, AddressTable *addresses, const Address *address,
                  int64_t now_us) {
    session->heard_us = now_us;
    Address *known = address_table_find(addresses, address);
    if (known && ((Proved *)known)->session == session) {
        ((Proved *)known)->checked_us = now_us;
        return (Address){.length = 0};
    }
    if (known) { /* another peer behind the same router got the mapping of one that left */
        address_table_remove(addresses, known);
        memset(known, 0, sizeof *known);
    }
    Proved *place = oldest(session);
    Address former = place->address;
    address_table_remove(addresses, &place->address);
    *place = (Proved){*address, now_us, session};
    address_table_put(addresses, &place->address);
    return former;
}

void ice_forget(AddressTable *addresses, const Address *address) {
    Address *known = address_table_find(addresses, address);
    if (!known) return;
    address_table_remove(addresses, known);
    memset(known, 0, sizeof *known);
}

void ice_close(IceSession *session, NameTable *names, AddressTable *addresses) {
    for (int i = 0; i < MAX_NAMES; i++) ice_close_name(names, session->names + i);
    for (int i = 0; i < MAX_PROVED; i++)
        address_table_remove(addresses, &session->proved[i].address);
    free(session);
}

bool ice_takes_handshake(IceSession *session, int64_t now_us) {
    if (now_us - session->counted_us >= SECOND_US) {
        session->counted_us = now_us;
        session->handshake_datagrams = 0;
    }
    return session->handshake_datagrams++ < HANDSHAKE_DATAGRAMS;
}
