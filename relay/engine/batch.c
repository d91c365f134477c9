#include "batch.h"

#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PLACES = 128, MAX_SEGMENTS = 32, MAX_MESSAGE_BYTES = 60000, FULL_WAITS = 5, WAIT_MS = 2 };

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h, since 4.18 */
#endif

typedef union SegmentSize {
    struct cmsghdr head;
    uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
} SegmentSize;

struct Batch {
    int socket, count, message_count;
    bool has_segments; /* the kernel cuts messages */
    Streams *streams;
    Counters *counters;
    int bytes_in_last; /* of the message being filled */
    _Alignas(64) uint8_t places[PLACES][PLACE_BYTES];
    struct iovec pieces[PLACES];
    struct mmsghdr messages[PLACES];
    SegmentSize sizes[PLACES];
};

Batch *batch_new(int socket, Streams *streams, Counters *counters) {
    Batch *batch = aligned_alloc(64, (sizeof *batch + 63) / 64 * 64);
    if (!batch) return NULL;
    memset(batch, 0, sizeof *batch);
    batch->socket = socket;
    batch->streams = streams;
    batch->counters = counters;
    int none = 0;
    batch->has_segments =
        setsockopt(socket, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof none) == 0;
    return batch;
}

void batch_free(Batch *batch) { free(batch); }

uint8_t *batch_place(Batch *batch) {
    if (batch->count == PLACES) batch_send(batch);
    return batch->places[batch->count];
}

/* All segments of a message have the size of its first one; only the last may be smaller. */
static bool fits_last(const Batch *batch, const Address *to, int length) {
    if (!batch->has_segments || !batch->message_count) return false;
    const struct msghdr *last = &batch->messages[batch->message_count - 1].msg_hdr;
    if (last->msg_name != &to->any || last->msg_iovlen == MAX_SEGMENTS) return false;
    if (batch->bytes_in_last + length > MAX_MESSAGE_BYTES) return false;
    size_t first = last->msg_iov[0].iov_len;
    size_t previous = last->msg_iov[last->msg_iovlen - 1].iov_len;
    return previous == first && (size_t)length <= first;
}

void batch_add(Batch *batch, const Address *to, int length) {
    if (to->stream) {
        streams_add(batch->streams, to->stream, batch->places[batch->count], length);
        return;
    }
    struct iovec *piece = &batch->pieces[batch->count];
    *piece = (struct iovec){batch->places[batch->count], (size_t)length};
    batch->count++;
    if (fits_last(batch, to, length)) {
        batch->messages[batch->message_count - 1].msg_hdr.msg_iovlen++;
        batch->bytes_in_last += length;
        return;
    }
    struct mmsghdr *message = &batch->messages[batch->message_count++];
    memset(message, 0, sizeof *message);
    message->msg_hdr.msg_name = (void *)(uintptr_t)&to->any;
    message->msg_hdr.msg_namelen = to->length;
    message->msg_hdr.msg_iov = piece;
    message->msg_hdr.msg_iovlen = 1;
    batch->bytes_in_last = length;
}

static void tell_segments(Batch *batch) {
    for (int i = 0; i < batch->message_count; i++) {
        struct msghdr *header = &batch->messages[i].msg_hdr;
        if (header->msg_iovlen < 2) continue;
        SegmentSize *size = &batch->sizes[i];
        uint16_t bytes = (uint16_t)header->msg_iov[0].iov_len;
        size->head.cmsg_level = IPPROTO_UDP;
        size->head.cmsg_type = UDP_SEGMENT;
        size->head.cmsg_len = CMSG_LEN(sizeof bytes);
        memcpy(CMSG_DATA(&size->head), &bytes, sizeof bytes);
        header->msg_control = size->bytes;
        header->msg_controllen = sizeof size->bytes;
    }
}

static void count_sent(Batch *batch, const struct mmsghdr *message) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < message->msg_hdr.msg_iovlen; i++)
        bytes += message->msg_hdr.msg_iov[i].iov_len;
    counters_add(batch->counters, COUNT_SENT, message->msg_hdr.msg_iovlen);
    counters_add(batch->counters, COUNT_BYTES_SENT, bytes);
}

/* A message that the kernel could not cut goes out in pieces. */
static void send_pieces(Batch *batch, const struct mmsghdr *message) {
    struct msghdr piece = message->msg_hdr;
    piece.msg_iovlen = 1;
    piece.msg_control = NULL;
    piece.msg_controllen = 0;
    for (size_t i = 0; i < message->msg_hdr.msg_iovlen; i++) {
        piece.msg_iov = message->msg_hdr.msg_iov + i;
        bool is_sent = sendmsg(batch->socket, &piece, MSG_DONTWAIT) >= 0;
        counters_add(batch->counters, is_sent ? COUNT_SENT : COUNT_SEND_FAILED, 1);
    }
}

/* What to do about the first message not sent; true if it was dealt with. */
static bool resolve(Batch *batch, struct mmsghdr *message, int *waits) {
    if (errno == EINTR) return false;
    if (errno == EAGAIN && (*waits)++ < FULL_WAITS) {
        struct pollfd writable = {batch->socket, POLLOUT, 0};
        poll(&writable, 1, WAIT_MS);
        return false;
    }
    bool is_cut = message->msg_hdr.msg_iovlen > 1;
    if (is_cut && (errno == EIO || errno == EINVAL || errno == EMSGSIZE)) {
        if (errno == EIO) batch->has_segments = false; /* no checksum offload on that device */
        send_pieces(batch, message);
        return true;
    }
    counters_add(batch->counters, COUNT_SEND_FAILED, message->msg_hdr.msg_iovlen);
    return true;
}

void batch_send(Batch *batch) {
    tell_segments(batch);
    int at = 0, waits = 0;
    while (at < batch->message_count) {
        struct mmsghdr *from = batch->messages + at;
        int sent = sendmmsg(batch->socket, from, (unsigned)(batch->message_count - at), MSG_DONTWAIT);
        for (int i = 0; i < sent; i++) count_sent(batch, from + i);
        if (sent > 0)
            at += sent;
        else if (resolve(batch, from, &waits))
            at++;
    }
    batch->count = batch->message_count = 0;
    streams_flush(batch->streams);
}
