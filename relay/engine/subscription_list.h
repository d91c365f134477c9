/* Subscriptions in no order, added and removed at once: each remembers its place in every list. */
#ifndef RELAY_ENGINE_SUBSCRIPTION_LIST_H
#define RELAY_ENGINE_SUBSCRIPTION_LIST_H

#include <stdbool.h>

typedef struct Subscription Subscription;

/* The lists a subscription can be in: fed by a publication, forwarded a layer as it comes, waiting for
 * the key frame of a layer, catching up with a layer from its cache. */
enum { LIST_FED, LIST_FORWARDED, LIST_WAITING, LIST_CATCHING, LISTS };

typedef struct SubscriptionList {
    Subscription **items;
    int count, capacity, kind;
} SubscriptionList;

/* False when memory is out: the subscription is not in the list then. */
bool subscription_list_add(SubscriptionList *list, Subscription *subscription);

/* Harmless when it is not there. */
void subscription_list_remove(SubscriptionList *list, Subscription *subscription);

void subscription_list_free(SubscriptionList *list);

#endif
