/* Which of a layer's pictures one viewer gets: those up to a temporal id, changed where the decoder
 * can follow: down at the next picture, up where the new ones refer to nothing that was left out. */
#ifndef RELAY_ENGINE_THINNING_H
#define RELAY_ENGINE_THINNING_H

#include "packet.h"
#include "temporal.h"

typedef struct Thinning {
    int64_t since, since_before; /* source numbers from which the two below hold */
    uint8_t most, most_before; /* highest temporal id that goes to the viewer; -before: until then */
    uint8_t wanted; /* by control */
    uint8_t rising_seconds; /* without having come to what is wanted */
} Thinning;

/* A segment begins here, with a key frame: all that is wanted can begin too. */
void thinning_begin(Thinning *thinning, int64_t ext_seq);

/* Go on to what is wanted if it can be done at this packet, the newest of its layer. */
void thinning_move(Thinning *thinning, const Packet *packet);

/* Call once a second; whether only a key frame seems to lead to what is wanted: encoders that mark no
 * place to go up have no other. */
bool thinning_needs_keyframe(Thinning *thinning);

/* The highest temporal id at this packet's place in the past; -1 where it is not known any more. */
int thinning_at(const Thinning *thinning, int64_t ext_seq);

#endif
