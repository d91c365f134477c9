/* The engine's parts for tests in Python: structures are made here, plain values go in and out. */
#include <pthread.h>
#include <stdlib.h>

#include "address.h"
#include "h264.h"
#include "ice.h"
#include "media_clock.h"
#include "munger.h"
#include "nack_list.h"
#include "pacer.h"
#include "probe.h"
#include "publication.h"
#include "repair.h"
#include "ring.h"
#include "rtcp_write.h"
#include "subscriber.h"
#include "transport_feedback.h"

/* ---- sizes, so that Python can hold a structure it does not know */

size_t size_of_munger(void) { return sizeof(Munger); }
size_t size_of_nack_list(void) { return sizeof(NackList); }
size_t size_of_receive_stats(void) { return sizeof(ReceiveStats); }
size_t size_of_wall_offset(void) { return sizeof(WallOffset); }
size_t size_of_media_clock(void) { return sizeof(MediaClock); }
size_t size_of_budget(void) { return sizeof(RepairBudget); }
size_t size_of_sent(void) { return sizeof(Sent); }
size_t size_of_sent_ring(void) { return sizeof(SentRing); }
size_t size_of_transport(void) { return sizeof(TransportFeedback); }
size_t size_of_rate_meter(void) { return sizeof(RateMeter); }
size_t size_of_pacer(void) { return sizeof(Pacer); }
size_t size_of_probe(void) { return sizeof(Probe); }

/* ---- munger */

/* seq, ts, picture id, tl0 of one packet whose VP8 payload is rewritten in place (length 0: not
 * VP8). */
bool munge(Munger *munger, int64_t ext_seq, uint32_t ts, int64_t arrival_us, uint8_t *payload,
           int length, int64_t out[4]) {
    Numbers numbers;
    Vp8Descriptor found;
    if (!munger_numbers(munger, ext_seq, ts, arrival_us, &numbers)) return false;
    if (length && vp8_read(&found, payload, length)) {
        munger_vp8(munger, &found, &numbers);
        vp8_rewrite(payload, &found, numbers.picture_id, numbers.tl0);
    }
    out[0] = numbers.seq;
    out[1] = numbers.ts;
    out[2] = numbers.picture_id;
    out[3] = numbers.tl0;
    return true;
}

void leave_out(Munger *munger, int64_t ext_seq, uint32_t ts) {
    munger_leave_out(munger, ext_seq, ts);
}

bool is_late(const Munger *munger, int64_t ext_seq) { return munger_is_late(munger, ext_seq); }

/* ---- reading */

/* Payload type, marker, seq, ts, ssrc, payload start and end; false when malformed. */
bool read_rtp(const uint8_t *bytes, int length, int64_t out[7]) {
    RtpView view;
    if (!rtp_read(&view, bytes, length)) return false;
    int64_t found[7] = {view.payload_type, view.is_marked, view.seq, view.ts, view.ssrc,
                        view.payload_start, view.payload_end};
    memcpy(out, found, sizeof found);
    return true;
}

/* Where the element stands and its length; -1 if absent. */
int find_element(const uint8_t *bytes, int length, int id, int *at) {
    RtpView view;
    const uint8_t *value = bytes;
    if (!rtp_read(&view, bytes, length)) return -1;
    int size = rtp_find_extension(&view, id, &value);
    *at = (int)(value - bytes);
    return size;
}

int reference_idc(const uint8_t *payload, int length) {
    return h264_reference_idc(payload, length);
}

bool read_vp8(const uint8_t *payload, int length, int64_t out[9]) {
    Vp8Descriptor found;
    if (!vp8_read(&found, payload, length)) return false;
    int64_t values[9] = {found.length,        found.is_frame_start, found.picture_id,
                         found.picture_id_bits, found.picture_id_at,  found.tl0,
                         found.tl0_at,        found.temporal_id,    found.is_layer_sync};
    memcpy(out, values, sizeof values);
    return true;
}

/* ---- RTCP: what a compound says, as rows of five numbers: kind, then up to four values */

enum { SAYS_SENDER = 1, SAYS_BLOCK, SAYS_NACK, SAYS_KEYFRAME, SAYS_REMB, SAYS_CLOCK };

static int say(int64_t *rows, int count, int64_t kind, int64_t a, int64_t b, int64_t c,
               int64_t d) {
    int64_t row[5] = {kind, a, b, c, d};
    if (count < 4096) memcpy(rows + 5 * count++, row, sizeof row);
    return count;
}

