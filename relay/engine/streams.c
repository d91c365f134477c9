#include "streams.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "stream.h"

enum {
    EVENTS_AT_ONCE = 32,
    ACCEPTED_AT_ONCE = 32,
    MAX_UNPROVED = 1024,
    MAX_UNPROVED_OF_NETWORK = 128,
    NETWORKS = 4096, /* counted by hash: two that share one share the bound */
    UNSENT_BYTES = 1 << 14, /* in the kernel, beyond what is under way: the rest waits with us */
    STUCK_MS = 20000, /* nothing was taken at the far end */
    TICKS = 100, /* all are looked at in so many ticks */
};
#define PROVE_US (5 * SECOND_US)
#define SILENT_US (60 * SECOND_US)
#define PAUSE_US (SECOND_US / 10) /* when descriptors are out */
#define PLACE_BITS 20
#define MAX_PLACES (1U << PLACE_BITS)
#define LISTENER 0 /* its number; streams' begin above */

struct Streams {
    int listener, epoll;
    bool is_accepting;
    int64_t paused_us;
    StreamPort port;
    Counters *counters;
    uint32_t most, free_count, unproved_count, looked_at, waiting_count;
    uint64_t last_serial;
    Stream **places;
    uint32_t *free_places;
    uint64_t *waiting; /* numbers of those with something to flush */
    Stream *oldest, *newest; /* of the unproved */
    uint16_t unproved_of[NETWORKS];
    HashKey key; /* of their hash */
    int64_t now_us;
    uint8_t buffer[STREAM_BUFFER_BYTES];
    _Alignas(8) uint8_t datagram[INBOX_BYTES];
};

static void listen_to(Streams *streams, bool is_accepting) {
    if (streams->listener <= 0) return;
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = LISTENER};
    epoll_ctl(streams->epoll, is_accepting ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, streams->listener,
              &wanted);
    streams->is_accepting = is_accepting;
}

Streams *streams_new(int listener, uint32_t most, StreamPort port, Counters *counters) {
    Streams *streams = calloc(1, sizeof *streams);
    if (!streams) return NULL;
    streams->listener = listener;
    streams->most = most < MAX_PLACES ? most : MAX_PLACES;
    if (!streams->most) streams->most = 1;
    streams->port = port;
    streams->counters = counters;
    streams->epoll = epoll_create1(EPOLL_CLOEXEC);
    streams->places = calloc(streams->most, sizeof *streams->places);
    streams->free_places = calloc(streams->most, sizeof *streams->free_places);
    streams->waiting = calloc(streams->most, sizeof *streams->waiting);
    bool is_made = streams->epoll >= 0 && streams->places && streams->free_places &&
                   streams->waiting && hash_key_init(&streams->key);
    if (!is_made) {
        streams_free(streams);
        return NULL;
    }
    for (uint32_t place = streams->most; place-- > 0;)
        streams->free_places[streams->free_count++] = place;
    listen_to(streams, true);
    return streams;
}

void streams_free(Streams *streams) {
    if (!streams) return;
    for (uint32_t place = 0; streams->places && place < streams->most; place++)
        if (streams->places[place]) stream_free(streams->places[place]);
    if (streams->epoll >= 0) close(streams->epoll);
    free(streams->places);
    free(streams->free_places);
    free(streams->waiting);
    free(streams);
}

int streams_descriptor(const Streams *streams) { return streams->epoll; }

static uint32_t place_of(uint64_t number) { return number & (MAX_PLACES - 1); }

static Stream *find(const Streams *streams, uint64_t number) {
    uint32_t place = place_of(number);
    Stream *stream = place < streams->most ? streams->places[place] : NULL;
    return stream && stream->number == number ? stream : NULL;
}

/* ---- those who have not proved themselves */

static void enlist(Streams *streams, Stream *stream, int64_t now_us) {
    stream->is_proved = false;
    stream->since_us = now_us;
    stream->before = streams->newest;
    stream->after = NULL;
    *(streams->newest ? &streams->newest->after : &streams->oldest) = stream;
    streams->newest = stream;
    streams->unproved_count++;
    streams->unproved_of[stream->network]++;
}

static void unlist(Streams *streams, Stream *stream) {
    *(stream->before ? &stream->before->after : &streams->oldest) = stream->after;
    *(stream->after ? &stream->after->before : &streams->newest) = stream->before;
    stream->before = stream->after = NULL;
    stream->is_proved = true;
    streams->unproved_count--;
    streams->unproved_of[stream->network]--;
}

