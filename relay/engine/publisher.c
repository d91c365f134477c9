#include "publisher.h"

#define REPORT_US SECOND_US
#define CNAME "streamsvc"

/* ---- sources */

static Source *find_source(Publisher *publisher, uint32_t ssrc) {
    for (int i = 0; i < publisher->source_count; i++)
        if (publisher->sources[i].ssrc == ssrc) return publisher->sources + i;
    return NULL;
}

static void forget_sources(Publisher *publisher, const Layer *layer) {
    int kept = 0;
    for (int i = 0; i < publisher->source_count; i++)
        if (publisher->sources[i].layer != layer)
            publisher->sources[kept++] = publisher->sources[i];
    publisher->source_count = kept;
}

static Source *remember(Publisher *publisher, Source source) {
    if (publisher->source_count == MAX_SOURCES) return NULL;
    publisher->sources[publisher->source_count] = source;
    return publisher->sources + publisher->source_count++;
}

/* A textual element in ASCII, as a string; empty if it is absent or too long. */
static void read_text(const RtpView *view, int id, char text[RID_BYTES]) {
    const uint8_t *value;
    int length = rtp_find_extension(view, id, &value);
    if (length < 0 || length >= RID_BYTES) length = 0;
    for (int i = 0; i < length; i++)
        if (value[i] < 0x21 || value[i] > 0x7E) length = 0;
    if (length) memcpy(text, value, (size_t)length);
    text[length] = 0;
}

static bool is_offered(const PublicationSpec *spec, const char *rid) {
    for (int i = 0; i < spec->rid_count; i++)
        if (strcmp(spec->rids[i], rid) == 0) return true;
    return spec->rid_count == 0 && !rid[0];
}

static void drop_layer(Publisher *publisher, Publication *publication, Layer *layer,
                       const LayerPort *layers) {
    forget_sources(publisher, layer);
    int place = 0;
    while (publication->layers[place] != layer) place++;
    publication->layers[place] = publication->layers[--publication->layer_count];
    layers->removed(layers->engine, publication, layer);
    layer_free(layer);
}

static Source *learn_media(Publisher *publisher, const RtpView *view, Publication *publication,
                           int64_t now_us, const LayerPort *layers) {
    char rid[RID_BYTES] = "";
    const PublicationSpec *spec = &publication->spec;
    if (spec->rid_count) read_text(view, spec->rid_extension, rid);
    if (!is_offered(spec, rid)) return NULL;
    Layer *before = publication_layer(publication, rid);
    if (before && layer_is_live(before, now_us)) return NULL;
    if (!before && publication->layer_count == MAX_LAYERS) return NULL;
    Layer *layer = layer_new(view->ssrc, rid, spec->codec, &publisher->offset);
    if (!layer) return NULL;
    if (before) drop_layer(publisher, publication, before, layers);
    publication->layers[publication->layer_count++] = layer;
    Source *source = remember(publisher, (Source){view->ssrc, publication, layer, false});
    if (source && layers->added(layers->engine, publication, layer)) return source;
    drop_layer(publisher, publication, layer, layers);
    return NULL;
}

static Layer *repaired_layer(Publisher *publisher, const RtpView *view,
                             const Publication *publication) {
    const PublicationSpec *spec = &publication->spec;
    for (int i = 0; i < spec->announced_count; i++) {
        if (spec->announced_rtx[i] != view->ssrc) continue;
        const Source *source = find_source(publisher, spec->announced[i]);
        if (source) return source->layer;
    }
    char rid[RID_BYTES] = "";
    if (spec->rid_count) {
        read_text(view, spec->repaired_rid_extension, rid);
        if (!rid[0]) return NULL;
    }
    return publication_layer(publication, rid);
}

static Source *learn(Publisher *publisher, const RtpView *view, int64_t now_us,
                     const LayerPort *layers) {
    if (publisher->source_count == MAX_SOURCES) return NULL;
    for (int i = 0; i < publisher->publication_count; i++) {
        Publication *publication = publisher->publications + i;
        if (view->payload_type == publication->spec.payload_type)
            return learn_media(publisher, view, publication, now_us, layers);
        if (view->payload_type == publication->spec.rtx_payload_type) {
            Layer *layer = repaired_layer(publisher, view, publication);
            if (!layer) return NULL;
            return remember(publisher, (Source){view->ssrc, publication, layer, true});
        }
    }
    return NULL;
}

/* ---- packets */

