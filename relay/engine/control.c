/* Commands of control, applied between batches; events for it. A command about a place where
 * nothing is (any more) is ignored: media and control end at different instants. */
#include <stdlib.h>

#include "engine.h"

#define COMMANDS_AT_ONCE 256

void engine_tell(Engine *engine, Event event, const void *record, uint32_t length) {
    if (!ring_push(&engine->events, event, record, length, NULL, 0))
        counters_add(&engine->counters, COUNT_EVENTS_LOST, 1);
    bool is_urgent = event == PUBLICATION_STARTED || event == LAYERS_CHANGED ||
                     event == MADE_KEYFRAME_WANTED;
    engine->has_news |= is_urgent;
    engine->has_records = true;
}

static Publication *publication_at(const Engine *engine, uint32_t place) {
    return place < engine->publication_places ? engine->publications[place] : NULL;
}

static Subscription *subscription_at(const Engine *engine, uint32_t place) {
    return place < engine->subscription_places ? engine->subscriptions[place] : NULL;
}

static Peer *peer_at(const Engine *engine, uint32_t place) {
    return place < engine->peer_places ? engine->peers[place] : NULL;
}

/* ---- peers */

static void init_peer(Engine *engine, Peer *peer, uint64_t number, PeerKind kind) {
    peer->number = number;
    peer->kind = kind;
    peer->heard_us = engine->instant.now_us;
}

static void add_publisher(Engine *engine, const AddPublisher *command) {
    if (command->place >= engine->peer_places || engine->peers[command->place]) return;
    Publisher *publisher = calloc(1, sizeof *publisher);
    if (!publisher) return;
    init_peer(engine, &publisher->peer, command->number, PEER_PUBLISHER);
    publisher->ssrc = command->ssrc;
    publisher->allowance_bps = 2500000; /* high: a browser without feedback falls to a crawl */
    /* the first report goes out early */
    publisher->reported_us = engine->instant.now_us - SECOND_US * 9 / 10;
    for (int i = 0; i < command->count && i < MAX_PUBLICATIONS; i++) {
        Publication *publication = publisher->publications + publisher->publication_count++;
        publication->spec = command->publications[i];
        publication->publisher = publisher;
        publication->fed.kind = LIST_FED;
        publisher->transport.is_wanted |= publication->spec.transport_cc_extension != 0;
        if (command->places[i] < engine->publication_places)
            engine->publications[command->places[i]] = publication;
    }
    engine->peers[command->place] = &publisher->peer;
    engine_note_peer(engine, command->place);
    engine->publishers[engine->publisher_count++] = publisher;
}

static void add_subscriber(Engine *engine, const AddSubscriber *command) {
    if (command->place >= engine->peer_places || engine->peers[command->place]) return;
    Subscriber *subscriber = calloc(1, sizeof *subscriber);
    if (!subscriber) return;
    init_peer(engine, &subscriber->peer, command->number, PEER_SUBSCRIBER);
    subscriber->round_trip_us = SECOND_US / 10;
    subscriber->beat_seconds = 1;
    repair_budget_init(&subscriber->budget, START_LINK_BPS, engine->instant.now_us);
    pacer_init(&subscriber->pacer, START_PACE_BPS, engine->instant.now_us);
    for (int i = 0; i < command->count && i < MAX_SUBSCRIPTIONS; i++) {
        Subscription *subscription =
            subscriber->subscriptions + subscriber->subscription_count++;
        subscription_init(subscription, command->subscriptions + i, subscriber);
        if (command->places[i] < engine->subscription_places)
            engine->subscriptions[command->places[i]] = subscription;
    }
    engine->peers[command->place] = &subscriber->peer;
    engine_note_peer(engine, command->place);
}

static void move_peer(Engine *engine, Peer *peer, const Address *address) {
    address_table_remove(&engine->by_address, &peer->address);
    peer->address = *address;
    Address *before = address_table_put(&engine->by_address, &peer->address);
    /* whoever was there is gone: its port has a new owner */
    if (before) memset(before, 0, sizeof *before);
}