void streams_prove(Streams *streams, uint64_t number) {
    Stream *stream = find(streams, number);
    if (stream && !stream->is_proved) unlist(streams, stream);
}

void streams_doubt(Streams *streams, uint64_t number, int64_t now_us) {
    Stream *stream = find(streams, number);
    if (stream && stream->is_proved) enlist(streams, stream, now_us);
}

static void end(Streams *streams, Stream *stream) {
    Address address = stream->address;
    uint32_t place = place_of(stream->number);
    if (!stream->is_proved) unlist(streams, stream);
    epoll_ctl(streams->epoll, EPOLL_CTL_DEL, stream->socket, NULL);
    streams->places[place] = NULL;
    streams->free_places[streams->free_count++] = place;
    stream_free(stream);
    counters_add(streams->counters, COUNT_STREAMS_CLOSED, 1);
    streams->port.closed(streams->port.engine, &address);
}

static void refuse(Streams *streams, Stream *unproved) {
    counters_add(streams->counters, COUNT_STREAMS_UNPROVED, 1);
    end(streams, unproved);
}

/* ---- who comes */

/* Of an IPv4 address, or of the IPv6 network that one customer has. */
static uint16_t network_of(const Streams *streams, const Address *address) {
    uint64_t key = address->v4.sin_addr.s_addr;
    if (address->any.sa_family == AF_INET6) {
        const uint8_t *ip = address->v6.sin6_addr.s6_addr;
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
        memcpy(&key, is_mapped ? ip + 8 : ip, sizeof key);
    }
    return keyed_hash(&streams->key, &key, 1) % NETWORKS;
}

/* Whether there is a place for one more from this network. */
static bool make_place(Streams *streams, uint16_t network) {
    if (streams->unproved_of[network] >= MAX_UNPROVED_OF_NETWORK) return false;
    bool is_full = !streams->free_count || streams->unproved_count >= MAX_UNPROVED;
    if (is_full && streams->oldest) refuse(streams, streams->oldest);
    return streams->free_count > 0;
}

static void prepare(int socket) {
    int yes = 1, unsent = UNSENT_BYTES, stuck = STUCK_MS;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &stuck, sizeof stuck);
}

static bool add(Streams *streams, int socket, const Address *address, uint16_t network) {
    uint32_t place = streams->free_places[streams->free_count - 1];
    uint64_t number = (streams->last_serial + 1) << PLACE_BITS | place;
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = number};
    Stream *stream = calloc(1, sizeof *stream);
    if (!stream || epoll_ctl(streams->epoll, EPOLL_CTL_ADD, socket, &wanted) < 0) {
        free(stream);
        return false;
    }
    streams->last_serial++;
    streams->free_count--;
    stream->number = number;
    stream->socket = socket;
    stream->address = *address;
    stream->address.stream = number;
    stream->network = network;
    stream->heard_us = streams->now_us;
    streams->places[place] = stream;
    enlist(streams, stream, streams->now_us);
    return true;
}

static void take_in(Streams *streams, int socket, const Address *address) {
    uint16_t network = network_of(streams, address);
    if (!make_place(streams, network) || !add(streams, socket, address, network)) {
        close(socket);
        counters_add(streams->counters, COUNT_STREAMS_REFUSED, 1);
        return;
    }
    prepare(socket);
    counters_add(streams->counters, COUNT_STREAMS_ACCEPTED, 1);
}

