/* Every reader of foreign bytes, one target each: FUZZ_TARGET names it. With libFuzzer where clang is
 * here, else with driver.c. */
#include "fuzz.h"
#include "h264.h"
#include "rtcp_read.h"
#include "stream.h"
#include "vp8.h"

typedef void (*Target)(const uint8_t *bytes, int length);

static void fuzz_rtp(const uint8_t *bytes, int length) {
    RtpView view;
    const uint8_t *value;
    if (!rtp_read(&view, bytes, length)) return;
    must(view.payload_start <= view.payload_end && view.payload_end <= length, "rtp");
    for (int id = 0; id < 256; id++) {
        int size = rtp_find_extension(&view, id, &value);
        if (size > 0) must(value >= bytes && value + size <= bytes + length, "extension");
    }
}

static void fuzz_vp8(const uint8_t *bytes, int length) {
    Vp8Descriptor found;
    uint8_t head[16] = {0};
    vp8_is_keyframe_start(bytes, length);
    vp8_pixels(bytes, length);
    if (!vp8_read(&found, bytes, length)) return;
    must(found.length <= length && found.length <= 6, "descriptor");
    memcpy(head, bytes, found.length);
    vp8_rewrite(head, &found, 0x7FFF, 0xFF);
}

static void fuzz_h264(const uint8_t *bytes, int length) {
    h264_is_parameter_set(bytes, length);
    h264_is_keyframe_start(bytes, length);
    must(!h264_is_prelude(bytes, length) || h264_reference_idc(bytes, length) < 0, "prelude");
    h264_pixels(bytes, length);
    must(h264_reference_idc(bytes, length) <= 3, "reference idc");
}

static void fuzz_rtcp(const uint8_t *bytes, int length) {
    RtcpReader reader = {bytes, bytes + length};
    RtcpPacket packet;
    ReportBlock blocks[MAX_REPORT_BLOCKS];
    SenderInfo info;
    const uint8_t *pairs;
    uint64_t value;
    uint32_t ssrc;
    bool is_whole = rtcp_is_whole(bytes, length);
    int found;
    while ((found = rtcp_next(&reader, &packet)) > 0) {
        rtcp_read_sender(&packet, &info);
        must(rtcp_read_blocks(&packet, blocks) <= MAX_REPORT_BLOCKS, "blocks");
        int count = rtcp_read_nack(&packet, &ssrc, &pairs);
        if (count > 0) must(pairs + 4 * count <= bytes + length, "nack");
        for (int i = 0; rtcp_read_keyframe_request(&packet, i, &ssrc); i++) continue;
        rtcp_read_remb(&packet, &value);
        rtcp_read_reference_time(&packet, &ssrc, &value);
    }
    must(is_whole == (found == 0 && length > 0), "whole");
}

static void fuzz_stun(const uint8_t *bytes, int length) {
    Check check;
    if (!stun_read_check(&check, bytes, length)) return;
    must(check.integrity_at > 0 && check.integrity_at <= length, "integrity");
    must(memchr(check.ufrag, 0, UFRAG_BYTES) != NULL, "ufrag");
}

static void fuzz_stream(const uint8_t *bytes, int length) {
    int size, at = 0;
    Framed framed;
    while ((framed = stream_frame(bytes + at, length - at, &size)) == FRAME_WHOLE) {
        must(size <= MAX_DATAGRAM_BYTES && at + FRAME_HEAD_BYTES + size <= length, "frame");
        at += FRAME_HEAD_BYTES + size;
    }
    must(framed == FRAME_TOO_LONG || length - at < FRAME_BYTES, "the rest must be kept");
}

/* ---- the packet path: a script of datagrams, time and commands for the peers of the stage */

static void datagram(Engine *engine, uint32_t place, Script *script) {
    static uint8_t buffer[MAX_DATAGRAM_BYTES + SRTP_TRAILER_BYTES];
    int length = take_sized(script, MAX_DATAGRAM_BYTES + 1, buffer);
    if (!engine->peers[place] || length < 1) return;
    engine_take_media(engine, engine->peers[place], buffer, length, engine->instant.now_us);
}

/* What a transcoder gets, and gives back. */
static void made(Engine *engine, uint8_t what) {
    static uint16_t seq;
    uint32_t publication = what % PUBLICATIONS;
    switch (what >> 6) {
    case 0: command_feed(engine, publication, what & 1 ? "lo" : "", what & 2); break;
    case 1: command_drop_made(engine, publication, "+180"); break;
    default: command_made(engine, publication, what & 1 ? "+180" : "+360", ++seq, what & 2);
    }
}