static int say_nack(const RtcpPacket *packet, int64_t *rows, int count) {
    uint32_t media_ssrc;
    const uint8_t *pairs;
    int found = rtcp_read_nack(packet, &media_ssrc, &pairs);
    for (int i = 0; i < found; i++)
        count = say(rows, count, SAYS_NACK, media_ssrc, get16(pairs + 4 * i),
                    get16(pairs + 4 * i + 2), 0);
    return count;
}

int read_rtcp(const uint8_t *bytes, int length, int64_t rows[4096 * 5]) {
    RtcpReader reader = {bytes, bytes + length};
    RtcpPacket packet;
    ReportBlock blocks[MAX_REPORT_BLOCKS];
    SenderInfo info;
    uint64_t value;
    uint32_t ssrc;
    int count = 0;
    if (!rtcp_is_whole(bytes, length)) return -1;
    while (rtcp_next(&reader, &packet) > 0) {
        if (rtcp_read_sender(&packet, &info))
            count = say(rows, count, SAYS_SENDER, info.ssrc, (int64_t)info.ntp_time, info.rtp_time, 0);
        int found = rtcp_read_blocks(&packet, blocks);
        for (int i = 0; i < found; i++)
            count = say(rows, count, SAYS_BLOCK, blocks[i].ssrc, blocks[i].packets_lost,
                        blocks[i].fraction_lost, blocks[i].highest_seq);
        count = say_nack(&packet, rows, count);
        for (int i = 0; rtcp_read_keyframe_request(&packet, i, &ssrc); i++)
            count = say(rows, count, SAYS_KEYFRAME, ssrc, 0, 0, 0);
        if (rtcp_read_remb(&packet, &value))
            count = say(rows, count, SAYS_REMB, (int64_t)value, 0, 0, 0);
        if (rtcp_read_reference_time(&packet, &ssrc, &value))
            count = say(rows, count, SAYS_CLOCK, ssrc, (int64_t)value, 0, 0);
    }
    return count;
}

static int written(const Compound *compound, uint8_t *out) {
    memcpy(out, compound->bytes, (size_t)compound->length);
    return compound->length;
}

/* Every kind of packet the engine writes, in one compound. */
int write_all(uint32_t ssrc, uint32_t media_ssrc, uint64_t bps, const uint16_t *seqs, int count,
              uint8_t *out) {
    Compound compound = {.length = 0};
    ReportBlock block = {.ssrc = media_ssrc, .highest_seq = 70000, .packets_lost = -3,
                         .fraction_lost = 7, .jitter_ticks = 9, .last_sr = 5};
    SenderReport report = {.ntp_time = bps, .ssrc = ssrc, .rtp_time = 4, .packets = 5, .octets = 6};
    rtcp_write_sender_report(&compound, &report);
    rtcp_write_receiver_report(&compound, ssrc, &block, 1);
    rtcp_write_source_description(&compound, ssrc, "streamsvc");
    rtcp_write_pli(&compound, ssrc, media_ssrc);
    rtcp_write_fir(&compound, ssrc, media_ssrc, 3);
    rtcp_write_remb(&compound, ssrc, bps, &media_ssrc, 1);
    rtcp_write_delay(&compound, ssrc, media_ssrc, 11, 12);
    rtcp_write_goodbye(&compound, &ssrc, 1);
    rtcp_write_nack(&compound, ssrc, media_ssrc, seqs, count);
    return written(&compound, out);
}

/* ---- receiving */

int report_block(ReceiveStats *stats, uint32_t ssrc, int64_t now_us, int64_t out[7]) {
    ReportBlock block = receive_stats_report(stats, ssrc, now_us);
    int64_t values[7] = {block.ssrc, block.fraction_lost, block.packets_lost, block.highest_seq,
                         block.jitter_ticks, block.last_sr, block.delay_since_last_sr};
    memcpy(out, values, sizeof values);
    return 7;
}

void stats_clock_rate(ReceiveStats *stats, uint32_t clock_rate) { stats->clock_rate = clock_rate; }

int64_t nack_list_given_up(const NackList *list) { return list->given_up; }

int transport_due(TransportFeedback *feedback, uint32_t ssrc, int64_t now_us, uint8_t *out) {
    Compound compound = {.length = 0};
    return transport_feedback_due(feedback, ssrc, &compound, now_us) ? written(&compound, out) : 0;
}

