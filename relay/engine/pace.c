/* Viewers who are sent something at their pace now: looked at each tick, and nobody else is. */
#include "engine.h"

#define PATIENT_US (SECOND_US * 3 / 2)
#define ENDS_FACTOR 1.5 /* of what its layers have */
#define MOST_FACTOR 1.25 /* of what the link is thought to take; more would wait before the voice */

/* What is paced reaches its end: control thinks that the link can take these layers, but what they
 * have now may be two key frames in one second. */
static double least_rate(const Subscriber *subscriber, int64_t now_us) {
    bool is_long = false;
    for (int i = 0; i < subscriber->subscription_count; i++) {
        const Subscription *subscription = subscriber->subscriptions + i;
        bool is_catching = subscription->at[LIST_CATCHING] != 0;
        is_long |= is_catching && now_us - subscription->catching_since_us > PATIENT_US;
    }
    if (!is_long) return 0;
    double ends = ENDS_FACTOR * subscriber_layers_rate(subscriber, now_us);
    double most = MOST_FACTOR * subscriber->pacer.rate;
    return ends < most ? ends : most;
}

/* While a probe runs, what waits is sent at the probe's rate: it is what the probe would repeat
 * otherwise, and its repetitions would use up the pace. */
double engine_room(Engine *engine, Subscriber *subscriber) {
    int64_t now_us = engine->instant.now_us;
    double least = least_rate(subscriber, now_us), probed = subscriber->probe.bps / 8.0;
    if (least < probed) least = probed;
    return pacer_room(&subscriber->pacer, subscriber_sent_bytes(subscriber), least, now_us);
}

void engine_add_paced(Engine *engine, Subscriber *subscriber) {
    if (subscriber->paced_at) return;
    engine->paced[engine->paced_count++] = subscriber;
    subscriber->paced_at = (int)engine->paced_count;
}

void engine_remove_paced(Engine *engine, Subscriber *subscriber) {
    if (!subscriber->paced_at) return;
    Subscriber *last = engine->paced[--engine->paced_count];
    engine->paced[subscriber->paced_at - 1] = last;
    last->paced_at = subscriber->paced_at;
    subscriber->paced_at = 0;
}

/* Repairs before pictures: what they are for was shown late already. True while there is more. */
static bool work(Engine *engine, Subscriber *subscriber) {
    double room = engine_room(engine, subscriber);
    room = engine_send_delayed(engine, subscriber, room);
    room = engine_send_doubtful(engine, subscriber, room);
    bool has_more = subscriber->delayed.count > 0 || subscriber->doubtful.count > 0;
    for (int i = 0; i < subscriber->subscription_count; i++) {
        Subscription *subscription = subscriber->subscriptions + i;
        if (!subscription->at[LIST_CATCHING]) continue;
        uint64_t before = subscription->packets;
        room = engine_catch_up(engine, subscription, room);
        counters_add(&engine->counters, COUNT_PACED, subscription->packets - before);
        has_more |= subscription->at[LIST_CATCHING] != 0;
    }
    if (probe_runs(&subscriber->probe)) engine_work_probe(engine, subscriber);
    return has_more || probe_runs(&subscriber->probe);
}

void engine_tick_paced(Engine *engine) {
    for (uint32_t i = engine->paced_count; i-- > 0;) {
        Subscriber *subscriber = engine->paced[i];
        if (!work(engine, subscriber)) engine_remove_paced(engine, subscriber);
    }
}
