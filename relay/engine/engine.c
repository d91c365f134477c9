#include "engine.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define TICK_US 10000 /* repairs and key frame requests are looked at this often */
#define TICKS_A_SECOND (SECOND_US / TICK_US)
#define TELL_TICKS 20 /* publishers' figures */
#define RECORD_TICKS 10 /* control is waked for figures and taps */
#define READS_AT_ONCE 8 /* batches of datagrams before commands and ticks get their turn */
#define REST_FROM_US 100 /* of work: some forty viewers */
#define REST_FACTOR 4
#define REST_MOST_US 8000 /* with the two batches around it, which viewers wait for as well */
#define PRIORITY (-10)
#define BEHIND_US 8000 /* a datagram that waited longer, although nobody rested that long */
#define PUBLICATIONS_OF_A_PEER 2
#define COMMAND_BYTES (1 << 21)
#define EVENT_BYTES (1 << 22)
#define CONTROL_BYTES (1 << 20)
#define TAP_BYTES (1 << 23)

/* ---- from UDP and TCP alike */

static void take_datagram(Engine *engine, Datagram *datagram) {
    if (datagram->length > MAX_DATAGRAM_BYTES || datagram->length < 1) {
        counters_add(&engine->counters, COUNT_TOO_LONG, 1);
        return;
    }
    if (datagram->bytes[0] < 128 || datagram->bytes[0] > 191) { /* RFC 7983 */
        engine_take_control(engine, datagram);
        return;
    }
    /* a peer begins with its address */
    Peer *peer = (Peer *)address_table_find(&engine->by_address, &datagram->from);
    if (peer)
        engine_take_media(engine, peer, datagram->bytes, datagram->length, datagram->arrived_us);
    else
        counters_add(&engine->counters, COUNT_STRANGER, 1);
}

static void take_of_stream(void *engine, Datagram *datagram) { take_datagram(engine, datagram); }

/* Who was at its far end has no address until a check tells of another. */
static void stream_closed(void *owner, const Address *address) {
    Engine *engine = owner;
    ice_forget(&engine->proved, address);
    Address *of_peer = address_table_find(&engine->by_address, address);
    if (!of_peer) return;
    address_table_remove(&engine->by_address, of_peer);
    memset(of_peer, 0, sizeof *of_peer);
}

/* ---- made and unmade */

static bool make_tables(Engine *engine) {
    uint32_t peers = engine->settings.max_peers;
    engine->peer_places = peers;
    engine->publication_places = PUBLICATIONS_OF_A_PEER * peers;
    engine->subscription_places = MAX_SUBSCRIPTIONS * peers;
    engine->peers = calloc(peers, sizeof *engine->peers);
    engine->publishers = calloc(peers, sizeof *engine->publishers);
    engine->paced = calloc(peers, sizeof *engine->paced);
    engine->publications = calloc(engine->publication_places, sizeof *engine->publications);
    engine->subscriptions = calloc(engine->subscription_places, sizeof *engine->subscriptions);
    engine->layers = calloc(LAYER_TABLE, sizeof *engine->layers);
    engine->ice_sessions = calloc(peers, sizeof *engine->ice_sessions);
    engine->board = calloc(peers, sizeof *engine->board);
    return engine->board && engine->peers && engine->publishers && engine->paced &&
           engine->publications && engine->subscriptions &&
           engine->layers && engine->ice_sessions &&
           address_table_init(&engine->by_address, peers) &&
           address_table_init(&engine->proved, MAX_PROVED * peers) &&
           name_table_init(&engine->names, MAX_NAMES * peers);
}

static bool make_rings(Engine *engine) {
    return ring_init(&engine->commands, COMMAND_BYTES) && ring_init(&engine->events, EVENT_BYTES) &&
           ring_init(&engine->control, CONTROL_BYTES) && ring_init(&engine->tap, TAP_BYTES);
}

Engine *engine_new(const EngineSettings *settings) {
    Engine *engine = aligned_alloc(64, (sizeof *engine + 63) / 64 * 64);
    if (!engine) return NULL;
    memset(engine, 0, sizeof *engine);
    engine->settings = *settings;
    engine->instant = instant_now();
    engine->inbox = inbox_new(settings->socket);
    StreamPort port = {engine, take_of_stream, stream_closed};
    engine->streams =
        streams_new(settings->listener, settings->max_streams, port, &engine->counters);
    engine->batch = batch_new(settings->socket, engine->streams, &engine->counters);
    bool is_made = engine->inbox && engine->streams && engine->batch;
    if (is_made && make_tables(engine) && make_rings(engine)) return engine;
    engine_free(engine);
    return NULL;
}

