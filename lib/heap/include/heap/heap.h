/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intrusive leftist heap: the smallest of a set at O(1), insertion and removal of any node at
 * O(log n), each time: no history of insertions makes one of them long. The nodes stand in the
 * caller's structs; nothing is allocated, nothing recurses. No lock: the caller's.
 */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: in no heap. */
struct heap_node {
	struct heap_node *left;
	struct heap_node *right;
	struct heap_node *parent; /* NULL: it is the first */
	uint32_t rank;		  /* at least 1, where it is in a heap */
};

/* Is a to come out before b? Must be a strict order on all nodes of one heap. */
typedef bool heap_less_fn(const struct heap_node *a, const struct heap_node *b);

struct heap {
	struct heap_node *root;
	heap_less_fn *less;
};

static inline void heap_init(struct heap *heap, heap_less_fn *less)
{
	heap->root = NULL;
	heap->less = less;
}

/* The smallest node, or NULL. */
static inline struct heap_node *heap_first(const struct heap *heap)
{
	return heap->root;
}

static inline bool heap_is_linked(const struct heap_node *node)
{
	return node->rank != 0U;
}

/* The node must be in no heap. */
void heap_insert(struct heap *heap, struct heap_node *node);

/* The node must be in this heap; afterwards it is all zero. */
void heap_remove(struct heap *heap, struct heap_node *node);

#endif
