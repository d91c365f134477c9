/* What was sent is sent again: repairs that a viewer asks for, probes of its link, copies. */
#include "engine.h"

#define PROBED_BACK 16 /* a probe repeats the last so many packets, round and round */
#define PROBED_AT_ONCE 32
#define HURRIED 6 /* of a round trip: browsers ask every 150 ms */
#define DOUBTFUL_LOSS 0.08 /* of a picture's packets: a repair is lost as easily, and over so long a way */
#define DOUBTFUL_ROUND_TRIP_US (SECOND_US / 4) /* there is no time to ask three times */
#define FULL_ROUND_TRIP_US (SECOND_US / 2) /* queues are about so long */
#define ONCE_MORE_MS 100 /* losses come in bursts */
#define WAIT_MS 200 /* of a repair, at most: live pictures may leave no room for long, and its budget
                     * is spent */

/* What was sent, if it is still of use and can be sent again as it was: its payload type is that of
 * the codec which feeds the subscription now, and a number must never be used twice for other
 * bytes. */
const Packet *engine_source_of(const Engine *engine, const Subscription *subscription,
                               const Sent *sent) {
    bool is_fed = sent && subscription->publication;
    const Layer *layer = is_fed ? engine->layers[sent->layer_id] : NULL;
    if (!layer || layer->codec != subscription->codec) return NULL;
    int64_t behind = (int32_t)(sent->source_seq - (uint32_t)layer->highest);
    int64_t ext_seq = layer->highest + behind;
    const Packet *packet = ext_seq > 0 ? layer_find(layer, ext_seq) : NULL;
    bool is_past = packet && subscriber_is_past(subscription, layer_behind_ms(layer, packet));
    return is_past ? NULL : packet;
}

/* Sends what was written into a place of the batch; its bytes with headers. */
static int send_more(Engine *engine, Subscriber *subscriber, uint8_t *place, int length,
                     Counter counter) {
    if (!length) return 0;
    counters_add(&engine->counters, counter, 1);
    engine_send_rtp(engine, subscriber, place, length);
    length += PACKET_BYTES - RTP_HEADER_BYTES;
    subscriber->repeated_bytes += (uint64_t)length;
    return length;
}

static int repeat(Engine *engine, Subscription *subscription, const Sent *sent,
                  const Packet *packet, Counter counter) {
    uint32_t send_time = abs_send_time(engine->instant.now_us);
    uint8_t *place = batch_place(engine->batch);
    int length = subscription_repeat(subscription, sent, packet, send_time, place);
    return send_more(engine, subscription->subscriber, place, length, counter);
}

static int pad(Engine *engine, Subscription *subscription) {
    uint32_t send_time = abs_send_time(engine->instant.now_us);
    uint8_t *place = batch_place(engine->batch);
    int length = subscription_pad(subscription, send_time, place);
    return send_more(engine, subscription->subscriber, place, length, COUNT_PROBED);
}

/* Send the packet of this number again. Bytes that went out, with headers; 0: it can't be had. */
int engine_repeat(Engine *engine, Subscription *subscription, uint16_t seq, Counter counter) {
    const Sent *sent = sent_ring_find(&subscription->sent, seq);
    const Packet *packet = engine_source_of(engine, subscription, sent);
    return packet ? repeat(engine, subscription, sent, packet, counter) : 0;
}

/* ---- repairs */

/* Of a picture that does not flow any more nobody waits for the rest. */
static bool is_over(const Subscription *subscription) {
    return !subscription->spec.is_audio && !subscription->layer;
}

/* Voice never waits. */
static bool must_wait(Engine *engine, const Subscription *subscription) {
    Subscriber *subscriber = subscription->subscriber;
    if (subscription->spec.is_audio || !pacer_is_thin(&subscriber->pacer)) return false;
    return subscriber->delayed.count || engine_room(engine, subscriber) <= 0;
}

/* After so long a repair is thought to be lost, and can be sent once more. Where so much is lost that
 * voice has copies, each request is answered: most likely the repair before it was lost, too. Where more
 * goes out than the link takes, repairs of voice wait in its queue, and more of them make it longer. */
static int64_t repaired_after_us(Engine *engine, const Subscription *subscription) {
    Subscriber *subscriber = subscription->subscriber;
    int64_t round_trip_us = subscriber->round_trip_us;
    bool is_hurried = subscription->spec.is_audio && subscriber->copies;
    if (is_hurried) return round_trip_us / HURRIED;
    bool is_full = subscription->spec.is_audio && engine_room(engine, subscriber) <= 0;
    return is_full && round_trip_us < FULL_ROUND_TRIP_US ? FULL_ROUND_TRIP_US : round_trip_us;
}

/* Of a voice each that goes far, while the link has room: there is time for two or three, and they are few.
 * Not where the voice has copies, and not to who talks, for whom the first comes too late. */
static bool is_doubtful(Engine *engine, const Subscription *subscription) {
    Subscriber *subscriber = subscription->subscriber;
    if (subscriber->round_trip_us < DOUBTFUL_ROUND_TRIP_US) return false;
    if (!subscription->spec.is_audio) return subscription->fraction_lost >= DOUBTFUL_LOSS;
    if (subscriber->copies || subscriber->voice_within_ms) return false;
    return engine_room(engine, subscriber) > 0;
}

