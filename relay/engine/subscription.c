#include "subscription.h"

#include <stdlib.h>

enum { AUDIO_SENT = 256, VIDEO_SENT = 512 }; /* packets that can be sent again, at most */

void subscription_init(Subscription *subscription, const SubscriptionSpec *spec,
                       struct Subscriber *subscriber) {
    memset(subscription, 0, sizeof *subscription);
    subscription->spec = *spec;
    subscription->subscriber = subscriber;
    subscription->rtx_payload_type = -1;
    subscription->rtx_seq = spec->first_rtx_seq;
    subscription->sent.most = spec->is_audio ? AUDIO_SENT : VIDEO_SENT;
    subscription->asked_keyframe_us = NEVER_US;
    subscription->thinning.wanted = EVERY_PICTURE;
    munger_init(&subscription->munger, spec->is_audio ? 48000 : 90000, spec->first_seq,
                spec->first_ts);
}

void subscription_free(Subscription *subscription) { free(subscription->sent.places); }

/* Outbound timestamp of the new layer's packet by the publisher's own clock, which tells more
 * exactly than arrivals when its pictures were taken. */
static bool switch_hint(const Subscription *subscription, const Layer *layer, uint32_t ts,
                        uint32_t *hint) {
    double wall_ms;
    if (!subscription->layer) return false;
    const MediaClock *before = layer_clock(subscription->layer), *now = layer_clock(layer);
    *hint = ts;
    bool is_known = before == now || (media_clock_wall_ms(now, ts, &wall_ms) &&
                                      media_clock_ts_at(before, wall_ms, hint));
    *hint += subscription->munger.ts_shift;
    return is_known;
}

void subscription_switch(Subscription *subscription, Layer *layer, const Packet *packet) {
    uint32_t hint;
    bool has_hint = switch_hint(subscription, layer, packet->ts, &hint);
    munger_switch(&subscription->munger, packet->ext_seq, packet->ts, packet->arrival_us,
                  has_hint ? &hint : NULL);
    thinning_begin(&subscription->thinning, packet->ext_seq);
    subscription->layer = layer;
}

bool subscription_can_start_at(const Subscription *subscription, const Packet *packet) {
    const Munger *munger = &subscription->munger;
    return !munger->is_started || packet->arrival_us > munger->last_arrival_us;
}

static int write_extensions(const Subscription *subscription, bool has_mid, uint32_t send_time,
                            uint8_t *out) {
    const SubscriptionSpec *spec = &subscription->spec;
    const ExtensionBlock *block = has_mid ? &spec->with_mid : &spec->bare;
    memcpy(out, block->bytes, block->length);
    if (block->time_at) put24(out + block->time_at, send_time);
    return block->length;
}

/* The payload in this subscriber's numbers; its length. */
static int write_payload(const Packet *packet, const Sent *sent, uint8_t *out) {
    if (sent->is_empty) return 0;
    memcpy(out, packet_payload(packet), packet->payload_length);
    if (packet->has_descriptor) vp8_rewrite(out, &packet->descriptor, sent->picture_id, sent->tl0);
    return packet->payload_length;
}

static int write_packet(const Subscription *subscription, const Packet *packet, const Sent *sent,
                        uint32_t send_time, uint8_t *out) {
    const SubscriptionSpec *spec = &subscription->spec;
    uint8_t *at = out + RTP_HEADER_BYTES;
    at += write_extensions(subscription, sent->has_mid, send_time, at);
    rtp_write_header(out, subscription->payload_type, packet->is_marked && !sent->is_empty,
                     at > out + RTP_HEADER_BYTES, sent->seq, sent->ts, spec->ssrc);
    return (int)(at - out) + write_payload(packet, sent, at);
}

static inline int most_temporal(Thinning *thinning, const Packet *packet, bool is_late) {
    if (is_late) return thinning_at(thinning, packet->ext_seq);
    if (thinning->most != thinning->wanted) thinning_move(thinning, packet);
    return thinning->most;
}

/* Numbers of a packet that goes out; false for one that does not. A late one that is not wanted goes
 * out empty, because its number was kept and the gap would never close. */
static bool number(Subscription *subscription, const Packet *packet, Numbers *numbers,
                   bool *is_empty) {
    Munger *munger = &subscription->munger;
    bool is_late = munger_is_late(munger, packet->ext_seq);
    int most = most_temporal(&subscription->thinning, packet, is_late);
    *is_empty = packet->temporal_id > most;
    if (*is_empty && !is_late) {
        munger_leave_out(munger, packet->ext_seq, packet->ts);
        return false;
    }
    if (most < 0) return false;
    if (!munger_numbers(munger, packet->ext_seq, packet->ts, packet->arrival_us, numbers))
        return false;
    if (packet->has_descriptor && !*is_empty) munger_vp8(munger, &packet->descriptor, numbers);
    return true;
}