int write_transport_cc(uint16_t base, const int64_t *arrivals_us, int count, uint8_t *out) {
    Compound compound = {.length = 0};
    bool fits = rtcp_write_transport_cc(&compound, 1, 2, base, arrivals_us, count, 3);
    return fits ? written(&compound, out) : 0;
}

void clock_init(MediaClock *clock, const WallOffset *offset, uint32_t clock_rate) {
    *clock = (MediaClock){.offset = offset, .clock_rate = clock_rate};
}

uint32_t meter(RateMeter *rate, int size_bytes, int64_t now_us) {
    if (size_bytes) rate_meter_add(rate, size_bytes, now_us);
    return rate_meter_bps(rate, now_us);
}

/* ---- repairs */

void sent_ring_init(SentRing *ring, int size) { *ring = (SentRing){.most = size}; }

int sent_ring_size(const SentRing *ring) { return ring->size; }

void sent_ring_free(SentRing *ring) { free(ring->places); }

uint32_t sent_ts(const Sent *sent) { return sent->ts; }

void sent_set_ts(Sent *sent, uint32_t ts) { sent->ts = ts; }

/* ---- a publication's layers */

typedef struct Publication Publication;

Publication *layered_new(int layers) {
    Publication *publication = calloc(1, sizeof *publication);
    static const WallOffset offset;
    for (int i = 0; i < layers; i++) {
        char rid[RID_BYTES] = {(char)('a' + i), 0};
        publication->layers[i] = layer_new((uint32_t)i + 1, rid, CODEC_VP8, &offset);
    }
    publication->layer_count = layers;
    return publication;
}

void layered_free(Publication *publication) {
    for (int i = 0; i < publication->layer_count; i++) layer_free(publication->layers[i]);
    free(publication);
}

void layered_packet(Publication *publication, int layer, uint32_t pixels, int size_bytes,
                    int64_t now_us) {
    publication->layers[layer]->pixels = pixels;
    publication->layers[layer]->last_packet_us = now_us;
    rate_meter_add(&publication->layers[layer]->rate, size_bytes, now_us);
}

/* Index of the layer to record; -1: none. */
int layered_choose(Publication *publication, int64_t now_us) {
    publication->tapped = publication_choose_tapped(publication, now_us);
    return publication->tapped ? (int)publication->tapped->ssrc - 1 : -1;
}

/* ---- ring: one thread writes records of growing numbers, this one reads them */

typedef struct Writer {
    Ring *ring;
    uint32_t records;
    uint64_t refused;
} Writer;

static void *write_records(void *owner) {
    Writer *writer = owner;
    uint8_t body[256];
    for (uint32_t n = 1; n <= writer->records; n++) {
        uint32_t length = n * 2654435761U % sizeof body;
        memset(body, (int)(n & 0xFF), length);
        while (!ring_push(writer->ring, n, &n, sizeof n, body, length)) writer->refused++;
    }
    return NULL;
}

/* Records read in order and unharmed; `size` is a power of two. */
uint32_t ring_two_threads(uint32_t records, uint64_t size, uint64_t *refused) {
    Ring ring;
    pthread_t thread;
    if (!ring_init(&ring, size)) return 0;
    Writer writer = {&ring, records, 0};
    pthread_create(&thread, NULL, write_records, &writer);
    uint32_t good = 0;
    for (uint32_t next = 1; next <= records;) {
        Record record;
        if (!ring_peek(&ring, &record)) continue;
        uint32_t length = next * 2654435761U % 256, number;
        memcpy(&number, record.bytes, sizeof number);
        bool is_good = record.kind == next && number == next && record.length == 4 + length;
        for (uint32_t i = 0; is_good && i < length; i++)
            is_good = record.bytes[4 + i] == (uint8_t)next;
        good += is_good;
        ring_pop(&ring, &record);
        next++;
    }
    pthread_join(thread, NULL);
    ring_free(&ring);
    *refused = writer.refused;
    return good;
}

Ring *ring_new(uint64_t size) {
    Ring *ring = aligned_alloc(64, (sizeof *ring + 63) / 64 * 64);
    return ring && ring_init(ring, size) ? ring : NULL;
}

void ring_delete(Ring *ring) {
    ring_free(ring);
    free(ring);
}