static void command(Engine *engine, uint8_t what, const Address *sink) {
    static const char *const rids[] = {"", "lo", "+180", MERGED_RID};
    uint32_t slot = SLOTS * VIEWER + what % SLOTS;
    switch (what >> 3 & 7) {
    case 0: command_source(engine, slot, what % 4 ? what % 3 : NO_PLACE, rids[what >> 6]); break;
    case 1: command_value(engine, SET_MUTED, what % PUBLICATIONS, what >> 7); break;
    case 2: command_value(engine, SET_TAPPED, what % PUBLICATIONS, what >> 7); break;
    case 3: command_value(engine, REQUEST_KEYFRAME, what % PUBLICATIONS, 0); break;
    case 4:
        command_link(engine, VIEWER, (uint32_t)what << 12);
        if (what & 1) command_probe(engine, VIEWER, (uint32_t)what << 14);
        command_copies(engine, VIEWER, what >> 6, what & 1 ? 20 : 0);
        break;
    case 5: command_value(engine, REMOVE_PEER, what % PEERS, 0); break;
    case 6:
        command_viewer(engine, SECOND_VIEWER);
        command_connect(engine, SECOND_VIEWER, sink);
        break;
    default: made(engine, what);
    }
    while (engine_apply_commands(engine)) continue;
}

static void pass_time(Engine *engine, int64_t ms) {
    Compound compounds[MAX_PUBLISHER_COMPOUNDS];
    engine->instant.now_us += 1000 * ms;
    engine->instant.wall_us += 1000 * ms;
    for (uint32_t i = 0; i < engine->publisher_count; i++) {
        Publisher *publisher = engine->publishers[i];
        int count = publisher_due(publisher, engine->instant.now_us, compounds);
        for (int k = 0; k < count; k++) {
            must(rtcp_is_whole(compounds[k].bytes, compounds[k].length), "our own RTCP");
            engine_send_compound(engine, &publisher->peer, compounds + k);
        }
        for (int k = 0; k < publisher->publication_count; k++)
            engine_update_tap(engine, publisher->publications + k);
        for (int k = 0; k < publisher->publication_count; k++)
            engine_tick_made(engine, publisher->publications + k);
        engine_tell_publisher(engine, publisher);
    }
    engine_tick_paced(engine);
    engine_tick_copies(engine);
}

static void reset(Engine *engine, const Address *sink) {
    for (uint32_t place = 0; place < PEERS; place++) command_value(engine, REMOVE_PEER, place, 0);
    command_publishers(engine);
    command_viewer(engine, VIEWER);
    for (uint32_t place = 0; place <= VIEWER; place++) {
        Address address = *sink;
        address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK + place);
        command_connect(engine, place, &address);
    }
    while (engine_apply_commands(engine)) continue;
}

static void fuzz_engine(const uint8_t *bytes, int length) {
    static Engine *engine;
    static Address sink, own;
    if (!engine) {
        engine = stage_engine(&own);
        sink = bound(udp_socket());
    }
    reset(engine, &sink);
    engine->instant = (Instant){1000 * SECOND_US, 1800000000LL * SECOND_US};
    Script script = {bytes, bytes + length};
    const uint8_t *operation;
    while (take(&script, 1, &operation)) {
        switch (*operation & 7) {
        case 0:
        case 1: datagram(engine, CAMERA, &script); break;
        case 2: datagram(engine, SCREEN, &script); break;
        case 3:
        case 4: datagram(engine, VIEWER, &script); break;
        case 5: pass_time(engine, *operation >> 3); break;
        case 6: pass_time(engine, 40 * (*operation >> 3)); break;
        default:
            if (take(&script, 1, &operation)) command(engine, *operation, &sink);
        }
    }
    engine_flush_all(engine);
    batch_send(engine->batch);
    drain(&engine->events);
    drain(&engine->tap);
    drain(&engine->control);
}

/* ---- which one */

static const struct {
    const char *name;
    Target run;
} targets[] = {
    {"rtp", fuzz_rtp},   {"vp8", fuzz_vp8},   {"h264", fuzz_h264},
    {"rtcp", fuzz_rtcp}, {"stun", fuzz_stun}, {"stream", fuzz_stream},
    {"engine", fuzz_engine}, {"control", fuzz_control}, {"streams", fuzz_streams},
    {"voice", fuzz_voice},
};

static Target chosen(void) {
    const char *name = getenv("FUZZ_TARGET");
    for (size_t i = 0; name && i < sizeof targets / sizeof *targets; i++)
        if (strcmp(name, targets[i].name) == 0) return targets[i].run;
    fprintf(stderr, "FUZZ_TARGET is not one of the targets\n");
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static Target run;
    if (!run) run = chosen();
    run(bytes, (int)length);
    return 0;
}