static void connect_peer(Engine *engine, const ConnectPeer *command) {
    Peer *peer = peer_at(engine, command->place);
    if (!peer) return;
    peer->ice = command->ice;
    peer->inbound = command->inbound;
    peer->outbound = command->outbound;
    move_peer(engine, peer, &command->address);
    if (peer->kind != PEER_SUBSCRIBER) return;
    Subscriber *subscriber = (Subscriber *)peer;
    for (int i = 0; i < subscriber->subscription_count; i++)
        engine_start_picture(engine, subscriber->subscriptions + i);
}

static void set_address(Engine *engine, const PeerAddress *command) {
    Peer *peer = peer_at(engine, command->place);
    if (!peer || !peer->outbound) return;
    move_peer(engine, peer, &command->address);
    /* another network may be farther away, and that is no queue */
    if (peer->kind == PEER_SUBSCRIBER) ((Subscriber *)peer)->has_round_trip = false;
}

static void remove_publisher(Engine *engine, Publisher *publisher) {
    LayerPort layers = engine_layer_port(engine);
    for (int i = 0; i < publisher->publication_count; i++) {
        Publication *publication = publisher->publications + i;
        engine_close_tap(engine, publication);
        while (publication->fed.count)
            engine_feed(publication->fed.items[publication->fed.count - 1], NULL, false);
        subscription_list_free(&publication->fed);
        for (int k = 0; k < publication->layer_count; k++) {
            layers.removed(engine, publication, publication->layers[k]);
            layer_free(publication->layers[k]);
        }
        for (uint32_t place = 0; place < engine->publication_places; place++)
            if (engine->publications[place] == publication) engine->publications[place] = NULL;
    }
    for (uint32_t i = 0; i < engine->publisher_count; i++) {
        if (engine->publishers[i] != publisher) continue;
        engine->publishers[i] = engine->publishers[--engine->publisher_count];
        break;
    }
}

static void remove_subscriber(Engine *engine, Subscriber *subscriber) {
    Compound goodbye;
    goodbye.length = 0;
    uint32_t ssrcs[MAX_SUBSCRIPTIONS];
    for (int i = 0; i < subscriber->subscription_count; i++)
        ssrcs[i] = subscriber->subscriptions[i].spec.ssrc;
    if (subscriber->subscription_count) {
        rtcp_write_receiver_report(&goodbye, ssrcs[0], NULL, 0);
        rtcp_write_goodbye(&goodbye, ssrcs, subscriber->subscription_count);
        engine_send_compound(engine, &subscriber->peer, &goodbye);
    }
    engine_remove_paced(engine, subscriber);
    engine_set_copies(engine, subscriber, 0, 0);
    engine_set_picture_copies(engine, subscriber, 0, 0);
    batch_send(engine->batch); /* what is in it refers to the peer's address */
    for (int i = 0; i < subscriber->subscription_count; i++) {
        Subscription *subscription = subscriber->subscriptions + i;
        engine_feed(subscription, NULL, false);
        subscription_free(subscription);
    }
    uint32_t first = 0;
    for (; first < engine->subscription_places; first++) {
        Subscription *subscription = engine->subscriptions[first];
        if (subscription && subscription->subscriber == subscriber)
            engine->subscriptions[first] = NULL;
    }
}

static void remove_peer(Engine *engine, uint32_t place) {
    Peer *peer = peer_at(engine, place);
    if (!peer) return;
    if (peer->kind == PEER_PUBLISHER)
        remove_publisher(engine, (Publisher *)peer);
    else
        remove_subscriber(engine, (Subscriber *)peer);
    batch_send(engine->batch);
    address_table_remove(&engine->by_address, &peer->address);
    engine->peers[place] = NULL;
    board_wipe(engine->board + place);
    free(peer);
}

/* ---- names */

static void open_name(Engine *engine, const OpenName *command) {
    if (command->place >= engine->peer_places) return;
    IceSession **place = engine->ice_sessions + command->place;
    if (!*place) *place = calloc(1, sizeof **place);
    if (!*place) return;
    (*place)->number = command->number;
    ice_open_name(*place, &engine->names, command->ufrag, command->password,
                  command->password_length);
}

static void close_name(Engine *engine, const CloseName *command) {
    IceName *name = name_table_find(&engine->names, command->ufrag);
    if (name) ice_close_name(&engine->names, name);
}

