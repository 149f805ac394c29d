/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intrusive doubly linked list. A node is in one list or in none; an unlinked node points to
 * itself.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

#include "base/compiler.h"

struct list {
	struct list *next;
	struct list *prev;
};

static inline void list_init(struct list *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_insert_before(struct list *place, struct list *node)
{
	node->next = place;
	node->prev = place->prev;
	place->prev->next = node;
	place->prev = node;
}

static inline void list_push_front(struct list *list, struct list *node)
{
	list_insert_before(list->next, node);
}

static inline void list_push_back(struct list *list, struct list *node)
{
	list_insert_before(list, node);
}

static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* The body must not remove `node`. */
#define LIST_FOR_EACH(node, head)                                                                  \
	for (struct list *node = (head)->next; node != (head); node = node->next)

#endif
