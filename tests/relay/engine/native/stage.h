/* An engine with a few peers and no encryption, for fuzzing and for two threads at once. */
#ifndef RELAY_TESTS_STAGE_H
#define RELAY_TESTS_STAGE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine.h"

enum { CAMERA, SCREEN, VIEWER, SECOND_VIEWER, PEERS }; /* places, and what stands in them */
enum { PICTURE, VOICE, SLIDES, PUBLICATIONS };
enum { SLOTS = 3 };
enum { RID_ID = 5, REPAIRED_RID_ID = 6, TRANSPORT_CC_ID = 3 };

/* SRTP without encryption: what comes in was "decrypted" already. */
static inline int as_it_is(SrtpSession session, void *packet, int *length) {
    (void)session;
    (void)packet;
    (void)length;
    return 0;
}

static inline void must(bool holds, const char *what) {
    if (holds) return;
    perror(what);
    abort();
}

static inline Address bound(int socket) {
    Address address;
    memset(&address, 0, sizeof address);
    address.length = sizeof address.v4;
    address.v4.sin_family = AF_INET;
    address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(socket, &address.any, address.length) == 0, "bind");
    must(getsockname(socket, &address.any, &address.length) == 0, "getsockname");
    return address;
}

static inline int udp_socket(void) {
    int made = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    must(made >= 0, "socket");
    return made;
}

static inline Engine *stage_engine(Address *address) {
    EngineSettings settings;
    memset(&settings, 0, sizeof settings);
    settings.socket = udp_socket();
    settings.wake_engine = eventfd(0, EFD_NONBLOCK);
    settings.wake_control = eventfd(0, EFD_NONBLOCK);
    settings.max_peers = 16;
    settings.srtp = (SrtpCalls){as_it_is, as_it_is, as_it_is, as_it_is};
    *address = bound(settings.socket);
    Engine *engine = engine_new(&settings);
    must(engine != NULL, "engine_new");
    return engine;
}

static inline PublicationSpec video(uint64_t number, Codec codec, uint8_t payload_type) {
    PublicationSpec spec = {
        .number = number,
        .codec = codec,
        .payload_type = payload_type,
        .rtx_payload_type = (int16_t)(payload_type + 1),
        .transport_cc_extension = TRANSPORT_CC_ID,
        .wants_nack = true,
        .wants_pli = codec == CODEC_VP8,
        .wants_remb = codec == CODEC_VP8,
    };
    return spec;
}

static inline void command_publishers(Engine *engine) {
    AddPublisher camera;
    memset(&camera, 0, sizeof camera);
    camera.place = CAMERA;
    camera.number = 1 + CAMERA;
    camera.count = 2;
    camera.places[0] = PICTURE;
    camera.places[1] = VOICE;
    camera.publications[0] = video(1 + PICTURE, CODEC_H264, 102);
    camera.publications[0].rid_extension = RID_ID;
    camera.publications[0].repaired_rid_extension = REPAIRED_RID_ID;
    camera.publications[0].rid_count = 2;
    strcpy(camera.publications[0].rids[0], "lo");
    strcpy(camera.publications[0].rids[1], "hi");
    camera.publications[1] = (PublicationSpec){
        .number = 1 + VOICE, .codec = CODEC_OPUS, .payload_type = 111, .rtx_payload_type = -1,
        .red_payload_type = 63, .wants_nack = true};
    engine_command(engine, ADD_PUBLISHER, &camera, sizeof camera);
    AddPublisher screen;
    memset(&screen, 0, sizeof screen);
    screen.place = SCREEN;
    screen.number = 1 + SCREEN;
    screen.count = 1;
    screen.places[0] = SLIDES;
    screen.publications[0] = video(1 + SLIDES, CODEC_VP8, 96);
    screen.publications[0].announced_count = 1;
    screen.publications[0].announced[0] = 31;
    screen.publications[0].announced_rtx[0] = 32;
    engine_command(engine, ADD_PUBLISHER, &screen, sizeof screen);
}