static void accept_all(Streams *streams) {
    for (int i = 0; i < ACCEPTED_AT_ONCE; i++) {
        Address address;
        memset(&address, 0, sizeof address);
        address.length = sizeof address.v6;
        int socket = accept4(streams->listener, &address.any, &address.length,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            take_in(streams, socket, &address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            listen_to(streams, false); /* it would wake us without end */
            streams->paused_us = streams->now_us;
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

/* ---- what comes */

/* False when the connection is over. */
static bool take_datagram(Streams *streams, Stream *stream, const uint8_t *bytes, int length) {
    uint64_t number = stream->number;
    memcpy(streams->datagram, bytes, (size_t)length);
    Datagram datagram = {
        .bytes = streams->datagram,
        .length = length,
        .from = stream->address,
        .arrived_us = streams->now_us,
    };
    counters_add(streams->counters, COUNT_RECEIVED, 1);
    streams->port.take(streams->port.engine, &datagram);
    stream = find(streams, number);
    if (stream && !stream->is_proved) {
        refuse(streams, stream);
        return false;
    }
    return stream != NULL;
}

static void take_frames(Streams *streams, Stream *stream, int length) {
    const uint8_t *at = streams->buffer, *until = at + length;
    int datagram_length;
    Framed framed;
    while ((framed = stream_frame(at, (int)(until - at), &datagram_length)) == FRAME_WHOLE) {
        const uint8_t *datagram = at + FRAME_HEAD_BYTES;
        at = datagram + datagram_length;
        if (datagram_length == 0 && stream->is_proved) continue; /* RFC 4571 section 2 */
        if (!take_datagram(streams, stream, datagram, datagram_length)) return;
    }
    if (framed == FRAME_PART) {
        stream_keep(stream, at, (int)(until - at));
        return;
    }
    counters_add(streams->counters, COUNT_TOO_LONG, 1);
    end(streams, stream);
}

static void read_stream(Streams *streams, Stream *stream) {
    int length = stream_read(stream, streams->buffer);
    if (length < 0) {
        end(streams, stream);
        return;
    }
    stream->heard_us = streams->now_us;
    take_frames(streams, stream, length);
}

/* ---- what goes */

static void want(Streams *streams, Stream *stream, bool is_blocked) {
    stream->is_blocked = is_blocked;
    struct epoll_event wanted = {
        .events = is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN,
        .data.u64 = stream->number,
    };
    epoll_ctl(streams->epoll, EPOLL_CTL_MOD, stream->socket, &wanted);
}

static void write_stream(Streams *streams, Stream *stream) {
    bool was_blocked = stream->is_blocked, is_blocked = !stream_write(stream);
    if (is_blocked != was_blocked) want(streams, stream, is_blocked);
    if (!was_blocked || is_blocked) return;
    free(stream->queue); /* its pages were touched while it was slow */
    stream->queue = NULL;
}

void streams_add(Streams *streams, uint64_t number, const uint8_t *bytes, int length) {
    Stream *stream = find(streams, number);
    if (!stream || !stream_put(stream, bytes, length, streams->now_us)) {
        counters_add(streams->counters, stream ? COUNT_STREAM_FULL : COUNT_SEND_FAILED, 1);
        return;
    }
    counters_add(streams->counters, COUNT_SENT, 1);
    counters_add(streams->counters, COUNT_BYTES_SENT, (uint64_t)length);
    if (stream->is_blocked || stream->is_waiting) return;
    stream->is_waiting = true;
    streams->waiting[streams->waiting_count++] = number;
    if (streams->waiting_count == streams->most) streams_flush(streams);
}

void streams_flush(Streams *streams) {
    for (uint32_t i = 0; i < streams->waiting_count; i++) {
        Stream *stream = find(streams, streams->waiting[i]);
        if (!stream) continue;
        stream->is_waiting = false;
        write_stream(streams, stream);
    }
    streams->waiting_count = 0;
}

/* ---- turns */

static void work(Streams *streams, const struct epoll_event *event) {
    if (event->data.u64 == LISTENER) {
        accept_all(streams);
        return;
    }
    Stream *stream = find(streams, event->data.u64);
    if (stream && event->events & EPOLLOUT) write_stream(streams, stream);
    if (stream && event->events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_stream(streams, stream);
}

void streams_work(Streams *streams, int64_t now_us) {
    struct epoll_event events[EVENTS_AT_ONCE];
    streams->now_us = now_us;
    int found = epoll_wait(streams->epoll, events, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < found; i++) work(streams, events + i);
}

void streams_tick(Streams *streams, int64_t now_us) {
    streams->now_us = now_us;
    if (!streams->is_accepting && now_us - streams->paused_us >= PAUSE_US)
        listen_to(streams, true);
    while (streams->oldest && now_us - streams->oldest->since_us >= PROVE_US)
        refuse(streams, streams->oldest);
    for (uint32_t i = 0; i < streams->most / TICKS + 1; i++) {
        streams->looked_at = (streams->looked_at + 1) % streams->most;
        Stream *stream = streams->places[streams->looked_at];
        if (stream && now_us - stream->heard_us >= SILENT_US) end(streams, stream);
    }
}
