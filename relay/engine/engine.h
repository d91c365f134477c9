/* The packet path of a node: one thread, one socket, no lock.
 *
 * The owner makes it, starts it, writes commands and reads the other rings on one thread of its
 * own, stops it and frees it. Commands are applied between batches of datagrams. */
#ifndef RELAY_ENGINE_ENGINE_H
#define RELAY_ENGINE_ENGINE_H

#include <pthread.h>

#include "batch.h"
#include "board.h"
#include "inbox.h"
#include "records.h"
#include "ring.h"
#include "streams.h"

#define LAYER_TABLE 65536 /* ids are 16 bits wide, and given round robin */

typedef struct EngineSettings {
    int socket; /* non-blocking, with arrival stamps; stays the owner's */
    int listener; /* for connections by TCP, non-blocking; stays the owner's; 0: none */
    int wake_engine, wake_control; /* eventfds; stay the owner's */
    uint32_t max_peers, max_streams;
    SrtpCalls srtp;
} EngineSettings;

typedef struct Engine {
    EngineSettings settings;
    Counters counters;
    Ring commands, events, control, tap;
    BoardRow *board; /* by place */
    _Atomic uint64_t applied; /* commands applied so far */
    _Atomic bool is_stopping;
    _Atomic bool is_told; /* control was woken and has not read yet */
    _Atomic bool is_commanded; /* the engine was woken and has not read yet */
    pthread_t thread;
    bool is_running;
    /* from here on the engine's thread alone */
    Inbox *inbox;
    Streams *streams;
    Batch *batch;
    Layer *held; /* layers whose viewers lack packets, by `burst.next` */
    uint64_t bursts; /* begun so far */
    Subscriber **paced; /* who is sent something at its pace now */
    uint32_t paced_count;
    Subscriber *copied; /* who gets voice more than once, by `next_copied` */
    Instant instant;
    AddressTable by_address; /* of connected peers, for media */
    AddressTable proved; /* of ICE sessions, for handshakes */
    NameTable names;
    IceSession **ice_sessions; /* by place */
    Peer **peers; /* by place; a Publisher or a Subscriber */
    Publication **publications;
    Subscription **subscriptions;
    Publisher **publishers;
    uint32_t publisher_count, peer_places, publication_places, subscription_places;
    Layer **layers;
    uint16_t last_layer_id;
    uint32_t last_tap_key;
    bool has_stream_work;
    bool has_news; /* for control, at once */
    bool has_records; /* figures and taps: soon */
    int64_t began_us; /* this round of the loop */
    int64_t waited_us; /* longest wait of a datagram until this round */
    int64_t ticked_us, worked_us;
    uint64_t ticks;
} Engine;

/* NULL when memory is out. */
Engine *engine_new(const EngineSettings *settings);
bool engine_start(Engine *engine);

/* Ends the thread; what was commanded before is applied first. Harmless to repeat. */
void engine_stop(Engine *engine);
void engine_free(Engine *engine);

/* Writes a command; false when the queue is full. By the owner's thread. */
bool engine_command(Engine *engine, Command command, const void *record, uint32_t length);

uint64_t engine_applied(Engine *engine);

/* From now on the next news wakes the owner again: call before reading the rings. */
void engine_listen(Engine *engine);

/* ---- inside the engine */

/* control.c */
int engine_apply_commands(Engine *engine);
void engine_tell(Engine *engine, Event event, const void *record, uint32_t length);

/* checks.c: one datagram that is not media; `from` must live until the batch is sent */
void engine_take_control(Engine *engine, const Datagram *datagram);

/* inbound.c: one datagram of a known peer */
/* Something of a connected peer passed authentication. */
void engine_heard(Engine *engine, Peer *peer, int64_t at_us);
void engine_take_media(Engine *engine, Peer *peer, uint8_t *bytes, int length, int64_t arrived_us);

/* forward.c */
void engine_forward(Engine *engine, Layer *layer, const Packet *packet);
void engine_flush(Engine *engine, Layer *layer);
void engine_flush_all(Engine *engine);
uint64_t engine_forward_one(Engine *engine, Subscription *subscription, const Packet *packet,
                            uint8_t padding, int64_t sent_us); /* how many packets: 0 or 1 */