static void note_transport(Publisher *publisher, const RtpView *view, int64_t now_us) {
    for (int i = 0; i < publisher->publication_count; i++) {
        const PublicationSpec *spec = &publisher->publications[i].spec;
        bool is_its = view->payload_type == spec->payload_type ||
                      view->payload_type == spec->rtx_payload_type ||
                      (spec->red_payload_type && view->payload_type == spec->red_payload_type);
        const uint8_t *value;
        if (is_its && rtp_find_extension(view, spec->transport_cc_extension, &value) == 2)
            transport_feedback_received(&publisher->transport, get16(value), view->ssrc, now_us);
    }
}

/* The packet that a retransmission carries (RFC 4588 section 4); false for a probe without one. */
static bool unwrap(const RtpView *view, const Source *source, uint8_t out[MAX_DATAGRAM_BYTES],
                   RtpView *original) {
    int length = view->payload_end - view->payload_start - 2;
    if (length <= 0) return false;
    const uint8_t *payload = view->bytes + view->payload_start;
    rtp_write_header(out, source->publication->spec.payload_type, view->is_marked, false,
                     get16(payload), view->ts, source->layer->ssrc);
    memcpy(out + RTP_HEADER_BYTES, payload + 2, (size_t)length);
    return rtp_read(original, out, RTP_HEADER_BYTES + length);
}

/* Takes one in; `is_again`: it was sent before, and counts as lost where it did not come then. */
static bool receive(Publisher *publisher, const RtpView *view, bool is_again, int64_t now_us,
                    const LayerPort *layers, Arrived *arrived) {
    RtpView original;
    uint8_t unwrapped[MAX_DATAGRAM_BYTES];
    const Source *source = find_source(publisher, view->ssrc);
    if (!source && !is_again) source = learn(publisher, view, now_us, layers);
    if (!source) return false;
    const PublicationSpec *spec = &source->publication->spec;
    /* comfort noise or tones on the same SSRC are not forwarded */
    int16_t expected = source->is_rtx ? spec->rtx_payload_type : spec->payload_type;
    if (view->payload_type != expected) return false;
    if (source->is_rtx && !unwrap(view, source, unwrapped, &original)) return false;
    const Packet *packet = layer_receive(source->layer, source->is_rtx ? &original : view, now_us,
                                         source->is_rtx || is_again);
    *arrived = (Arrived){source->publication, source->layer, packet};
    return packet != NULL;
}

static const PublicationSpec *spec_of_red(const Publisher *publisher, uint8_t payload_type) {
    for (int i = 0; i < publisher->publication_count; i++) {
        const PublicationSpec *spec = &publisher->publications[i].spec;
        if (spec->red_payload_type && spec->red_payload_type == payload_type) return spec;
    }
    return NULL;
}

/* A packet and those before it that it carries, each as if it had come alone; so everything behind
 * here knows of nothing but the voice itself. */
static int receive_red(Publisher *publisher, const RtpView *view, const PublicationSpec *spec,
                       int64_t now_us, const LayerPort *layers, Arrived arrived[MOST_RED_BLOCKS]) {
    RedBlock blocks[MOST_RED_BLOCKS];
    const uint8_t *payload = view->bytes + view->payload_start;
    int count = red_read(payload, view->payload_end - view->payload_start, blocks), taken = 0;
    for (int i = 0; i < count; i++) {
        RtpView alone;
        uint8_t bytes[MAX_DATAGRAM_BYTES];
        int back = count - 1 - i;
        if (blocks[i].payload_type != spec->payload_type || (back && !blocks[i].length)) continue;
        rtp_write_header(bytes, spec->payload_type, view->is_marked && !back, false,
                         (uint16_t)(view->seq - back), view->ts - blocks[i].before, view->ssrc);
        memcpy(bytes + RTP_HEADER_BYTES, blocks[i].bytes, (size_t)blocks[i].length);
        if (!rtp_read(&alone, bytes, RTP_HEADER_BYTES + blocks[i].length)) continue;
        taken += receive(publisher, &alone, back > 0, now_us, layers, arrived + taken);
    }
    return taken;
}

int publisher_receive(Publisher *publisher, const uint8_t *bytes, int length, int64_t now_us,
                      const LayerPort *layers, Arrived arrived[MOST_RED_BLOCKS]) {
    RtpView view;
    if (!rtp_read(&view, bytes, length)) return 0;
    if (publisher->transport.is_wanted) note_transport(publisher, &view, now_us);
    const PublicationSpec *red = spec_of_red(publisher, view.payload_type);
    if (red) return receive_red(publisher, &view, red, now_us, layers, arrived);
    return receive(publisher, &view, false, now_us, layers, arrived);
}

const Source *publisher_sender_report(Publisher *publisher, const SenderInfo *info,
                                      Instant instant) {
    const Source *source = find_source(publisher, info->ssrc);
    if (!source || source->is_rtx) return NULL;
    wall_offset_learn(&publisher->offset, info->ntp_time, instant_wall_ms(instant));
    media_clock_learn(&source->layer->clock, info->ntp_time, info->rtp_time);
    receive_stats_sender_report(&source->layer->stats, info->ntp_time, instant.now_us);
    return source;
}

