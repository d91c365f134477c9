/* What is not media: checks that find and keep a peer, and datagrams of its handshake.
 *
 *   0..3   STUN: by name; its password proves it; answered here. Control hears of it unless it only
 *          says that a connected peer is still where it was.
 *   20..63 DTLS: by an address that has proved itself; for control.
 *   others, and whatever proves nothing: counted, nothing is kept. */
#include "engine.h"

static void tell(Engine *engine, ControlRecord kind, const ControlHead *head, const uint8_t *bytes,
                 int length) {
    if (!ring_push(&engine->control, kind, head, sizeof *head, bytes, (uint32_t)length))
        counters_add(&engine->counters, COUNT_CONTROL_FULL, 1);
    engine->has_news = true;
}

static void answer(Engine *engine, const Check *check, const Address *from,
                   const HmacKey *password) {
    uint8_t *place = batch_place(engine->batch);
    batch_add(engine->batch, from, stun_write_answer(place, check, from, password));
}

/* When the session was last checked from somewhere else. */
static int64_t checked_elsewhere_us(const IceSession *session, const Address *from) {
    int64_t newest = NEVER_US;
    for (const Proved *each = session->proved; each < session->proved + MAX_PROVED; each++) {
        bool is_other = each->address.length && !address_is_same(&each->address, from);
        if (is_other && each->checked_us > newest) newest = each->checked_us;
    }
    return newest;
}

/* Whether the check only says that a connected peer is still where it was. */
static bool is_consent(Engine *engine, const IceName *name, const Datagram *datagram) {
    Peer *peer = (Peer *)address_table_find(&engine->by_address, &datagram->from);
    if (!peer || peer->ice != name->session->number || !name->is_used) return false;
    engine_heard(engine, peer, datagram->arrived_us);
    return true;
}

/* A connection that has proved itself stays, and one that stands for nobody any more goes. */
static void prove(Engine *engine, IceSession *session, const Datagram *datagram) {
    Address former =
        ice_prove(session, &engine->proved, &datagram->from, datagram->arrived_us);
    streams_prove(engine->streams, datagram->from.stream);
    streams_doubt(engine->streams, former.stream, datagram->arrived_us);
}

static void take_check(Engine *engine, const Datagram *datagram) {
    Check check;
    if (!stun_read_check(&check, datagram->bytes, datagram->length)) {
        counters_add(&engine->counters, COUNT_NOT_OURS, 1);
        return;
    }
    IceName *name = name_table_find(&engine->names, check.ufrag);
    if (!name || !stun_is_proved(&check, &name->password)) {
        counters_add(&engine->counters, COUNT_STUN_REFUSED, 1);
        return;
    }
    answer(engine, &check, &datagram->from, &name->password);
    prove(engine, name->session, datagram);
    if (is_consent(engine, name, datagram)) return;
    name->is_used = true;
    ControlHead head = {
        .session = name->session->number,
        .from = datagram->from,
        .arrived_us = datagram->arrived_us,
        .elsewhere_us = checked_elsewhere_us(name->session, &datagram->from),
        .nominates = check.nominates,
    };
    memcpy(head.ufrag, check.ufrag, UFRAG_BYTES);
    tell(engine, CONTROL_CHECK, &head, NULL, 0);
}

static void take_handshake(Engine *engine, const Datagram *datagram) {
    IceSession *session = ice_session_at(&engine->proved, &datagram->from);
    if (!session || !ice_takes_handshake(session, datagram->arrived_us)) {
        counters_add(&engine->counters, session ? COUNT_CONTROL_FULL : COUNT_NOT_OURS, 1);
        return;
    }
    ControlHead head = {
        .session = session->number, .from = datagram->from, .arrived_us = datagram->arrived_us};
    tell(engine, CONTROL_HANDSHAKE, &head, datagram->bytes, datagram->length);
}

void engine_take_control(Engine *engine, const Datagram *datagram) {
    uint8_t first = datagram->bytes[0];
    if (first <= 3)
        take_check(engine, datagram);
    else if (first >= 20 && first <= 63)
        take_handshake(engine, datagram);
    else
        counters_add(&engine->counters, COUNT_NOT_OURS, 1);
}