static void close_ice(Engine *engine, uint32_t place) {
    if (place >= engine->peer_places || !engine->ice_sessions[place]) return;
    /* not closed yet: control may still say goodbye */
    for (const Proved *each = engine->ice_sessions[place]->proved, *end = each + MAX_PROVED;
         each < end; each++)
        streams_doubt(engine->streams, each->address.stream, engine->instant.now_us);
    ice_close(engine->ice_sessions[place], &engine->names, &engine->proved);
    engine->ice_sessions[place] = NULL;
}

static void send_stream(Engine *engine, const SendStream *command) {
    if (command->length <= MAX_DATAGRAM_BYTES)
        streams_add(engine->streams, command->stream, command->bytes, (int)command->length);
}

/* ---- what flows */

static void set_source(Engine *engine, const SetSource *command) {
    Subscription *subscription = subscription_at(engine, command->subscription);
    if (!subscription) return;
    Publication *publication = publication_at(engine, command->publication);
    /* to begin anew would cost everybody a key frame */
    if (publication && publication == subscription->publication) return;
    bool is_same_codec = command->payload_type == subscription->payload_type;
    engine_feed(subscription, publication, is_same_codec && !subscription->spec.is_audio);
    subscription->codec = command->codec;
    subscription->payload_type = command->payload_type;
    subscription->rtx_payload_type = command->rtx_payload_type;
}

static void set_target(Engine *engine, const SetTarget *command) {
    Subscription *subscription = subscription_at(engine, command->subscription);
    if (!subscription || !subscription->publication) return;
    subscription->thinning.wanted =
        command->most_temporal < EVERY_PICTURE ? command->most_temporal : EVERY_PICTURE;
    bool is_same = subscription->has_target == command->has_target &&
                   strncmp(subscription->target_rid, command->rid, RID_BYTES) == 0;
    bool still_flows = !command->has_target && subscription->layer; /* of before a cut */
    if (is_same && !still_flows) return;
    subscription->has_target = command->has_target;
    memcpy(subscription->target_rid, command->rid, RID_BYTES);
    subscription->target_rid[RID_BYTES - 1] = 0;
    engine_aim(engine, subscription);
}

static void set_muted(Engine *engine, const SetValue *command) {
    Publication *publication = publication_at(engine, command->place);
    if (!publication || publication->is_muted == (command->value != 0)) return;
    publication->is_muted = command->value != 0;
    for (int i = 0; i < publication->layer_count; i++)
        layer_forget_keyframe(publication->layers[i]); /* nothing taken while muted is ever shown */
    if (publication->merger) merger_restart(publication->merger);
    engine_update_tap(engine, publication);
    for (int i = 0; i < publication->fed.count; i++)
        engine_interrupt(engine, publication->fed.items[i]);
}

static void set_tapped(Engine *engine, const SetValue *command) {
    Publication *publication = publication_at(engine, command->place);
    if (!publication) return;
    publication->is_tapped = command->value & TAP_BEST;
    publication->is_every_tapped = command->value & TAP_EVERY;
    engine_update_tap(engine, publication);
}

/* Of the tapped layer, or of all that live where none is tapped. */
static void request_keyframe(Engine *engine, const SetValue *command) {
    Publication *publication = publication_at(engine, command->place);
    if (!publication) return;
    for (int i = 0; i < publication->layer_count; i++) {
        Layer *layer = publication->layers[i];
        bool is_asked = publication->tapped ? layer == publication->tapped
                                            : layer_is_live(layer, engine->instant.now_us);
        if (is_asked) engine_want_keyframe(engine, layer);
    }
}

/* ---- what is made of it */

static void set_feed(Engine *engine, const SetFeed *command) {
    Publication *publication = publication_at(engine, command->publication);
    if (publication) engine_set_feed(engine, publication, command->rid, command->is_fed);
}

static void feed_keyframe(Engine *engine, const SetValue *command) {
    const Publication *publication = publication_at(engine, command->place);
    if (publication) engine_feed_keyframe(engine, publication);
}

static void put_made(Engine *engine, const PutMade *command) {
    Publication *publication = publication_at(engine, command->publication);
    if (publication && command->length <= MAX_DATAGRAM_BYTES)
        engine_put_made(engine, publication, command);
}

static void drop_made(Engine *engine, const DropMade *command) {
    Publication *publication = publication_at(engine, command->publication);
    if (publication) engine_drop_made(engine, publication, command->rid);
}