/* ---- what is said back */

/* An encoder begins a layer that it stopped with a key frame by itself; asked for one meanwhile, it
 * would begin all the others anew. Where nothing lives, a screen may just not change: it is asked. */
static bool is_stopped(const Publication *publication, const Layer *layer, int64_t now_us) {
    if (layer_is_live(layer, now_us)) return false;
    for (int i = 0; i < publication->layer_count; i++)
        if (layer_is_live(publication->layers[i], now_us)) return true;
    return false;
}

static void ask_repairs(Publisher *publisher, Publication *publication, Layer *layer,
                        int64_t now_us, Compound *out) {
    uint16_t seqs[MAX_MISSING];
    int missing = nack_list_due(&layer->nacks, now_us, seqs);
    if (missing && publication->spec.wants_nack)
        rtcp_write_nack(out, publisher->ssrc, layer->ssrc, seqs, missing);
    bool is_recorded = publication->is_tapped && publication->tapped == layer;
    bool is_tapped = is_recorded || layer->tap_key;
    if (layer_is_audio(layer) || is_stopped(publication, layer, now_us)) return;
    if (!layer_keyframe_due(layer, is_tapped, now_us)) return;
    if (publication->spec.wants_pli)
        rtcp_write_pli(out, publisher->ssrc, layer->ssrc);
    else
        rtcp_write_fir(out, publisher->ssrc, layer->ssrc, ++layer->keyframes.fir_count);
}

static void note_loss(Publisher *publisher, int64_t expected, int64_t lost) {
    /* totals shrink when a layer is replaced */
    int64_t more = expected - publisher->expected_before, gone = lost - publisher->lost_before;
    publisher->expected_before = expected;
    publisher->lost_before = lost;
    if (more < 0) more = 0;
    if (gone < 0) gone = 0;
    if (gone > more) gone = more;
    publisher->expected += (uint64_t)more;
    publisher->lost += (uint64_t)gone;
    publisher->fraction_lost = more ? (double)gone / (double)more : 0;
}

static void write_reports(Publisher *publisher, int64_t now_us, Compound *out) {
    ReportBlock blocks[MAX_PUBLICATIONS * MAX_LAYERS];
    uint32_t pictures[MAX_PUBLICATIONS * MAX_LAYERS];
    int count = 0, picture_count = 0;
    int64_t expected = 0, lost = 0;
    bool wants_remb = false;
    for (int i = 0; i < publisher->publication_count; i++) {
        Publication *publication = publisher->publications + i;
        wants_remb |= publication->spec.wants_remb;
        for (int k = 0; k < publication->layer_count; k++) {
            Layer *layer = publication->layers[k];
            blocks[count++] = receive_stats_report(&layer->stats, layer->ssrc, now_us);
            expected += receive_stats_expected(&layer->stats);
            lost += receive_stats_lost(&layer->stats);
            if (!layer_is_audio(layer)) pictures[picture_count++] = layer->ssrc;
        }
    }
    note_loss(publisher, expected, lost);
    rtcp_write_receiver_report(out, publisher->ssrc, blocks, count);
    rtcp_write_source_description(out, publisher->ssrc, CNAME);
    if (wants_remb && !publisher->transport.is_wanted && picture_count)
        rtcp_write_remb(out, publisher->ssrc, publisher->allowance_bps, pictures, picture_count);
}

int publisher_due(Publisher *publisher, int64_t now_us, Compound out[MAX_PUBLISHER_COMPOUNDS]) {
    int count = 0;
    Compound *compound = out + count++;
    compound->length = 0;
    if (now_us - publisher->reported_us >= REPORT_US) {
        publisher->reported_us = now_us;
        write_reports(publisher, now_us, compound);
    } else {
        /* a compound begins with a report, RFC 3550 section 6.1 */
        rtcp_write_receiver_report(compound, publisher->ssrc, NULL, 0);
    }
    int bare = compound->length;
    bool is_report = compound->length > 8;
    for (int i = 0; i < publisher->publication_count; i++) {
        Publication *publication = publisher->publications + i;
        for (int k = 0; k < publication->layer_count; k++)
            ask_repairs(publisher, publication, publication->layers[k], now_us, compound);
    }
    if (!is_report && compound->length == bare) count--;
    compound = out + count;
    compound->length = 0;
    rtcp_write_receiver_report(compound, publisher->ssrc, NULL, 0);
    if (transport_feedback_due(&publisher->transport, publisher->ssrc, compound, now_us)) count++;
    return count;
}
