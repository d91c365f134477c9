#include "subscription_list.h"

#include <stdlib.h>

#include "subscription.h"

bool subscription_list_add(SubscriptionList *list, Subscription *subscription) {
    if (subscription->at[list->kind]) return true;
    if (list->count == list->capacity) {
        int capacity = list->capacity ? 2 * list->capacity : 8;
        Subscription **items = realloc(list->items, (size_t)capacity * sizeof *items);
        if (!items) return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = subscription;
    subscription->at[list->kind] = list->count;
    return true;
}

void subscription_list_remove(SubscriptionList *list, Subscription *subscription) {
    int place = subscription->at[list->kind] - 1;
    if (place < 0 || place >= list->count || list->items[place] != subscription) return;
    Subscription *last = list->items[--list->count];
    list->items[place] = last;
    last->at[list->kind] = place + 1;
    subscription->at[list->kind] = 0;
}

void subscription_list_free(SubscriptionList *list) {
    free(list->items);
    list->items = NULL;
    list->count = list->capacity = 0;
}