static Subscriber *subscriber_at(const Engine *engine, uint32_t place) {
    Peer *peer = peer_at(engine, place);
    return peer && peer->kind == PEER_SUBSCRIBER ? (Subscriber *)peer : NULL;
}

static void set_link(Engine *engine, const SetLink *command) {
    Subscriber *subscriber = subscriber_at(engine, command->place);
    if (!subscriber) return;
    repair_budget_set_link(&subscriber->budget, command->bps);
    pacer_set(&subscriber->pacer, command->pace_bps);
}

static void begin_probe(Engine *engine, const BeginProbe *command) {
    Subscriber *subscriber = subscriber_at(engine, command->place);
    if (subscriber) engine_begin_probe(engine, subscriber, command);
}

static void set_copies(Engine *engine, const SetCopies *command) {
    Subscriber *subscriber = subscriber_at(engine, command->place);
    uint32_t copies = command->copies < MOST_COPIES ? command->copies : MOST_COPIES;
    if (subscriber) engine_set_copies(engine, subscriber, (int)copies, command->after_ms);
}

static void set_picture_copies(Engine *engine, const SetPictureCopies *command) {
    Subscriber *subscriber = subscriber_at(engine, command->place);
    if (!subscriber) return;
    engine_set_picture_copies(engine, subscriber, command->after_ms, command->most_temporal);
}

static void set_voice_within(Engine *engine, const SetValue *command) {
    Subscriber *subscriber = subscriber_at(engine, command->place);
    if (subscriber) subscriber->voice_within_ms = command->value;
}

static void set_beat(Engine *engine, const SetValue *command) {
    Peer *peer = peer_at(engine, command->place);
    if (peer && peer->kind == PEER_SUBSCRIBER)
        ((Subscriber *)peer)->beat_seconds = command->value;
}

static void set_allowance(Engine *engine, const SetValue *command) {
    Peer *peer = peer_at(engine, command->place);
    if (peer && peer->kind == PEER_PUBLISHER)
        ((Publisher *)peer)->allowance_bps = command->value;
}

static void apply(Engine *engine, const Record *record) {
    /* records are aligned to 8 in their ring */
    const void *command = record->bytes;
    switch ((Command)record->kind) {
    case ADD_PUBLISHER: add_publisher(engine, command); break;
    case ADD_SUBSCRIBER: add_subscriber(engine, command); break;
    case CONNECT_PEER: connect_peer(engine, command); break;
    case SET_ADDRESS: set_address(engine, command); break;
    case REMOVE_PEER: remove_peer(engine, ((const SetValue *)command)->place); break;
    case SET_SOURCE: set_source(engine, command); break;
    case SET_TARGET: set_target(engine, command); break;
    case SET_MUTED: set_muted(engine, command); break;
    case SET_TAPPED: set_tapped(engine, command); break;
    case REQUEST_KEYFRAME: request_keyframe(engine, command); break;
    case SET_LINK: set_link(engine, command); break;
    case SET_BEAT: set_beat(engine, command); break;
    case SET_ALLOWANCE: set_allowance(engine, command); break;
    case OPEN_NAME: open_name(engine, command); break;
    case CLOSE_NAME: close_name(engine, command); break;
    case CLOSE_ICE: close_ice(engine, ((const SetValue *)command)->place); break;
    case SEND_STREAM: send_stream(engine, command); break;
    case BEGIN_PROBE: begin_probe(engine, command); break;
    case SET_COPIES: set_copies(engine, command); break;
    case SET_PICTURE_COPIES: set_picture_copies(engine, command); break;
    case SET_VOICE_WITHIN: set_voice_within(engine, command); break;
    case SET_FEED: set_feed(engine, command); break;
    case FEED_KEYFRAME: feed_keyframe(engine, command); break;
    case PUT_MADE: put_made(engine, command); break;
    case DROP_MADE: drop_made(engine, command); break;
    }
}

int engine_apply_commands(Engine *engine) {
    Record record;
    int applied = 0;
    while (applied < COMMANDS_AT_ONCE && ring_peek(&engine->commands, &record)) {
        apply(engine, &record);
        ring_pop(&engine->commands, &record);
        applied++;
        uint64_t total = atomic_load_explicit(&engine->applied, memory_order_relaxed);
        atomic_store_explicit(&engine->applied, total + 1, memory_order_release);
    }
    return applied;
}