static void remove_all(Engine *engine) {
    for (uint32_t place = 0; engine->peers && place < engine->peer_places; place++) {
        SetValue command = {.place = place};
        ring_push(&engine->commands, REMOVE_PEER, &command, sizeof command, NULL, 0);
        ring_push(&engine->commands, CLOSE_ICE, &command, sizeof command, NULL, 0);
        engine_apply_commands(engine);
    }
}

void engine_free(Engine *engine) {
    if (!engine) return;
    engine_stop(engine);
    if (engine->commands.bytes) remove_all(engine);
    inbox_free(engine->inbox);
    batch_free(engine->batch);
    streams_free(engine->streams);
    ring_free(&engine->commands);
    ring_free(&engine->events);
    ring_free(&engine->control);
    ring_free(&engine->tap);
    address_table_free(&engine->by_address);
    address_table_free(&engine->proved);
    name_table_free(&engine->names);
    free(engine->ice_sessions);
    free(engine->board);
    free(engine->peers);
    free(engine->publishers);
    free(engine->paced);
    free(engine->publications);
    free(engine->subscriptions);
    free(engine->layers);
    free(engine);
}

/* ---- the thread */

static void wake(int eventfd) {
    uint64_t one = 1;
    if (write(eventfd, &one, sizeof one) < 0) return; /* it is awake already */
}

static void wake_control(Engine *engine) {
    bool is_time = engine->has_records && engine->ticks % RECORD_TICKS == 0;
    if (!engine->has_news && !is_time) return;
    engine->has_news = engine->has_records = false;
    if (!atomic_exchange(&engine->is_told, true)) wake(engine->settings.wake_control);
}

static void read_datagrams(Engine *engine) {
    Datagram datagrams[INBOX_DATAGRAMS];
    for (int round = 0; round < READS_AT_ONCE; round++) {
        engine->instant = instant_now();
        int found = inbox_read(engine->inbox, engine->instant, datagrams);
        int64_t sum_us = 0;
        for (int i = 0; i < found; i++) {
            int64_t waited_us = engine->began_us - datagrams[i].arrived_us;
            if (waited_us > engine->waited_us) engine->waited_us = waited_us;
            sum_us += datagrams[i].waited_us;
            take_datagram(engine, datagrams + i);
        }
        engine_flush_all(engine);
        batch_send(engine->batch);
        counters_add(&engine->counters, COUNT_RECEIVED, (uint64_t)found);
        counters_add(&engine->counters, COUNT_WAITED_US, (uint64_t)sum_us);
        if (found < INBOX_DATAGRAMS) return;
    }
}

static void work_streams(Engine *engine) {
    if (!engine->has_stream_work) return;
    engine->instant = instant_now();
    streams_work(engine->streams, engine->instant.now_us);
    engine_flush_all(engine);
    batch_send(engine->batch);
}

/* ---- ticks */

static uint32_t live_layers(const Publication *publication, int64_t now_us) {
    uint32_t live = 0;
    for (int i = 0; i < publication->layer_count; i++) {
        const Layer *layer = publication->layers[i];
        if (layer_is_live(layer, now_us)) live |= 1U << (layer->id % 32);
    }
    for (int i = 0; i < publication->made_count; i++) {
        const Layer *layer = publication->made[i];
        if (layer_is_live(layer, now_us)) live |= 1U << (layer->id % 32);
    }
    return live;
}

static void look_at_layers(Engine *engine, Publisher *publisher) {
    for (int i = 0; i < publisher->publication_count; i++) {
        Publication *publication = publisher->publications + i;
        engine_update_tap(engine, publication);
        engine_tick_made(engine, publication);
        uint32_t live = live_layers(publication, engine->instant.now_us);
        if (live == publication->live_layers || publication->spec.codec == CODEC_OPUS) continue;
        publication->live_layers = live;
        PublicationEvent event = {publication->spec.number};
        engine_tell_publisher(engine, publisher);
        engine_tell(engine, LAYERS_CHANGED, &event, sizeof event);
    }
}

static void tick_publisher(Engine *engine, Publisher *publisher) {
    if (!peer_is_connected(&publisher->peer)) return;
    Compound compounds[MAX_PUBLISHER_COMPOUNDS];
    int count = publisher_due(publisher, engine->instant.now_us, compounds);
    for (int i = 0; i < count; i++)
        engine_send_compound(engine, &publisher->peer, compounds + i);
    look_at_layers(engine, publisher);
    if (engine->ticks % TELL_TICKS == 0) engine_tell_publisher(engine, publisher);
}

