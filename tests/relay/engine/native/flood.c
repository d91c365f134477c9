/* A flood of noise at a port of this machine, from many source ports, a quarter of each kind: any
 * bytes, checks, handshakes, media.
 *
 *   flood PORT DATAGRAMS_A_SECOND SECONDS
 *
 * Prints how many the kernel took. */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { SOCKETS = 256, AT_ONCE = 64, MOST_BYTES = 1400, VARIANTS = 1024, MS_NS = 1000000 };

static uint64_t state = 0x9E3779B97F4A7C15ULL;

static uint32_t chance(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % below;
}

static void must(int holds, const char *what) {
    if (holds) return;
    perror(what);
    exit(1);
}

/* A check by a name nobody has, or by one of the tests with a wrong signature. */
static int write_check(uint8_t *bytes) {
    memcpy(bytes, "\0\x01\0\x3c\x21\x12\xa4\x42", 8);
    memcpy(bytes + 20, "\0\x06\0\x18", 4);
    for (int i = 24; i < 48; i++) bytes[i] = (uint8_t)('a' + chance(26));
    if (chance(2)) memcpy(bytes + 24, "0123456789ab", 12);
    bytes[36] = ':';
    memcpy(bytes + 48, "\0\x08\0\x14", 4);
    memcpy(bytes + 72, "\x80\x28\0\x04", 4);
    return 80;
}

/* The beginning of a ClientHello (DTLS 1.0 record, as every browser's first). */
static int write_handshake(uint8_t *bytes) {
    memcpy(bytes, "\x16\xfe\xff\0\0\0\0\0\0\0\0\0\xb4\x01\0\0\xa8\0\0\0\0\0\0\0\xa8\xfe\xfd", 27);
    return 193;
}

static int write_media(uint8_t *bytes) {
    bytes[0] = 0x80;
    bytes[1] = chance(4) ? 102 : 200; /* RTCP among it */
    return 100 + (int)chance(1000);
}

typedef struct Noise {
    uint8_t bytes[MOST_BYTES];
    int length;
} Noise;

static void write_noise(Noise *noise, int kind) {
    for (int i = 0; i < MOST_BYTES; i++) noise->bytes[i] = (uint8_t)chance(256);
    switch (kind) {
    case 0: noise->length = write_check(noise->bytes); break;
    case 1: noise->length = write_handshake(noise->bytes); break;
    case 2: noise->length = write_media(noise->bytes); break;
    default: noise->length = 1 + (int)chance(MOST_BYTES);
    }
}

static int source(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int made = socket(AF_INET, SOCK_DGRAM, 0);
    must(made >= 0 && connect(made, (struct sockaddr *)&to, sizeof to) == 0, "socket");
    return made;
}

/* How many of so many went out. */
static uint64_t burst(int socket, Noise *noises, int count) {
    struct mmsghdr messages[AT_ONCE];
    struct iovec pieces[AT_ONCE];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < count; i++) {
        Noise *noise = noises + chance(VARIANTS);
        pieces[i] = (struct iovec){noise->bytes, (size_t)noise->length};
        messages[i].msg_hdr.msg_iov = pieces + i;
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int sent = sendmmsg(socket, messages, (unsigned)count, 0);
    return sent < 0 ? 0 : (uint64_t)sent;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL * MS_NS + now.tv_nsec;
}

/* Each millisecond its share; a machine that can't keep up sends late, in larger bursts. */
static uint64_t flood(const int *sockets, Noise *noises, uint64_t a_second, double seconds) {
    int64_t began_ns = now_ns(), length_ns = (int64_t)(seconds * 1000 * MS_NS), passed_ns;
    uint64_t sent = 0, tried = 0;
    while ((passed_ns = now_ns() - began_ns) < length_ns) {
        uint64_t due = (uint64_t)((double)passed_ns * (double)a_second / 1e9);
        while (tried < due) {
            int count = due - tried < AT_ONCE ? (int)(due - tried) : AT_ONCE;
            sent += burst(sockets[chance(SOCKETS)], noises, count);
            tried += (uint64_t)count;
        }
        nanosleep(&(struct timespec){0, MS_NS}, NULL);
    }
    return sent;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    static int sockets[SOCKETS];
    static Noise noises[VARIANTS];
    for (int i = 0; i < SOCKETS; i++) sockets[i] = source((uint16_t)atoi(arguments[1]));
    for (int i = 0; i < VARIANTS; i++) write_noise(noises + i, i % 4);
    uint64_t sent = flood(sockets, noises, (uint64_t)atoll(arguments[2]), atof(arguments[3]));
    printf("%llu\n", (unsigned long long)sent);
    return 0;
}
