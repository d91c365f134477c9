#include "fuzz.h"

enum { PLACES = 8, NAMES = 6, SESSIONS = 3, SECRET_BYTES = 24 };

static const uint8_t secret[SECRET_BYTES] = "a password of twenty-two";

/* Four by IPv4, two by IPv6, two by TCP. */
static Address place_of(uint8_t which, const Address *sink) {
    Address address = *sink;
    which %= PLACES;
    if (which < 4) {
        address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK + which);
    } else {
        memset(&address, 0, sizeof address);
        address.length = sizeof address.v6;
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_addr.s6_addr[15] = which;
        address.v6.sin6_port = sink->v4.sin_port;
        if (which >= 6) address.stream = which;
    }
    return address;
}

/* What only a peer with the password can do: the signature fits, if there is one. */
static void sign(uint8_t *bytes, int length) {
    Check check;
    HmacKey key;
    uint8_t covered[MAX_DATAGRAM_BYTES];
    if (!stun_read_check(&check, bytes, length)) return;
    memcpy(covered, bytes, (size_t)check.integrity_at);
    put16(covered + 2, (uint32_t)(check.integrity_at + 4 + SHA1_BYTES - STUN_HEAD_BYTES));
    hmac_key_init(&key, secret, sizeof secret);
    hmac_sign(&key, covered, (size_t)check.integrity_at, bytes + check.integrity_at + 4);
}

static void datagram(Engine *engine, Script *script, const Address *sink, bool is_signed) {
    uint8_t bytes[MAX_DATAGRAM_BYTES];
    const uint8_t *which;
    if (!take(script, 1, &which)) return;
    Datagram datagram = {.bytes = bytes, .arrived_us = engine->instant.now_us};
    datagram.from = place_of(*which, sink);
    datagram.length = take_sized(script, sizeof bytes + 1, bytes);
    if (datagram.length < 1) return;
    if (is_signed) sign(bytes, datagram.length);
    engine_take_control(engine, &datagram);
    batch_send(engine->batch); /* the answer's address lives as long as the datagram */
}

static void open_name(Engine *engine, uint8_t what) {
    OpenName command;
    memset(&command, 0, sizeof command);
    command.place = what % SESSIONS;
    command.number = 1 + command.place;
    command.password_length = sizeof secret;
    memcpy(command.password, secret, sizeof secret);
    snprintf(command.ufrag, sizeof command.ufrag, "ours%d", what / SESSIONS % NAMES);
    engine_command(engine, OPEN_NAME, &command, sizeof command);
}

static void command(Engine *engine, uint8_t operation, uint8_t what, const Address *sink) {
    CloseName name;
    PeerAddress moved = {VIEWER, place_of(what, sink)};
    switch (operation >> 3 & 3) {
    case 0: open_name(engine, what); break;
    case 1:
        memset(&name, 0, sizeof name);
        snprintf(name.ufrag, sizeof name.ufrag, "ours%d", what % NAMES);
        engine_command(engine, CLOSE_NAME, &name, sizeof name);
        break;
    case 2: command_value(engine, CLOSE_ICE, what % SESSIONS, 0); break;
    default: engine_command(engine, SET_ADDRESS, &moved, sizeof moved);
    }
    while (engine_apply_commands(engine)) continue;
}

/* Every name and address that a session says is its own is found, and no other. */
static void look_through(const Engine *engine) {
    uint32_t names = 0, addresses = 0;
    for (int place = 0; place < SESSIONS; place++) {
        const IceSession *session = engine->ice_sessions[place];
        for (int i = 0; session && i < MAX_NAMES; i++) {
            const IceName *name = session->names + i;
            if (!name->ufrag[0]) continue;
            must(name_table_find(&engine->names, name->ufrag) == name, "a name");
            names++;
        }
        for (int i = 0; session && i < MAX_PROVED; i++) {
            const Address *address = &session->proved[i].address;
            if (!address->length) continue;
            must(address_table_find(&engine->proved, address) == address, "an address");
            addresses++;
        }
    }
    must(names == engine->names.count && addresses == engine->proved.count, "tables");
}

static void reset(Engine *engine, const Address *sink) {
    for (uint32_t place = 0; place < SESSIONS; place++) command_value(engine, CLOSE_ICE, place, 0);
    command_value(engine, REMOVE_PEER, VIEWER, 0);
    command_viewer(engine, VIEWER);
    command_connect(engine, VIEWER, sink);
    while (engine_apply_commands(engine)) continue;
    must(engine->names.count == 0 && engine->proved.count == 0, "nothing is left");
    engine->instant = (Instant){1000 * SECOND_US, 1800000000LL * SECOND_US};
}

void fuzz_control(const uint8_t *bytes, int length) {
    static Engine *engine;
    static Address sink, own;
    if (!engine) {
        engine = stage_engine(&own);
        sink = bound(udp_socket());
    }
    reset(engine, &sink);
    open_name(engine, 0);
    Script script = {bytes, bytes + length};
    const uint8_t *operation, *what;
    while (take(&script, 1, &operation)) {
        switch (*operation & 7) {
        case 0:
        case 1:
        case 2: datagram(engine, &script, &sink, true); break;
        case 3:
        case 4: datagram(engine, &script, &sink, false); break;
        case 5: engine->instant.now_us += 1000 * *operation; break;
        default:
            if (take(&script, 1, &what)) command(engine, *operation, *what, &sink);
        }
        look_through(engine);
    }
    drain(&engine->control);
    drain(&engine->events);
}
