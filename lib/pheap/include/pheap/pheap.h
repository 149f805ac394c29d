/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intrusive pairing heap: the smallest of a set at O(1), insertion at O(1), removal of any node at
 * O(log n) amortised. The nodes stand in the caller's structs; nothing is allocated, nothing
 * recurses. No lock: the caller's.
 */
#ifndef PHEAP_PHEAP_H
#define PHEAP_PHEAP_H

#include <stdbool.h>
#include <stddef.h>

/* All zero: in no heap. */
struct pheap_node {
	struct pheap_node *child; /* first of the children */
	struct pheap_node *next;  /* sibling */
	struct pheap_node **link; /* the pointer that points to us; NULL: in no heap */
};

/* Is a to come out before b? Must be a strict order on all nodes of one heap. */
typedef bool pheap_less_fn(const struct pheap_node *a, const struct pheap_node *b);

struct pheap {
	struct pheap_node *root;
	pheap_less_fn *less;
};

static inline void pheap_init(struct pheap *heap, pheap_less_fn *less)
{
	heap->root = NULL;
	heap->less = less;
}

/* The smallest node, or NULL. */
static inline struct pheap_node *pheap_first(const struct pheap *heap)
{
	return heap->root;
}

static inline bool pheap_is_linked(const struct pheap_node *node)
{
	return node->link != NULL;
}

/* The node must be in no heap. */
void pheap_insert(struct pheap *heap, struct pheap_node *node);

/* The node must be in this heap; afterwards it is all zero. */
void pheap_remove(struct pheap *heap, struct pheap_node *node);

#endif
