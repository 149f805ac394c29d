/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A leftist tree: of two children the one with the longer way to where a child is missing stands on
 * the left, so the way down on the right side, along which trees are melded, is log2(n + 1) at
 * most.
 */
#include "heap/heap.h"

/* Nodes on the shortest way down to a missing child. */
static uint32_t rank_of(const struct heap_node *node)
{
	return node != NULL ? node->rank : 0U;
}

static void attach(struct heap_node *parent, struct heap_node **place, struct heap_node *node)
{
	*place = node;
	if (node != NULL) {
		node->parent = parent;
	}
}

/* After a change below the node; true where that changes its own rank. */
static bool settle(struct heap_node *node)
{
	uint32_t before = node->rank;

	if (rank_of(node->left) < rank_of(node->right)) {
		struct heap_node *swap = node->left;

		node->left = node->right;
		node->right = swap;
	}
	node->rank = rank_of(node->right) + 1U;
	return node->rank != before;
}

/* Two trees to one, which has no parent yet. Either may be NULL. */
static struct heap_node *meld(heap_less_fn *less, struct heap_node *a, struct heap_node *b)
{
	struct heap_node *root = NULL;
	struct heap_node *last = NULL;
	struct heap_node **place = &root;

	while (a != NULL && b != NULL) {
		if (less(b, a)) {
			struct heap_node *swap = a;

			a = b;
			b = swap;
		}
		*place = a;
		a->parent = last;
		last = a;
		place = &a->right;
		a = a->right;
	}
	attach(last, place, a != NULL ? a : b);
	for (; last != NULL; last = last->parent) {
		(void)settle(last);
	}
	return root;
}

void heap_insert(struct heap *heap, struct heap_node *node)
{
	*node = (struct heap_node){.rank = 1};
	heap->root = meld(heap->less, heap->root, node);
}

/* Ranks rise by at least one with each node on the way up on which they change, so that ends after
 * log2(n + 1) of them. */
void heap_remove(struct heap *heap, struct heap_node *node)
{
	struct heap_node *above = node->parent;
	struct heap_node *rest = meld(heap->less, node->left, node->right);

	struct heap_node **place = above == NULL	 ? &heap->root
				   : above->left == node ? &above->left
							 : &above->right;

	attach(above, place, rest);
	while (above != NULL && settle(above)) {
		above = above->parent;
	}
	*node = (struct heap_node){0};
}
