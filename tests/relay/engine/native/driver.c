/* A small stand-in for libFuzzer where only gcc is: the corpus, then mutations of it for a while.
 *
 *   driver SECONDS FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_INPUTS = 256, MAX_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

typedef struct Input {
    size_t length;
    uint8_t bytes[MAX_BYTES];
} Input;

static Input inputs[MAX_INPUTS];
static int input_count;
static uint64_t state = 0x9E3779B97F4A7C15ULL;

static uint32_t chance(uint32_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below ? (uint32_t)(state >> 32) % below : 0;
}

static void load(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file || input_count == MAX_INPUTS) return;
    Input *input = inputs + input_count++;
    input->length = fread(input->bytes, 1, MAX_BYTES, file);
    fclose(file);
}

/* One change: a bit, a byte, a number at its limits, bytes gone, or a piece of another input. */
static void mutate(Input *input) {
    static const uint8_t limits[] = {0, 1, 0x7F, 0x80, 0xFF};
    size_t at = chance((uint32_t)input->length);
    const Input *other = inputs + chance((uint32_t)input_count);
    size_t piece = chance(64), from = chance((uint32_t)other->length);
    if (!input->length) return;
    switch (chance(5)) {
    case 0: input->bytes[at] ^= (uint8_t)(1U << chance(8)); break;
    case 1: input->bytes[at] = (uint8_t)chance(256); break;
    case 2: input->bytes[at] = limits[chance(sizeof limits)]; break;
    case 3: input->length = at; break;
    default:
        if (piece > other->length - from) piece = other->length - from;
        if (piece > MAX_BYTES - at) piece = MAX_BYTES - at;
        memcpy(input->bytes + at, other->bytes + from, piece);
        if (at + piece > input->length) input->length = at + piece;
    }
}

/* From memory of just this size, so that a byte read beyond it is seen. */
static void run(const Input *input) {
    uint8_t *exact = malloc(input->length ? input->length : 1);
    memcpy(exact, input->bytes, input->length);
    LLVMFuzzerTestOneInput(exact, input->length);
    free(exact);
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    DIR *folder = opendir(arguments[2]);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.') load(arguments[2], entry->d_name);
    if (folder) closedir(folder);
    if (!input_count) return 2;
    for (int i = 0; i < input_count; i++) run(inputs + i);
    clock_t until = clock() + (clock_t)(atof(arguments[1]) * CLOCKS_PER_SEC);
    long runs = input_count;
    for (; clock() < until; runs++) {
        Input input = inputs[chance((uint32_t)input_count)];
        for (uint32_t change = chance(8) + 1; change > 0; change--) mutate(&input);
        run(&input);
    }
    printf("%ld runs\n", runs);
    return 0;
}
