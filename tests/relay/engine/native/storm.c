/* The engine's thread, control and a flood of datagrams at once, for ThreadSanitizer.
 *
 *   storm SECONDS */
#include "stage.h"

typedef struct Flood {
    _Atomic bool is_over;
    Address engine;
    int sockets[PEERS];
} Flood;

/* A picture of the camera's small layer (its RID in an extension) or of the slides. */
static int write_picture(uint8_t *packet, int from, uint32_t n) {
    bool is_key = n % 400 < PEERS;
    packet[0] = from == CAMERA ? 0x90 : 0x80;
    packet[1] = from == CAMERA ? 102 : 96;
    put16(packet + 2, n / PEERS);
    put32(packet + 4, 3000 * n);
    put32(packet + 8, from == CAMERA ? 21 : 31);
    if (from == CAMERA) {
        memcpy(packet + 12, "\xbe\xde\x00\x01\x51lo\0", 8);
        packet[20] = is_key ? 0x67 : 0x61;
    } else {
        memcpy(packet + 12, is_key ? "\x10\0\0" : "\x10\1\0", 3);
    }
    return 200;
}

/* A receiver report, and a NACK for seventeen packets. */
static int write_wish(uint8_t *packet, int from, uint32_t n) {
    memcpy(packet, "\x80\xc9\x00\x01\0\0\0\1\x81\xcd\x00\x03\0\0\0\1", 16);
    put32(packet + 16, 100 * (uint32_t)from + n / PEERS % SLOTS);
    put16(packet + 20, 65500 + n / PEERS % 1024);
    put16(packet + 22, 0xFFFF);
    return 24;
}

static void send_one(Flood *flood, uint32_t n) {
    uint8_t packet[200] = {0};
    int from = (int)(n % PEERS);
    int length = from < VIEWER ? write_picture(packet, from, n) : write_wish(packet, from, n);
    if (n % 97 == 0) packet[0] = 0; /* STUN, as noise */
    sendto(flood->sockets[from], packet, (size_t)length, 0, &flood->engine.any,
           flood->engine.length);
}

static void *flood_forever(void *owner) {
    Flood *flood = owner;
    for (uint32_t n = 0; !atomic_load(&flood->is_over); n++) {
        send_one(flood, n);
        if (n % 64 == 0) usleep(200);
    }
    return NULL;
}

static uint64_t read_all(Ring *ring) {
    Record record;
    uint64_t sum = 0;
    while (ring_peek(ring, &record)) {
        for (uint32_t i = 0; i < record.length; i++) sum += record.bytes[i];
        ring_pop(ring, &record);
    }
    return sum;
}

static void command_something(Engine *engine, const Address *addresses, uint32_t n) {
    static const char *const rids[] = {"", "lo", "+180"};
    switch (n % 8) {
    case 0: command_value(engine, SET_MUTED, n / 7 % PUBLICATIONS, n / 21 % 2); break;
    case 1: command_value(engine, SET_TAPPED, n / 7 % PUBLICATIONS, n / 21 % 2); break;
    case 2: command_source(engine, SLOTS * VIEWER + n % SLOTS, n / 7 % 4, rids[n / 7 % 3]); break;
    case 3: command_value(engine, REQUEST_KEYFRAME, n / 7 % PUBLICATIONS, 0); break;
    case 4: command_link(engine, VIEWER, n << 10); break;
    case 5: command_probe(engine, VIEWER, 3000000); break;
    case 6:
        if (n % 3 == 0) command_feed(engine, n / 8 % PUBLICATIONS, "lo", n % 5);
        command_made(engine, n / 8 % PUBLICATIONS, "+180", (uint16_t)n, n % 4 == 0);
        break;
    default:
        if (n / 7 % 2) {
            command_value(engine, REMOVE_PEER, SECOND_VIEWER, 0);
        } else {
            command_viewer(engine, SECOND_VIEWER);
            command_connect(engine, SECOND_VIEWER, addresses + SECOND_VIEWER);
        }
    }
}

static uint64_t control_for(Engine *engine, const Address *addresses, int64_t length_us) {
    int64_t until_us = clock_us(CLOCK_MONOTONIC) + length_us;
    uint64_t sum = 0;
    for (uint32_t n = 0; clock_us(CLOCK_MONOTONIC) < until_us; n++) {
        command_something(engine, addresses, n);
        engine_listen(engine);
        sum += read_all(&engine->events) + read_all(&engine->control);
        if (n % 50 == 0) sum += read_all(&engine->tap);
        for (int counter = 0; counter < COUNTERS; counter++)
            sum += counters_read(&engine->counters, (Counter)counter);
        sum += engine_applied(engine);
        usleep(100);
    }
    return sum;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    static Flood flood;
    Address addresses[PEERS];
    Engine *engine = stage_engine(&flood.engine);
    must(engine_start(engine), "engine_start");
    command_publishers(engine);
    command_viewer(engine, VIEWER);
    for (uint32_t place = 0; place < PEERS; place++) {
        flood.sockets[place] = udp_socket();
        addresses[place] = bound(flood.sockets[place]);
        if (place != SECOND_VIEWER) command_connect(engine, place, addresses + place);
    }
    pthread_t thread;
    must(pthread_create(&thread, NULL, flood_forever, &flood) == 0, "pthread_create");
    uint64_t sum = control_for(engine, addresses, (int64_t)(atof(arguments[1]) * SECOND_US));
    atomic_store(&flood.is_over, true);
    pthread_join(thread, NULL);
    engine_stop(engine);
    uint64_t forwarded = counters_read(&engine->counters, COUNT_FORWARDED);
    uint64_t repaired = counters_read(&engine->counters, COUNT_REPAIRED);
    printf("%llu forwarded %llu repaired %llu applied (%llu)\n", (unsigned long long)forwarded,
           (unsigned long long)repaired, (unsigned long long)engine_applied(engine),
           (unsigned long long)sum);
    engine_free(engine);
    return forwarded > 1000 && repaired > 0 ? 0 : 1;
}
