#include "publication.h"

#define BETTER_US (3 * SECOND_US) /* how long a better layer must have lived */

Layer *publication_layer(const Publication *publication, const char *rid) {
    for (int i = 0; i < publication->layer_count; i++)
        if (strcmp(publication->layers[i]->rid, rid) == 0) return publication->layers[i];
    return NULL;
}

Layer *publication_made(const Publication *publication, const char *rid) {
    for (int i = 0; i < publication->made_count; i++)
        if (strcmp(publication->made[i]->rid, rid) == 0) return publication->made[i];
    return NULL;
}

static bool is_better(Layer *one, Layer *other, bool by_pixels, int64_t now_us) {
    if (by_pixels && one->pixels != other->pixels) return one->pixels > other->pixels;
    return rate_meter_bps(&one->rate, now_us) > rate_meter_bps(&other->rate, now_us);
}

/* Pixels decide where every layer's are known, else the bitrate. */
static int sort(Layer *const *layers, int count, Layer *sorted[], int64_t now_us) {
    bool by_pixels = true;
    for (int i = 0; i < count; i++)
        if (!layers[i]->pixels) by_pixels = false;
    for (int i = 0; i < count; i++) {
        int place = i;
        for (; place > 0; place--) {
            if (!is_better(sorted[place - 1], layers[i], by_pixels, now_us)) break;
            sorted[place] = sorted[place - 1];
        }
        sorted[place] = layers[i];
    }
    return count;
}

int publication_by_quality(Publication *publication, Layer *sorted[MOST_LAYERS], int64_t now_us) {
    Layer *all[MOST_LAYERS];
    int count = 0;
    for (int i = 0; i < publication->layer_count; i++) all[count++] = publication->layers[i];
    for (int i = 0; i < publication->made_count; i++) all[count++] = publication->made[i];
    return sort(all, count, sorted, now_us);
}

Layer *publication_choose_tapped(Publication *publication, int64_t now_us) {
    Layer *sorted[MAX_LAYERS], *best = NULL;
    int count = sort(publication->layers, publication->layer_count, sorted, now_us);
    for (int i = 0; i < count; i++)
        if (layer_is_live(sorted[i], now_us)) best = sorted[i];
    Layer *current = publication->tapped;
    if (!current || (best && !layer_is_live(current, now_us))) {
        publication->better_since_us = 0;
        return best ? best : current;
    }
    if (!best || best == current) {
        publication->better_since_us = 0;
    } else if (!publication->better_since_us) {
        publication->better_since_us = now_us;
    } else if (now_us - publication->better_since_us >= BETTER_US) {
        publication->better_since_us = 0;
        return best;
    }
    return current;
}
