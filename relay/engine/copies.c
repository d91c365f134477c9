/* Protected media: each packet goes out again after a while, unasked, to viewers who can't ask (Firefox),
 * or whose links lose so much, so far away, that asking takes too long. Voice is the same byte for byte,
 * and a receiver drops what it has already by SRTP's list of numbers; a picture's copy is a
 * retransmission (RFC 4588), and takes only what its viewer's link has left;
 * where that is little, pictures that no other refers to have none.
 *
 * Bounds: a cursor for each copy and track; what is older than a viewer's memory of what it was sent, and
 * a picture's packet for which there was no room for so long, is not copied. Never by TCP, which loses
 * nothing. */
#include "engine.h"

#define MOST_BEHIND 64 /* packets: a second and more of voice */
#define WAIT_MS 300 /* of a picture's copy for room; whoever lacks the packet has asked by then */

static bool is_protected(const Subscriber *subscriber) {
    return subscriber->copies || subscriber->picture_after_ms;
}

static void leave(Engine *engine, Subscriber *subscriber) {
    Subscriber **link = &engine->copied;
    while (*link && *link != subscriber) link = &(*link)->next_copied;
    if (*link) *link = subscriber->next_copied;
    subscriber->next_copied = NULL;
}

static void listed(Engine *engine, Subscriber *subscriber, bool was_protected) {
    bool is = is_protected(subscriber);
    if (was_protected && !is) leave(engine, subscriber);
    if (was_protected || !is) return;
    subscriber->next_copied = engine->copied;
    engine->copied = subscriber;
}

static void begin_at_next(Subscriber *subscriber, bool is_audio, int copy) {
    for (int i = 0; i < subscriber->subscription_count; i++) {
        Subscription *subscription = subscriber->subscriptions + i;
        if (subscription->spec.is_audio == is_audio)
            subscription->copied[copy] = subscription->munger.next_seq;
    }
}

void engine_set_copies(Engine *engine, Subscriber *subscriber, int copies, uint32_t after_ms) {
    bool was_protected = is_protected(subscriber);
    int before = subscriber->copies;
    subscriber->copies = (uint8_t)copies;
    subscriber->copied_after_ms = after_ms;
    for (int copy = before; copy < copies; copy++) begin_at_next(subscriber, true, copy);
    if (!before && copies) subscriber->copied_since_us = engine->instant.now_us;
    listed(engine, subscriber, was_protected);
}

void engine_set_picture_copies(Engine *engine, Subscriber *subscriber, uint32_t after_ms,
                               uint8_t most_temporal) {
    bool was_protected = is_protected(subscriber);
    if (!subscriber->picture_after_ms) begin_at_next(subscriber, false, 0);
    subscriber->picture_after_ms = after_ms;
    subscriber->picture_most_temporal = most_temporal;
    listed(engine, subscriber, was_protected);
}

/* ---- voice */

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

static void copy_voice(Engine *engine, Subscription *subscription, uint32_t now_ms) {
    for (int copy = 0; copy < subscription->subscriber->copies; copy++)
        send_due(engine, subscription, copy, now_ms);
}

/* ---- pictures */

/* Without which others can be seen: a link that has no room to copy them all copies the rest. */
static bool is_spared(const Engine *engine, const Subscription *subscription, const Sent *sent) {
    const Packet *packet = engine_source_of(engine, subscription, sent);
    return !packet || packet->temporal_id > subscription->subscriber->picture_most_temporal;
}

static void copy_picture(Engine *engine, Subscription *subscription, uint32_t now_ms) {
    uint32_t after_ms = subscription->subscriber->picture_after_ms;
    int64_t *at = subscription->copied, end = subscription->munger.next_seq;
    if (!after_ms || !subscription->layer || !subscription_can_repeat(subscription)) *at = end;
    if (end - *at > subscription->sent.size) *at = end;
    if (*at == end) return;
    double room = engine_room(engine, subscription->subscriber);
    for (; *at < end; (*at)++) {
        const Sent *sent = sent_ring_find(&subscription->sent, (uint16_t)*at);
        uint32_t age_ms = sent ? now_ms - sent->sent_ms : 0;
        if (!sent || sent->tries || age_ms > after_ms + WAIT_MS) continue;
        if (age_ms < after_ms) return;
        if (is_spared(engine, subscription, sent)) continue;
        if (room <= 0) return;
        room -= engine_repeat(engine, subscription, (uint16_t)*at, COUNT_COPIED);
    }
}

void engine_tick_copies(Engine *engine) {
    uint32_t now_ms = (uint32_t)(engine->instant.now_us / 1000);
    for (Subscriber *each = engine->copied; each; each = each->next_copied) {
        if (!peer_is_connected(&each->peer) || each->peer.address.stream) continue;
        for (int i = 0; i < each->subscription_count; i++) {
            Subscription *subscription = each->subscriptions + i;
            if (subscription->spec.is_audio)
                copy_voice(engine, subscription, now_ms);
            else
                copy_picture(engine, subscription, now_ms);
        }
    }
}
