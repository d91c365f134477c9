/* Where somebody is, and the table that finds them by the address of a datagram. Three kinds: IPv4 and
 * IPv6 of who sends by UDP, and a connection by TCP, which is found by its number alone. */
#ifndef RELAY_ENGINE_ADDRESS_H
#define RELAY_ENGINE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "keyed_hash.h"

typedef struct Address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t length; /* 0: no address */
    uint64_t stream; /* number of the connection by TCP; 0: UDP */
} Address;

/* Addresses that stand in somebody's structure. Open addressing, never fuller than half. */
typedef struct AddressTable {
    Address **places;
    uint32_t size, count;
    HashKey key;
} AddressTable;

bool address_is_same(const Address *one, const Address *other);

/* For at most `most` addresses. False when memory or randomness is out. */
bool address_table_init(AddressTable *table, uint32_t most);
void address_table_free(AddressTable *table);

/* The address in the table that is the same; NULL if there is none. */
Address *address_table_find(const AddressTable *table, const Address *address);

/* Puts an address in; whoever had the same loses it and is returned, else NULL. */
Address *address_table_put(AddressTable *table, Address *address);

/* Harmless when it is not there. */
void address_table_remove(AddressTable *table, const Address *address);

#endif