static inline void command_source(Engine *engine, uint32_t subscription, uint32_t publication,
                           const char *rid) {
    static const uint8_t types[PUBLICATIONS] = {102, 111, 96};
    static const Codec codecs[PUBLICATIONS] = {CODEC_H264, CODEC_OPUS, CODEC_VP8};
    SetSource source = {.subscription = subscription, .publication = publication};
    source.codec = publication < PUBLICATIONS ? codecs[publication] : CODEC_OPUS;
    source.payload_type = publication < PUBLICATIONS ? types[publication] : 0;
    source.rtx_payload_type = publication == VOICE ? -1 : (int16_t)(source.payload_type + 1);
    engine_command(engine, SET_SOURCE, &source, sizeof source);
    SetTarget target;
    memset(&target, 0, sizeof target);
    target.subscription = subscription;
    target.has_target = true;
    target.most_temporal = (uint8_t)(subscription % (TEMPORAL_IDS + 1)); /* one too many, too */
    strcpy(target.rid, rid);
    engine_command(engine, SET_TARGET, &target, sizeof target);
}

static inline void command_value(Engine *engine, Command kind, uint32_t place, uint32_t value) {
    SetValue command = {.place = place, .value = value};
    engine_command(engine, kind, &command, sizeof command);
}

/* A transcoder gets a layer, or nothing. */
static inline void command_feed(Engine *engine, uint32_t publication, const char *rid, bool is_fed) {
    SetFeed command = {.publication = publication, .is_fed = is_fed};
    strncpy(command.rid, rid, RID_BYTES - 1);
    engine_command(engine, SET_FEED, &command, sizeof command);
}

/* What it gives back: a packet of one byte of a picture. */
static inline void command_made(Engine *engine, uint32_t publication, const char *rid, uint16_t seq,
                                bool is_key) {
    PutMade command = {.publication = publication, .length = 14};
    command.codec = seq % 8 ? CODEC_H264 : CODEC_VP8; /* one of another codec, too */
    strncpy(command.rid, rid, RID_BYTES - 1);
    memcpy(command.bytes, "\x80\xe6\0\0\0\0\0\0\0\0\x07\x77\0\0", 14);
    put16(command.bytes + 2, seq);
    put32(command.bytes + 4, 3000U * seq);
    command.bytes[12] = is_key ? 0x67 : 0x61;
    engine_command(engine, PUT_MADE, &command, sizeof command);
}

static inline void command_drop_made(Engine *engine, uint32_t publication, const char *rid) {
    DropMade command = {.publication = publication};
    strncpy(command.rid, rid, RID_BYTES - 1);
    engine_command(engine, DROP_MADE, &command, sizeof command);
}

static inline void command_link(Engine *engine, uint32_t place, uint32_t bps) {
    SetLink command = {.place = place, .bps = bps, .pace_bps = bps};
    engine_command(engine, SET_LINK, &command, sizeof command);
}

static inline void command_probe(Engine *engine, uint32_t place, uint32_t bps) {
    BeginProbe command = {.place = place, .bps = bps, .length_ms = 100};
    engine_command(engine, BEGIN_PROBE, &command, sizeof command);
}

static inline void command_copies(Engine *engine, uint32_t place, uint32_t copies,
                                  uint32_t after_ms) {
    SetCopies command = {place, copies, after_ms};
    engine_command(engine, SET_COPIES, &command, sizeof command);
}

static inline void command_viewer(Engine *engine, uint32_t place) {
    AddSubscriber viewer;
    memset(&viewer, 0, sizeof viewer);
    viewer.place = place;
    viewer.number = 1 + place;
    viewer.count = SLOTS;
    for (int i = 0; i < SLOTS; i++) {
        SubscriptionSpec *spec = viewer.subscriptions + i;
        viewer.places[i] = SLOTS * place + (uint32_t)i;
        spec->number = 1 + viewer.places[i];
        spec->ssrc = 100 * place + (uint32_t)i;
        spec->rtx_ssrc = spec->ssrc + 50;
        spec->first_seq = 65500;
        spec->is_audio = i == VOICE;
        memcpy(spec->with_mid.bytes, "\xbe\xde\x00\x02\x22\0\0\0\x40" "0\0\0", 12);
        spec->with_mid.length = 12;
        spec->with_mid.time_at = spec->is_audio ? 0 : 5;
        strcpy(spec->cname, "lead");
    }
    engine_command(engine, ADD_SUBSCRIBER, &viewer, sizeof viewer);
    command_source(engine, SLOTS * place, PICTURE, "lo");
    command_source(engine, SLOTS * place + 1, VOICE, "");
    command_source(engine, SLOTS * place + 2, SLIDES, "");
}

static inline void command_connect(Engine *engine, uint32_t place, const Address *address) {
    static int nothing;
    ConnectPeer command;
    memset(&command, 0, sizeof command);
    command.place = place;
    command.inbound = command.outbound = &nothing;
    command.address = *address;
    engine_command(engine, CONNECT_PEER, &command, sizeof command);
}

#endif
