/* One connection of a peer whose network passes TCP only (RFC 6544): datagrams with their length in
 * front (RFC 4571).
 *
 * What can't be sent at once waits here. The rule when it gets too much: datagrams of pictures (the
 * long ones) are dropped while something has waited for 0.3 s, or three quarters are full, so that
 * voice, reports and answers (the short ones) come soon and have the last quarter; when that is full
 * they are dropped, too. */
#ifndef RELAY_ENGINE_STREAM_H
#define RELAY_ENGINE_STREAM_H

#include "address.h"
#include "rtp.h"

#define FRAME_HEAD_BYTES 2
#define FRAME_BYTES (FRAME_HEAD_BYTES + MAX_DATAGRAM_BYTES)
#define STREAM_SEND_BYTES (1 << 17)
#define STREAM_PICTURE_BYTES (STREAM_SEND_BYTES / 4 * 3)
#define STREAM_READ_BYTES (1 << 14) /* at once, of one connection */
#define STREAM_BUFFER_BYTES (FRAME_BYTES + STREAM_READ_BYTES)

typedef struct Stream {
    uint64_t number; /* never used twice */
    Address address; /* of its far end; with the number */
    int socket;
    bool is_proved;
    bool is_blocked; /* the kernel takes no more for now */
    bool is_waiting; /* has something to flush */
    uint16_t network; /* hash of where it comes from */
    int64_t since_us; /* unproved since then */
    int64_t heard_us;
    struct Stream *before, *after; /* among the unproved, oldest first */
    uint8_t *queue; /* STREAM_SEND_BYTES, a ring; NULL until something waits */
    uint32_t queue_start, queued;
    uint32_t marked; /* bytes of the queue up to the one whose waiting is measured */
    int64_t marked_us; /* it waits since then */
    int part_length;
    uint8_t part[FRAME_BYTES]; /* a frame whose rest has not come */
} Stream;

/* A frame that is whole, or why there is none. */
typedef enum Framed { FRAME_WHOLE, FRAME_PART, FRAME_TOO_LONG } Framed;

/* The frame at the beginning of these bytes; its datagram follows FRAME_HEAD_BYTES. */
Framed stream_frame(const uint8_t *bytes, int length, int *datagram_length);

/* Reads after what was kept; bytes now in `into`, -1 when the connection is over. */
int stream_read(Stream *stream, uint8_t into[STREAM_BUFFER_BYTES]);

/* Keeps the beginning of a frame for the next reading. */
void stream_keep(Stream *stream, const uint8_t *bytes, int length);

/* Queues a datagram; false when it was dropped. */
bool stream_put(Stream *stream, const uint8_t *bytes, int length, int64_t now_us);

/* Gives the kernel what it takes; true when nothing waits any more. What a broken connection has
 * not taken is forgotten: reading tells of its end. */
bool stream_write(Stream *stream);

/* Closes its socket and frees everything of it. */
void stream_free(Stream *stream);

#endif
