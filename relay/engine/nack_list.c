#include "nack_list.h"

#define MAX_TRIES 10
#define RETRY_US 40000 /* never faster than this, as mediasoup does */
#define REORDER_US 10000 /* a packet this late is only out of order */
#define FIRST_ROUND_TRIP_US 100000

static void skip_to(NackList *list, int64_t ext_seq, int64_t now_us) {
    int64_t first = list->highest ? list->highest + 1 : ext_seq;
    list->highest = ext_seq;
    if (list->count + ext_seq - first > MAX_MISSING) {
        list->given_up += list->count + ext_seq - first;
        list->count = 0;
        return;
    }
    for (int64_t skipped = first; skipped < ext_seq; skipped++)
        list->missing[list->count++] = (Missing){.ext_seq = skipped, .due_us = now_us + REORDER_US};
}

static void forget(NackList *list, int place) {
    list->count--;
    size_t after = (size_t)(list->count - place);
    memmove(list->missing + place, list->missing + place + 1, after * sizeof *list->missing);
}

bool nack_list_received(NackList *list, int64_t ext_seq, int64_t now_us) {
    if (!list->round_trip_us) list->round_trip_us = FIRST_ROUND_TRIP_US;
    if (ext_seq > list->highest) {
        skip_to(list, ext_seq, now_us);
        return false;
    }
    for (int i = 0; i < list->count; i++) {
        if (list->missing[i].ext_seq != ext_seq) continue;
        if (list->missing[i].tries == 1)
            list->round_trip_us += (now_us - list->missing[i].asked_us - list->round_trip_us) / 4;
        bool was_asked = list->missing[i].tries > 0;
        forget(list, i);
        return was_asked;
    }
    return false;
}

int nack_list_due(NackList *list, int64_t now_us, uint16_t seqs[MAX_MISSING]) {
    int asking = 0, kept = 0;
    int64_t retry_us = list->round_trip_us * 12 / 10;
    if (retry_us < RETRY_US) retry_us = RETRY_US;
    for (int i = 0; i < list->count; i++) {
        Missing *missing = list->missing + i;
        if (missing->due_us <= now_us) {
            if (missing->tries == MAX_TRIES) {
                list->given_up++;
                continue;
            }
            missing->tries++;
            missing->asked_us = now_us;
            missing->due_us = now_us + retry_us;
            seqs[asking++] = (uint16_t)missing->ext_seq;
        }
        list->missing[kept++] = *missing;
    }
    list->count = kept;
    return asking;
}
