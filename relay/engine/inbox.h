/* Datagrams read from the media port, many with one system call, with the kernel's arrival stamps. */
#ifndef RELAY_ENGINE_INBOX_H
#define RELAY_ENGINE_INBOX_H

#include "address.h"
#include "instant.h"
#include "rtp.h"

#define INBOX_DATAGRAMS 64
#define INBOX_BYTES (MAX_DATAGRAM_BYTES + 64)

typedef struct Datagram {
    uint8_t *bytes;
    int length; /* over MAX_DATAGRAM_BYTES: it was cut */
    Address from;
    int64_t arrived_us; /* monotonic */
    int64_t waited_us; /* in the socket; the longest that is believed, where it was longer */
} Datagram;

typedef struct Inbox Inbox;

/* NULL when memory is out. `socket` belongs to the caller. */
Inbox *inbox_new(int socket);
void inbox_free(Inbox *inbox);

/* Reads what is there; returns how many, 0 for none. */
int inbox_read(Inbox *inbox, Instant instant, Datagram datagrams[INBOX_DATAGRAMS]);

#endif