/* Once a second. */
static void tick_subscriber(Engine *engine, Subscriber *subscriber) {
    if (!peer_is_connected(&subscriber->peer)) return;
    bool is_silent = probe_waits(&subscriber->probe, engine->instant.now_us);
    for (int i = 0; i < subscriber->subscription_count; i++) {
        Subscription *subscription = subscriber->subscriptions + i;
        Compound compound;
        compound.length = 0;
        if (!is_silent && subscriber_write_report(subscription, engine->instant, &compound))
            engine_send_compound(engine, &subscriber->peer, &compound);
        engine_start_picture(engine, subscription);
        if (subscription->layer && thinning_needs_keyframe(&subscription->thinning))
            engine_want_keyframe(engine, subscription->layer);
    }
    engine_tell_subscriber(engine, subscriber);
}

static void tick(Engine *engine) {
    if (engine->instant.now_us - engine->ticked_us < TICK_US) return;
    engine->ticked_us = engine->instant.now_us;
    engine->ticks++;
    streams_tick(engine->streams, engine->instant.now_us);
    for (uint32_t i = 0; i < engine->publisher_count; i++)
        tick_publisher(engine, engine->publishers[i]);
    engine_tick_paced(engine);
    engine_tick_copies(engine);
    int64_t worked_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
    counters_add(&engine->counters, COUNT_WORKED_US, (uint64_t)(worked_us - engine->worked_us));
    engine->worked_us = worked_us;
    uint32_t first = (uint32_t)(engine->ticks % TICKS_A_SECOND);
    for (uint32_t place = first; place < engine->peer_places; place += TICKS_A_SECOND) {
        Peer *peer = engine->peers[place];
        if (!peer) continue;
        if (peer->kind == PEER_SUBSCRIBER) tick_subscriber(engine, (Subscriber *)peer);
        engine_note_peer(engine, place);
    }
}

/* After a long batch a short rest: what comes meanwhile goes out together, as one message to each
 * viewer. A thread with few viewers never rests, nor does one that has so many that what comes while
 * it sends is enough, nor one that is behind. */
static void rest(const Engine *engine, int64_t cost_us) {
    if (cost_us < REST_FROM_US || engine->waited_us > BEHIND_US) return;
    int64_t wanted_us = REST_FACTOR * cost_us, left_us = REST_MOST_US - 2 * cost_us;
    int64_t rest_us = wanted_us < left_us ? wanted_us : left_us;
    struct timespec length = {0, rest_us * 1000};
    if (rest_us > 0) nanosleep(&length, NULL);
}

static void wait_for_work(Engine *engine) {
    struct pollfd wanted[3] = {
        {engine->settings.socket, POLLIN, 0},
        {engine->settings.wake_engine, POLLIN, 0},
        {streams_descriptor(engine->streams), POLLIN, 0},
    };
    poll(wanted, 3, TICK_US / 1000);
    engine->has_stream_work = wanted[2].revents;
    uint64_t ignored;
    if (wanted[1].revents && read(engine->settings.wake_engine, &ignored, sizeof ignored) < 0)
        return; /* somebody else took it: there is none */
}

static void *run(void *owner) {
    Engine *engine = owner;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL); /* signals are control's */
    /* this thread before handshakes and pages, where the system lets us (LimitNICE in a systemd unit) */
    setpriority(PRIO_PROCESS, 0, PRIORITY);
    while (!atomic_load(&engine->is_stopping)) {
        wait_for_work(engine);
        engine->instant = instant_now();
        engine->began_us = engine->instant.now_us;
        engine->waited_us = 0;
        atomic_exchange(&engine->is_commanded, false); /* and see what was written before it was set */
        /* first: who comes because of a command finds it applied */
        engine_apply_commands(engine);
        read_datagrams(engine);
        work_streams(engine);
        tick(engine);
        batch_send(engine->batch);
        wake_control(engine);
        int64_t cost_us = clock_us(CLOCK_MONOTONIC) - engine->began_us;
        counters_add(&engine->counters, COUNT_BUSY_US, (uint64_t)cost_us);
        rest(engine, cost_us);
    }
    while (engine_apply_commands(engine)) continue;
    batch_send(engine->batch);
    return NULL;
}

bool engine_start(Engine *engine) {
    engine->is_running = pthread_create(&engine->thread, NULL, run, engine) == 0;
    return engine->is_running;
}

void engine_stop(Engine *engine) {
    if (!engine->is_running) return;
    engine->is_running = false;
    atomic_store(&engine->is_stopping, true);
    wake(engine->settings.wake_engine);
    pthread_join(engine->thread, NULL);
}

bool engine_command(Engine *engine, Command command, const void *record, uint32_t length) {
    if (!ring_push(&engine->commands, command, record, length, NULL, 0)) return false;
    if (!atomic_exchange(&engine->is_commanded, true)) wake(engine->settings.wake_engine);
    return true;
}

uint64_t engine_applied(Engine *engine) {
    return atomic_load_explicit(&engine->applied, memory_order_acquire);
}

void engine_listen(Engine *engine) { atomic_exchange(&engine->is_told, false); }