/* Kind of the oldest record and its bytes; length, or -1. */
int ring_take(Ring *ring, uint32_t *kind, uint8_t *out) {
    Record record;
    if (!ring_peek(ring, &record)) return -1;
    *kind = record.kind;
    memcpy(out, record.bytes, record.length);
    ring_pop(ring, &record);
    return (int)record.length;
}

/* ---- addresses: slots that stand in a table or not */

enum { SLOTS = 24 };

typedef struct Addresses {
    AddressTable table;
    Address slots[SLOTS];
} Addresses;

static Address address_of(bool is_v6, uint32_t host, uint16_t port, uint64_t stream) {
    Address address;
    memset(&address, 0, sizeof address);
    address.stream = stream;
    address.length = is_v6 ? sizeof address.v6 : sizeof address.v4;
    if (is_v6) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = port;
        memcpy(&address.v6.sin6_addr.s6_addr[12], &host, sizeof host);
    } else {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = port;
        address.v4.sin_addr.s_addr = host;
    }
    return address;
}

Addresses *addresses_new(void) {
    Addresses *addresses = calloc(1, sizeof *addresses);
    return addresses && address_table_init(&addresses->table, 1) ? addresses : NULL;
}

void addresses_free(Addresses *addresses) {
    address_table_free(&addresses->table);
    free(addresses);
}

/* The slot moves to this address; the slot that loses it, or -1. */
int addresses_move(Addresses *addresses, int slot, bool is_v6, uint32_t host, uint16_t port,
                   uint64_t stream) {
    Address *its = addresses->slots + slot;
    address_table_remove(&addresses->table, its);
    *its = address_of(is_v6, host, port, stream);
    Address *before = address_table_put(&addresses->table, its);
    if (before) before->length = 0;
    return before ? (int)(before - addresses->slots) : -1;
}

void addresses_remove(Addresses *addresses, int slot) {
    address_table_remove(&addresses->table, addresses->slots + slot);
    addresses->slots[slot].length = 0;
}

int addresses_find(const Addresses *addresses, bool is_v6, uint32_t host, uint16_t port,
                   uint64_t stream) {
    Address wanted = address_of(is_v6, host, port, stream);
    const Address *found = address_table_find(&addresses->table, &wanted);
    return found ? (int)(found - addresses->slots) : -1;
}

/* Where the table looks first for an IPv4 address. */
uint32_t addresses_first_place(Addresses *addresses, uint32_t host, uint16_t port) {
    Address address = address_of(false, host, port, 0);
    AddressTable *table = &addresses->table;
    uint32_t place = 0;
    address_table_put(table, &address);
    while (table->places[place] != &address) place++;
    address_table_remove(table, &address);
    return place;
}

uint64_t hash_of(uint64_t low, uint64_t high, const uint64_t *words, int count) {
    HashKey key = {{low, high}};
    return keyed_hash(&key, words, count);
}

/* ---- names of sessions */

NameTable *names_new(void) {
    NameTable *names = calloc(1, sizeof *names);
    return names && name_table_init(names, 1) ? names : NULL;
}

void names_free(NameTable *names) {
    name_table_free(names);
    free(names);
}

/* Where the table looks first for a name. */
uint32_t names_first_place(NameTable *names, const char *ufrag) {
    static IceSession session;
    uint32_t place = 0;
    ice_open_name(&session, names, ufrag, (const uint8_t *)"", 0);
    while (names->places[place] != session.names) place++;
    ice_close_name(names, session.names);
    return place;
}

/* ---- a layer */

Layer *layer_made(int codec) {
    static const WallOffset offset;
    return layer_new(1, "", (Codec)codec, &offset);
}

/* Extended number, whether a decoder can start here, the picture's pixels, its temporal id, whether
 * it begins here and what can be begun; false for a packet that is of no use. */
bool layer_take(Layer *layer, const uint8_t *bytes, int length, int64_t now_us, bool is_repaired,
                int64_t out[6]) {
    RtpView view;
    const Packet *packet = NULL;
    if (rtp_read(&view, bytes, length)) packet = layer_receive(layer, &view, now_us, is_repaired);
    if (!packet) return false;
    out[0] = packet->ext_seq;
    out[1] = packet->starts_keyframe;
    out[2] = layer->pixels;
    out[3] = packet->temporal_id;
    out[4] = packet->starts_picture;
    out[5] = packet->opens;
    return true;
}

bool layer_lives(const Layer *layer, int64_t now_us) { return layer_is_live(layer, now_us); }

int64_t layer_lost(const Layer *layer) { return receive_stats_lost(&layer->stats); }
