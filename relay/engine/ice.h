/* Peers found by their checks: first by name, then by address. ICE-lite, so we only answer
 * (RFC 8445 section 2.5). Nothing is kept for an address that has not proved itself. */
#ifndef RELAY_ENGINE_ICE_H
#define RELAY_ENGINE_ICE_H

#include "instant.h"
#include "stun.h"

#define MAX_PROVED 16 /* addresses from which a peer may have proved itself; the oldest gives way */
#define MAX_NAMES 2 /* after a restart the former name holds until the new one is used */
#define PASSWORD_BYTES 64
#define HANDSHAKE_DATAGRAMS 200 /* a second, of one peer */

struct IceSession;

typedef struct IceName {
    char ufrag[UFRAG_BYTES]; /* empty: no name */
    HmacKey password;
    bool is_used;
    struct IceSession *session;
} IceName;

typedef struct Proved {
    Address address;
    int64_t checked_us;
    struct IceSession *session;
} Proved;

typedef struct IceSession {
    uint64_t number;
    IceName names[MAX_NAMES];
    Proved proved[MAX_PROVED];
    int64_t heard_us;
    int64_t counted_us; /* handshake datagrams are counted since then */
    int handshake_datagrams;
} IceSession;

/* Names of all sessions. */
typedef struct NameTable {
    IceName **places;
    uint32_t size, count;
    HashKey key;
} NameTable;

bool name_table_init(NameTable *table, uint32_t most);
void name_table_free(NameTable *table);
IceName *name_table_find(const NameTable *table, const char *ufrag);

/* Gives a session one more name; of three the oldest is forgotten. */
void ice_open_name(IceSession *session, NameTable *names, const char *ufrag,
                   const uint8_t *password, size_t password_length);
void ice_close_name(NameTable *names, IceName *name);

/* An address proved itself: it is the session's from now on. Returns the one that gave way for it;
 * its length is 0 when none did. */
Address ice_prove(IceSession *session, AddressTable *addresses, const Address *address,
                  int64_t now_us);

/* Nobody is there any more. */
void ice_forget(AddressTable *addresses, const Address *address);

/* Nothing of it is found any more. */
void ice_close(IceSession *session, NameTable *names, AddressTable *addresses);

/* Whether one more handshake datagram of this session may bother control. */
bool ice_takes_handshake(IceSession *session, int64_t now_us);

static inline IceSession *ice_session_at(const AddressTable *addresses, const Address *address) {
    Address *found = address_table_find(addresses, address);
    return found ? ((Proved *)found)->session : NULL;
}

#endif
