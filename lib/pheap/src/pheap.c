/* SPDX-License-Identifier: Apache-2.0 */
#include "pheap/pheap.h"

static void link_at(struct pheap_node **place, struct pheap_node *node)
{
	*place = node;
	if (node != NULL) {
		node->link = place;
	}
}

/* Two trees to one: the later root becomes the first child of the other. Either may be NULL. */
static struct pheap_node *meld(pheap_less_fn *less, struct pheap_node *a, struct pheap_node *b)
{
	if (a == NULL) {
		return b;
	}
	if (b == NULL) {
		return a;
	}
	if (less(b, a)) {
		struct pheap_node *swap = a;

		a = b;
		b = swap;
	}
	link_at(&b->next, a->child);
	link_at(&a->child, b);
	return a;
}

/* The children of a removed node to one tree: melded in pairs from the left, then the pairs into
 * one from the right. This is what makes removal O(log n) amortised. */
static struct pheap_node *meld_children(pheap_less_fn *less, struct pheap_node *child)
{
	struct pheap_node *pairs = NULL;
	struct pheap_node *tree = NULL;

	while (child != NULL) {
		struct pheap_node *a = child;
		struct pheap_node *b = a->next;

		child = b != NULL ? b->next : NULL;
		a->next = NULL;
		if (b != NULL) {
			b->next = NULL;
		}
		a = meld(less, a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs != NULL) {
		struct pheap_node *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		tree = meld(less, tree, pair);
	}
	return tree;
}

void pheap_insert(struct pheap *heap, struct pheap_node *node)
{
	*node = (struct pheap_node){0};
	link_at(&heap->root, meld(heap->less, heap->root, node));
}

void pheap_remove(struct pheap *heap, struct pheap_node *node)
{
	struct pheap_node *rest;

	link_at(node->link, node->next);
	rest = meld_children(heap->less, node->child);
	*node = (struct pheap_node){0};
	link_at(&heap->root, meld(heap->less, heap->root, rest));
}
