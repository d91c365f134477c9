#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bytes.h"

#define SHORT_BYTES 400 /* voice, reports, answers to checks */
#define LATE_US 300000

/* ---- in */

Framed stream_frame(const uint8_t *bytes, int length, int *datagram_length) {
    if (length < FRAME_HEAD_BYTES) return FRAME_PART;
    *datagram_length = get16(bytes);
    if (*datagram_length > MAX_DATAGRAM_BYTES) return FRAME_TOO_LONG;
    return length < FRAME_HEAD_BYTES + *datagram_length ? FRAME_PART : FRAME_WHOLE;
}

int stream_read(Stream *stream, uint8_t into[STREAM_BUFFER_BYTES]) {
    int kept = stream->part_length;
    memcpy(into, stream->part, (size_t)kept);
    ssize_t found = recv(stream->socket, into + kept, STREAM_READ_BYTES, MSG_DONTWAIT);
    if (found > 0) return kept + (int)found;
    return found < 0 && (errno == EAGAIN || errno == EINTR) ? kept : -1;
}

void stream_keep(Stream *stream, const uint8_t *bytes, int length) {
    memcpy(stream->part, bytes, (size_t)length);
    stream->part_length = length;
}

/* ---- out */

static void append(Stream *stream, const uint8_t *bytes, uint32_t length) {
    uint32_t at = (stream->queue_start + stream->queued) % STREAM_SEND_BYTES;
    uint32_t until_end = STREAM_SEND_BYTES - at;
    uint32_t first = length < until_end ? length : until_end;
    memcpy(stream->queue + at, bytes, first);
    memcpy(stream->queue, bytes + first, length - first);
    stream->queued += length;
}

bool stream_put(Stream *stream, const uint8_t *bytes, int length, int64_t now_us) {
    bool is_picture = length > SHORT_BYTES;
    uint32_t most = is_picture ? STREAM_PICTURE_BYTES : STREAM_SEND_BYTES;
    if (is_picture && stream->marked && now_us - stream->marked_us > LATE_US) return false;
    if (stream->queued + FRAME_HEAD_BYTES + (uint32_t)length > most) return false;
    if (!stream->queue) stream->queue = malloc(STREAM_SEND_BYTES);
    if (!stream->queue) return false;
    uint8_t head[FRAME_HEAD_BYTES];
    put16(head, (uint32_t)length);
    append(stream, head, sizeof head);
    append(stream, bytes, (uint32_t)length);
    if (!stream->marked) {
        stream->marked = stream->queued;
        stream->marked_us = now_us;
    }
    return true;
}

static ssize_t write_some(const Stream *stream) {
    uint32_t until_end = STREAM_SEND_BYTES - stream->queue_start;
    uint32_t first = stream->queued < until_end ? stream->queued : until_end;
    struct iovec pieces[2] = {
        {stream->queue + stream->queue_start, first},
        {stream->queue, stream->queued - first},
    };
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    return sendmsg(stream->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool stream_write(Stream *stream) {
    while (stream->queued) {
        ssize_t written = write_some(stream);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) return false;
        uint32_t gone = written < 0 ? stream->queued : (uint32_t)written;
        stream->queue_start = (stream->queue_start + gone) % STREAM_SEND_BYTES;
        stream->queued -= gone;
        stream->marked -= gone < stream->marked ? gone : stream->marked;
    }
    stream->queue_start = 0; /* so that who keeps up needs only the first pages */
    return true;
}

void stream_free(Stream *stream) {
    close(stream->socket);
    free(stream->queue);
    free(stream);
}
