/* Where a peer is, and the table that finds a peer by the address of a datagram. */
#ifndef RELAY_ENGINE_ADDRESS_H
#define RELAY_ENGINE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct Address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t length; /* 0: no address */
} Address;

struct Peer;

/* Open addressing, never fuller than a quarter. */
typedef struct AddressTable {
    struct Peer **places;
    uint32_t size, count;
} AddressTable;

bool address_is_same(const Address *one, const Address *other);

/* False when memory is out. */
bool address_table_init(AddressTable *table, uint32_t max_peers);
void address_table_free(AddressTable *table);

struct Peer *address_table_find(const AddressTable *table, const Address *address);

/* Puts a peer at its address; whoever was there is nobody's any more. */
void address_table_put(AddressTable *table, struct Peer *peer);

/* Harmless when the peer is not at its address. */
void address_table_remove(AddressTable *table, const struct Peer *peer);

#endif