int subscription_write(Subscription *subscription, const Packet *packet, uint8_t padding,
                       uint32_t send_time, uint8_t *out) {
    Numbers numbers;
    bool is_empty;
    if (!number(subscription, packet, &numbers, &is_empty)) return 0;
    Sent unkept, *sent = sent_ring_put(&subscription->sent, (uint16_t)numbers.seq,
                                        packet->arrival_us);
    if (!sent) sent = &unkept;
    *sent = (Sent){
        .ts = numbers.ts,
        .source_seq = (uint32_t)packet->ext_seq,
        .sent_ms = (uint32_t)(packet->arrival_us / 1000),
        .seq = (uint16_t)numbers.seq,
        .layer_id = subscription->layer->id,
        .picture_id = numbers.picture_id,
        .tl0 = numbers.tl0,
        .has_mid = !subscription->knows_ssrc,
        .is_empty = is_empty,
        .is_used = 1,
    };
    subscription->packets++;
    if (!is_empty) subscription->octets += packet->payload_length;
    int length = write_packet(subscription, packet, sent, send_time, out);
    return length + rtp_write_padding(out, length, padding);
}

int subscription_repeat(Subscription *subscription, const Sent *sent, const Packet *packet,
                        uint32_t send_time, uint8_t *out) {
    /* an SRTP packet with the same number must have the same bytes, or GCM is broken */
    if (subscription->spec.is_audio)
        return write_packet(subscription, packet, sent, send_time, out);
    if (subscription->rtx_payload_type < 0) return 0;
    uint8_t *at = out + RTP_HEADER_BYTES;
    at += write_extensions(subscription, sent->has_mid, send_time, at);
    bool is_marked = packet->is_marked && !sent->is_empty;
    rtp_write_header(out, (uint8_t)subscription->rtx_payload_type, is_marked,
                     at > out + RTP_HEADER_BYTES, subscription->rtx_seq++, sent->ts,
                     subscription->spec.rtx_ssrc);
    put16(at, sent->seq);
    return (int)(at - out) + 2 + write_payload(packet, sent, at + 2);
}

int subscription_pad(Subscription *subscription, uint32_t send_time, uint8_t *out) {
    uint8_t *at = out + RTP_HEADER_BYTES;
    at += write_extensions(subscription, !subscription->knows_ssrc, send_time, at);
    rtp_write_header(out, (uint8_t)subscription->rtx_payload_type, false,
                     at > out + RTP_HEADER_BYTES, subscription->rtx_seq++,
                     subscription->munger.last_ts, subscription->spec.rtx_ssrc);
    int length = (int)(at - out);
    return length + rtp_write_padding(out, length, UINT8_MAX);
}

/* The publisher's own clock where it is known: voice and picture stay together. */
static uint32_t rtp_time(const Subscription *subscription, Instant instant) {
    const Munger *munger = &subscription->munger;
    uint32_t at_source;
    bool is_known = subscription->layer && media_clock_ts_at(layer_clock(subscription->layer),
                                                             instant_wall_ms(instant), &at_source);
    if (is_known) return at_source + munger->ts_shift;
    int64_t elapsed_us = instant.now_us - munger->last_arrival_us;
    return munger->last_ts + (uint32_t)(elapsed_us * munger->clock_rate / SECOND_US);
}

bool subscription_sender_report(const Subscription *subscription, Instant instant,
                                SenderReport *report) {
    if (!subscription->munger.is_started) return false;
    *report = (SenderReport){
        .ssrc = subscription->spec.ssrc,
        .ntp_time = ntp_from_wall_us(instant.wall_us),
        .rtp_time = rtp_time(subscription, instant),
        .packets = (uint32_t)subscription->packets,
        .octets = (uint32_t)subscription->octets,
    };
    return true;
}

void subscription_reported(Subscription *subscription, const ReportBlock *block, int64_t now_us,
                           int64_t *expected, int64_t *lost) {
    *expected = *lost = 0;
    subscription->knows_ssrc = true;
    bool is_first = !subscription->is_reported;
    int64_t more = (int32_t)(block->highest_seq - subscription->highest_seq);
    int64_t more_lost = (int64_t)block->packets_lost - subscription->packets_lost;
    subscription->is_reported = true;
    subscription->highest_seq = block->highest_seq;
    subscription->packets_lost = block->packets_lost;
    int64_t skipped = munger_take_skipped(&subscription->munger) + subscription->skipped;
    subscription->skipped = 0;
    if (is_first) return;
    if (more <= 0) {
        subscription->skipped = skipped; /* for the report that will speak of them */
        return;
    }
    if (more > more_lost) {
        subscription->arrived = more - more_lost;
        subscription->arrived_us = now_us;
    }
    int64_t link_lost = more_lost - skipped;
    if (link_lost < 0) link_lost = 0;
    if (link_lost > more) link_lost = more;
    subscription->fraction_lost = (double)link_lost / (double)more;
    *expected = more;
    *lost = link_lost;
}
