/* All connections by TCP, and the socket that accepts them; a second way into the same engine.
 *
 * A connection lives while it stands for a peer: its first frame must be a check that proves itself,
 * within 5 s, and it is closed when it was silent for a minute or sends what can't be a frame. Of
 * those who have not proved themselves one network has 128 at most; when no place is left the oldest
 * of them gives way. Nothing here waits for anybody. */
#ifndef RELAY_ENGINE_STREAMS_H
#define RELAY_ENGINE_STREAMS_H

#include "counters.h"
#include "inbox.h"

/* The engine, as streams see it. */
typedef struct StreamPort {
    void *engine;
    void (*take)(void *engine, Datagram *datagram); /* `streams_prove` what proves itself by it */
    void (*closed)(void *engine, const Address *address); /* nobody is there any more */
} StreamPort;

typedef struct Streams Streams;

/* For at most `most` connections at once. NULL when memory or descriptors are out. `listener`
 * belongs to the caller; 0 or less: none. */
Streams *streams_new(int listener, uint32_t most, StreamPort port, Counters *counters);
void streams_free(Streams *streams);

/* Readable when there is work. */
int streams_descriptor(const Streams *streams);

/* Accepts, reads and writes what can be; a part of it when there is much. */
void streams_work(Streams *streams, int64_t now_us);

/* Closes those whose time is over. A hundred times a second. */
void streams_tick(Streams *streams, int64_t now_us);

/* It stands for a peer. */
void streams_prove(Streams *streams, uint64_t number);

/* It stands for nobody any more: it must prove itself anew. */
void streams_doubt(Streams *streams, uint64_t number, int64_t now_us);

/* A datagram for one of them, sent by `streams_flush`. Dropped and counted when the connection is
 * gone or its queue is full. */
void streams_add(Streams *streams, uint64_t number, const uint8_t *bytes, int length);
void streams_flush(Streams *streams);

#endif