void engine_send_rtp(Engine *engine, Subscriber *subscriber, uint8_t *place, int length);
void engine_send_compound(Engine *engine, Peer *peer, const Compound *compound);

/* again.c */
void engine_repair(Engine *engine, Subscription *subscription, uint16_t seq);
double engine_send_delayed(Engine *engine, Subscriber *subscriber, double room);
double engine_send_doubtful(Engine *engine, Subscriber *subscriber, double room);
int engine_repeat(Engine *engine, Subscription *subscription, uint16_t seq, Counter counter);

/* What was sent, NULL if it is of no use any more. */
const Packet *engine_source_of(const Engine *engine, const Subscription *subscription,
                               const Sent *sent);
void engine_begin_probe(Engine *engine, Subscriber *subscriber, const BeginProbe *command);
void engine_work_probe(Engine *engine, Subscriber *subscriber);

/* copies.c */
void engine_set_copies(Engine *engine, Subscriber *subscriber, int copies, uint32_t after_ms);
void engine_set_picture_copies(Engine *engine, Subscriber *subscriber, uint32_t after_ms,
                               uint8_t most_temporal);
void engine_tick_copies(Engine *engine);

/* catch_up.c */
void engine_start_picture(Engine *engine, Subscription *subscription);
double engine_catch_up(Engine *engine, Subscription *subscription, double room);
void engine_slow_down(Engine *engine, Layer *layer, const Packet *packet);
void engine_fill_gap(Engine *engine, Layer *layer, const Packet *packet);

/* merge.c */
void engine_merge(Engine *engine, Publication *publication, const Layer *layer,
                  const Packet *packet);
Layer *engine_target(Engine *engine, Publication *publication, const char *rid);
bool engine_is_target(const Publication *publication, const Layer *layer, const char *rid);
bool engine_may_move(const Subscription *subscription, const Layer *layer, const Packet *packet);
void engine_drop_merged(Engine *engine, Publication *publication, const Layer *layer);

/* made.c */
void engine_set_feed(Engine *engine, Publication *publication, const char *rid, bool is_fed);
void engine_feed_packet(Engine *engine, const Publication *publication, const Layer *layer,
                        const uint8_t *bytes, int length);
void engine_feed_keyframe(Engine *engine, const Publication *publication);
void engine_put_made(Engine *engine, Publication *publication, const PutMade *made);
void engine_drop_made(Engine *engine, Publication *publication, const char *rid);
void engine_drop_made_of(Engine *engine, Publication *publication, const Layer *source);
void engine_tick_made(Engine *engine, Publication *publication);

/* pace.c */
double engine_room(Engine *engine, Subscriber *subscriber);
void engine_add_paced(Engine *engine, Subscriber *subscriber);
void engine_remove_paced(Engine *engine, Subscriber *subscriber);
void engine_tick_paced(Engine *engine);

/* feeding.c */
void engine_feed(Subscription *subscription, Publication *publication, bool is_cut);
bool engine_move(Engine *engine, Subscription *subscription, SubscriptionList *list, Layer *layer,
                 const Packet *packet);
void engine_aim(Engine *engine, Subscription *subscription);
void engine_interrupt(Engine *engine, Subscription *subscription);
void engine_want_keyframe(Engine *engine, Layer *layer);
void engine_layer_begins(Engine *engine, Publication *publication, Layer *layer);
void engine_add_layer(Engine *engine, Layer *layer);
void engine_remove_layer(Engine *engine, Layer *layer);
LayerPort engine_layer_port(Engine *engine);

/* tap.c */
void engine_update_tap(Engine *engine, Publication *publication);
void engine_tap_packet(Engine *engine, const Publication *publication, const Layer *layer,
                       const uint8_t *bytes, int length);
void engine_close_tap(Engine *engine, Publication *publication);
void engine_close_layer_tap(Engine *engine, Layer *layer);
void engine_tap_clock(Engine *engine, const Publication *publication, const Layer *source,
                      const SenderInfo *info);

/* figures.c */
void engine_tell_publisher(Engine *engine, Publisher *publisher);

/* Once a second: tells of it if there is something that control may act on, or its turn has come. */
void engine_tell_subscriber(Engine *engine, Subscriber *subscriber);

/* Once a second, and at the start: the peer's row of the board. */
void engine_note_peer(Engine *engine, uint32_t place);

#endif