/* Where a repair is lost as easily as what it repairs, it goes out once more, unasked. */
static void doubt(Engine *engine, Subscription *subscription, uint16_t seq, int length) {
    Subscriber *subscriber = subscription->subscriber;
    int64_t now_us = engine->instant.now_us;
    if (!is_doubtful(engine, subscription)) return;
    if (repair_queue_is_full(&subscriber->doubtful)) return;
    if (!repair_budget_take(&subscriber->budget, length, now_us)) return;
    int which = (int)(subscription - subscriber->subscriptions);
    repair_queue_put(&subscriber->doubtful, which, seq, now_us);
    engine_add_paced(engine, subscriber);
}

double engine_send_doubtful(Engine *engine, Subscriber *subscriber, double room) {
    RepairQueue *queue = &subscriber->doubtful;
    int64_t now_us = engine->instant.now_us;
    uint16_t seq;
    while (repair_queue_waits(queue, ONCE_MORE_MS, now_us)) {
        if (room <= 0 && !repair_queue_waits(queue, ONCE_MORE_MS + WAIT_MS, now_us)) break;
        int which = repair_queue_take(queue, &seq);
        room -= engine_repeat(engine, subscriber->subscriptions + which, seq, COUNT_REPAIRED);
    }
    return room;
}

void engine_repair(Engine *engine, Subscription *subscription, uint16_t seq) {
    if (is_over(subscription)) return;
    Subscriber *subscriber = subscription->subscriber;
    Sent *sent = sent_ring_find(&subscription->sent, seq);
    const Packet *packet = engine_source_of(engine, subscription, sent);
    bool waits = packet && must_wait(engine, subscription);
    if (waits && repair_queue_is_full(&subscriber->delayed)) {
        subscription->repairs[REPAIR_OVER_BUDGET]++;
        return;
    }
    Repair repair = repair_decide(packet ? sent : NULL, &subscriber->budget,
                                  packet ? packet->length : 0, subscription->spec.is_audio,
                                  repaired_after_us(engine, subscription), engine->instant.now_us);
    subscription->repairs[repair]++;
    if (repair != REPAIR_SENT) return;
    subscription->missed += sent->tries == 1;
    subscriber->asked += sent->tries == 1;
    doubt(engine, subscription, seq, packet->length);
    if (!waits) {
        repeat(engine, subscription, sent, packet, COUNT_REPAIRED);
        return;
    }
    repair_queue_put(&subscriber->delayed, (int)(subscription - subscriber->subscriptions), seq,
                     engine->instant.now_us);
    engine_add_paced(engine, subscriber);
}

double engine_send_delayed(Engine *engine, Subscriber *subscriber, double room) {
    uint16_t seq;
    while (room > 0 || repair_queue_waits(&subscriber->delayed, WAIT_MS, engine->instant.now_us)) {
        int which = repair_queue_take(&subscriber->delayed, &seq);
        if (which < 0) break;
        room -= engine_repeat(engine, subscriber->subscriptions + which, seq, COUNT_REPAIRED);
    }
    return room;
}

/* ---- probes */

void engine_begin_probe(Engine *engine, Subscriber *subscriber, const BeginProbe *command) {
    if (!peer_is_connected(&subscriber->peer) || !command->bps) return;
    Probe *probe = &subscriber->probe;
    probe_begin(probe, command->bps, 1000LL * command->length_ms, subscriber_sent_bytes(subscriber),
                engine->instant.now_us);
    bool is_bounded = command->reports < MOST_PROBE_REPORTS;
    probe->reports = is_bounded ? command->reports : MOST_PROBE_REPORTS;
    engine_add_paced(engine, subscriber);
}

static Subscription *probed(Subscriber *subscriber) {
    for (int i = 0; i < subscriber->subscription_count; i++)
        if (subscription_can_repeat(subscriber->subscriptions + i))
            return subscriber->subscriptions + i;
    return NULL;
}

/* Bytes of one of the last packets, again, or of padding where that one can't be had: who gets no
 * picture now is looked at, too. */
static int repeat_recent(Engine *engine, Subscription *subscription, Probe *probe) {
    int64_t newest = subscription->munger.next_seq - 1;
    uint16_t seq = (uint16_t)(newest - probe->step++ % PROBED_BACK);
    int bytes = engine_repeat(engine, subscription, seq, COUNT_PROBED);
    if (!bytes) bytes = pad(engine, subscription);
    probe->repeated_bytes += (uint64_t)bytes;
    return bytes;
}

/* The reports that answer this one tell how long the link's queue is now. */
static void end_probe(Engine *engine, Subscriber *subscriber) {
    probe_end(&subscriber->probe, subscriber_sent_bytes(subscriber), engine->instant);
    for (int i = 0; i < subscriber->subscription_count; i++) {
        Compound compound;
        compound.length = 0;
        if (!subscriber_write_report(subscriber->subscriptions + i, engine->instant, &compound))
            continue;
        for (uint32_t sent = 0; sent < subscriber->probe.reports; sent++)
            engine_send_compound(engine, &subscriber->peer, &compound);
    }
}

void engine_work_probe(Engine *engine, Subscriber *subscriber) {
    Probe *probe = &subscriber->probe;
    int64_t now_us = engine->instant.now_us;
    Subscription *subscription = probed(subscriber);
    if (probe_is_over(probe, now_us) || !subscription || !peer_is_connected(&subscriber->peer)) {
        end_probe(engine, subscriber);
        return;
    }
    double room = probe_room(probe, subscriber_sent_bytes(subscriber), now_us);
    for (int tries = 0; room > 0 && tries < PROBED_AT_ONCE; tries++)
        room -= repeat_recent(engine, subscription, probe);
}
