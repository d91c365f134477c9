#include "inbox.h"

#include <stdlib.h>
#include <string.h>

#define CONTROL_BYTES 64
#define LONGEST_WAIT_US SECOND_US /* an older stamp, or one of the future, is a clock that was set */

struct Inbox {
    int socket;
    uint8_t bytes[INBOX_DATAGRAMS][INBOX_BYTES];
    _Alignas(8) uint8_t control[INBOX_DATAGRAMS][CONTROL_BYTES];
    Address from[INBOX_DATAGRAMS];
    struct iovec pieces[INBOX_DATAGRAMS];
    struct mmsghdr messages[INBOX_DATAGRAMS];
};

Inbox *inbox_new(int socket) {
    Inbox *inbox = calloc(1, sizeof *inbox);
    if (!inbox) return NULL;
    inbox->socket = socket;
    for (int i = 0; i < INBOX_DATAGRAMS; i++) {
        inbox->pieces[i] = (struct iovec){inbox->bytes[i], INBOX_BYTES};
        inbox->messages[i].msg_hdr.msg_iov = &inbox->pieces[i];
        inbox->messages[i].msg_hdr.msg_iovlen = 1;
        inbox->messages[i].msg_hdr.msg_name = &inbox->from[i].any;
        inbox->messages[i].msg_hdr.msg_control = inbox->control[i];
    }
    return inbox;
}

void inbox_free(Inbox *inbox) { free(inbox); }

/* How long a datagram waited in the socket; negative: a clock was set. */
static int64_t wait_us(struct msghdr *message, Instant instant) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_TIMESTAMPNS) continue;
        struct timespec stamp;
        memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
        return instant.wall_us - (stamp.tv_sec * SECOND_US + stamp.tv_nsec / 1000);
    }
    return 0;
}

/* A sender computes its bandwidth from the arrival times we report: the time at which a busy thread
 * came round to reading would look like a slow link. A wait that is not believed may be a clock that
 * was set, but counts as a long one: a thread that lags so far must not look idle. */
static void note_arrival(Datagram *datagram, int64_t waited_us, int64_t now_us) {
    bool is_believed = waited_us >= 0 && waited_us <= LONGEST_WAIT_US;
    datagram->arrived_us = is_believed ? now_us - waited_us : now_us;
    datagram->waited_us = waited_us < 0 ? 0 : is_believed ? waited_us : LONGEST_WAIT_US;
}

int inbox_read(Inbox *inbox, Instant instant, Datagram datagrams[INBOX_DATAGRAMS]) {
    for (int i = 0; i < INBOX_DATAGRAMS; i++) {
        struct msghdr *header = &inbox->messages[i].msg_hdr;
        header->msg_namelen = sizeof inbox->from[i].v6;
        header->msg_controllen = CONTROL_BYTES;
    }
    int found = recvmmsg(inbox->socket, inbox->messages, INBOX_DATAGRAMS, MSG_DONTWAIT, NULL);
    for (int i = 0; i < found; i++) {
        struct msghdr *header = &inbox->messages[i].msg_hdr;
        datagrams[i].bytes = inbox->bytes[i];
        datagrams[i].length = (int)inbox->messages[i].msg_len;
        datagrams[i].from = inbox->from[i];
        datagrams[i].from.length = header->msg_namelen;
        note_arrival(datagrams + i, wait_us(header, instant), instant.now_us);
    }
    return found < 0 ? 0 : found; /* an error is an ICMP one of an earlier send; the socket is fine */
}
