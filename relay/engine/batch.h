/* Datagrams to send, collected and handed to the kernel many at a time.
 *
 * Neighbours of equal size to the same peer become one message that the kernel cuts (UDP GSO),
 * where it can. The socket's error for one peer costs its own message and nothing else. */
#ifndef RELAY_ENGINE_BATCH_H
#define RELAY_ENGINE_BATCH_H

#include "address.h"
#include "counters.h"
#include "srtp.h"
#include "streams.h"
#include "subscription.h"

#define PLACE_BYTES 1664 /* a media packet, a longer header, RTX's number and SRTP's tag */

typedef struct Batch Batch;

/* NULL when memory is out. `socket` and `streams` belong to the caller. */
Batch *batch_new(int socket, Streams *streams, Counters *counters);
void batch_free(Batch *batch);

/* Where to write the next datagram; PLACE_BYTES long. Sends when the batch is full. */
uint8_t *batch_place(Batch *batch);

/* What was written goes to this address, which must live until the next `batch_send`. That of a
 * connection by TCP takes it at once. */
void batch_add(Batch *batch, const Address *to, int length);

/* Hand everything to the kernel. */
void batch_send(Batch *batch);

#endif
