#include "keyed_hash.h"

#include <sys/random.h>

typedef struct State {
    uint64_t a, b, c, d;
} State;

bool hash_key_init(HashKey *key) {
    return getrandom(key->halves, sizeof key->halves, 0) == (ssize_t)sizeof key->halves;
}

static inline uint64_t rotated(uint64_t word, int bits) { return word << bits | word >> (64 - bits); }

static inline void round_of(State *state) {
    state->a += state->b;
    state->c += state->d;
    state->b = rotated(state->b, 13) ^ state->a;
    state->d = rotated(state->d, 16) ^ state->c;
    state->a = rotated(state->a, 32) + state->d;
    state->c += state->b;
    state->d = rotated(state->d, 21) ^ state->a;
    state->b = rotated(state->b, 17) ^ state->c;
    state->c = rotated(state->c, 32);
}

static inline void take(State *state, uint64_t word) {
    state->d ^= word;
    round_of(state);
    state->a ^= word;
}

uint64_t keyed_hash(const HashKey *key, const uint64_t *words, int count) {
    State state = {
        key->halves[0] ^ 0x736F6D6570736575ULL,
        key->halves[1] ^ 0x646F72616E646F6DULL,
        key->halves[0] ^ 0x6C7967656E657261ULL,
        key->halves[1] ^ 0x7465646279746573ULL,
    };
    for (int i = 0; i < count; i++) take(&state, words[i]);
    take(&state, (uint64_t)count * sizeof *words << 56);
    state.c ^= 0xFF;
    for (int i = 0; i < 3; i++) round_of(&state);
    return state.a ^ state.b ^ state.c ^ state.d;
}
