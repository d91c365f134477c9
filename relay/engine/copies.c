/* Protected voice: each packet goes out again after a while, unasked and the same byte for byte, to
 * viewers who can't ask (Firefox), or whose links lose so much that repairs get lost, too. A receiver
 * drops what it has already by SRTP's list of numbers.
 *
 * Bounds: a cursor for each copy and voice; what is older than a viewer's memory of what it was sent is
 * not copied. Never by TCP, which loses nothing. */
#include "engine.h"

#define MOST_BEHIND 64 /* packets: a second and more of voice */

static void leave(Engine *engine, Subscriber *subscriber) {
    Subscriber **link = &engine->copied;
    while (*link && *link != subscriber) link = &(*link)->next_copied;
    if (*link) *link = subscriber->next_copied;
    subscriber->next_copied = NULL;
}

void engine_set_copies(Engine *engine, Subscriber *subscriber, int copies, uint32_t after_ms) {
    int before = subscriber->copies;
    subscriber->copies = (uint8_t)copies;
    subscriber->copied_after_ms = after_ms;
    for (int i = 0; i < subscriber->subscription_count; i++)
        for (int copy = before; copy < copies; copy++)
            subscriber->subscriptions[i].copied[copy] = subscriber->subscriptions[i].munger.next_seq;
    if (before && !copies) leave(engine, subscriber);
    if (before || !copies) return;
    subscriber->copied_since_us = engine->instant.now_us;
    subscriber->next_copied = engine->copied;
    engine->copied = subscriber;
}

/* What is due of one copy: the first is sent after so long, the second after twice as long. */
static void send_due(Engine *engine, Subscription *subscription, int copy, uint32_t now_ms) {
    int64_t *at = subscription->copied + copy, end = subscription->munger.next_seq;
    uint32_t after_ms = subscription->subscriber->copied_after_ms * (uint32_t)(copy + 1);
    if (end - *at > MOST_BEHIND) *at = end;
    for (; *at < end; (*at)++) {
        const Sent *sent = sent_ring_find(&subscription->sent, (uint16_t)*at);
        if (!sent || sent->tries) continue; /* lost on its way to us, or repaired meanwhile */
        if (now_ms - sent->sent_ms < after_ms) return;
        engine_repeat(engine, subscription, (uint16_t)*at, COUNT_COPIED);
    }
}

void engine_tick_copies(Engine *engine) {
    uint32_t now_ms = (uint32_t)(engine->instant.now_us / 1000);
    for (Subscriber *each = engine->copied; each; each = each->next_copied) {
        if (!peer_is_connected(&each->peer) || each->peer.address.stream) continue;
        for (int i = 0; i < each->subscription_count; i++) {
            if (!each->subscriptions[i].spec.is_audio) continue;
            for (int copy = 0; copy < each->copies; copy++)
                send_due(engine, each->subscriptions + i, copy, now_ms);
        }
    }
}
