#include <errno.h>

#include "fuzz.h"
#include "stream.h"

enum { CALLERS = 4, CALLER_BYTES = 1 << 16 };

typedef struct Caller {
    int socket; /* 0: none */
    uint16_t port;
    uint64_t number; /* of its connection at the other side, once something came by it */
    int sent, looked_at; /* bytes; those before the second were found to be whole frames */
    uint8_t bytes[CALLER_BYTES];
} Caller;

typedef struct Doors {
    Streams *streams;
    Counters counters;
    Address listener;
    int64_t now_us;
    Caller callers[CALLERS];
} Doors;

static Caller *caller_at(Doors *doors, const Address *from) {
    for (Caller *each = doors->callers; each < doors->callers + CALLERS; each++)
        if (each->socket && each->port == from->v4.sin_port) return each;
    must(false, "a datagram of nobody");
    return NULL;
}

/* Empty frames of a proved connection mean nothing (RFC 4571 section 2). */
static void skip_empty(Caller *caller) {
    while (caller->number && caller->looked_at + FRAME_HEAD_BYTES <= caller->sent &&
           get16(caller->bytes + caller->looked_at) == 0)
        caller->looked_at += FRAME_HEAD_BYTES;
}

/* It is the next frame of what was sent, byte for byte. Odd ones prove nothing. */
static void taken(void *owner, Datagram *datagram) {
    Doors *doors = owner;
    Caller *caller = caller_at(doors, &datagram->from);
    if (datagram->length) skip_empty(caller);
    const uint8_t *frame = caller->bytes + caller->looked_at;
    must(caller->looked_at + FRAME_HEAD_BYTES + datagram->length <= caller->sent, "sent at all");
    must(get16(frame) == datagram->length, "its length");
    must(memcmp(frame + FRAME_HEAD_BYTES, datagram->bytes, (size_t)datagram->length) == 0, "it");
    caller->looked_at += FRAME_HEAD_BYTES + datagram->length;
    if (!datagram->length || datagram->bytes[0] & 1) return;
    caller->number = datagram->from.stream;
    streams_prove(doors->streams, caller->number);
    streams_add(doors->streams, caller->number, datagram->bytes, datagram->length);
}

static void closed(void *owner, const Address *address) {
    Doors *doors = owner;
    for (Caller *each = doors->callers; each < doors->callers + CALLERS; each++)
        if (each->number == address->stream) each->number = 0;
}

static void hang_up(Caller *caller) {
    if (caller->socket) close(caller->socket);
    caller->socket = caller->sent = caller->looked_at = 0;
    caller->number = 0;
}

static void work(Doors *doors) {
    streams_work(doors->streams, doors->now_us);
    streams_flush(doors->streams);
}

static void call(Doors *doors, Caller *caller) {
    struct linger at_once = {1, 0}; /* or its port would wait for a minute */
    Address own = {.length = sizeof own.v6};
    hang_up(caller);
    caller->socket = socket(AF_INET, SOCK_STREAM, 0);
    must(caller->socket > 0, "socket");
    setsockopt(caller->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    while (connect(caller->socket, &doors->listener.any, doors->listener.length) < 0)
        must(errno == EINTR, "connect"); /* by the fuzzer's clock */
    must(getsockname(caller->socket, &own.any, &own.length) == 0, "getsockname");
    caller->port = own.v4.sin_port;
    work(doors);
}

static void say(Doors *doors, Caller *caller, Script *script) {
    uint8_t bytes[FRAME_BYTES], ignored[4096];
    int length = take_sized(script, sizeof bytes, bytes);
    if (!caller->socket || caller->sent + length > CALLER_BYTES) return;
    memcpy(caller->bytes + caller->sent, bytes, (size_t)length);
    caller->sent += length;
    if (send(caller->socket, bytes, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) != length)
        hang_up(caller); /* the other side has */
    else if (length & 1)
        recv(caller->socket, ignored, sizeof ignored, MSG_DONTWAIT);
    work(doors);
}

static void operate(Doors *doors, uint8_t operation, Script *script) {
    static const uint8_t answer[MAX_DATAGRAM_BYTES];
    Caller *caller = doors->callers + (operation >> 3) % CALLERS;
    switch (operation & 7) {
    case 0: call(doors, caller); break;
    case 1: hang_up(caller); break;
    case 2:
        doors->now_us += 40000 * (operation >> 3);
        streams_tick(doors->streams, doors->now_us);
        break;
    case 3: streams_doubt(doors->streams, caller->number, doors->now_us); break;
    case 4:
        for (int i = 0; i < 20; i++)
            streams_add(doors->streams, caller->number, answer, MAX_DATAGRAM_BYTES);
        break;
    default: say(doors, caller, script);
    }
    work(doors);
}

static int listening(Address *address) {
    int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    *address = bound(made);
    must(listen(made, CALLERS) == 0, "listen");
    return made;
}

void fuzz_streams(const uint8_t *bytes, int length) {
    static Doors doors;
    static int listener;
    if (!listener) listener = listening(&doors.listener);
    doors.now_us = 1000 * SECOND_US;
    StreamPort port = {&doors, taken, closed};
    doors.streams = streams_new(listener, CALLERS - 1, port, &doors.counters);
    must(doors.streams != NULL, "streams_new");
    Script script = {bytes, bytes + length};
    const uint8_t *operation;
    while (take(&script, 1, &operation)) operate(&doors, *operation, &script);
    for (int i = 0; i < CALLERS; i++) hang_up(doors.callers + i);
    work(&doors);
    streams_free(doors.streams);
}
