/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "heap/heap.h"

#define ITEMS 200U
#define MANY  4096U

struct item {
	struct heap_node node;
	unsigned key;
};

static unsigned compared;

static bool item_less(const struct heap_node *a, const struct heap_node *b)
{
	compared++;
	return ((const struct item *)(const void *)a)->key <
	       ((const struct item *)(const void *)b)->key;
}

static unsigned smallest(const struct item *items)
{
	unsigned best = UINT32_MAX;

	for (unsigned i = 0; i < ITEMS; i++) {
		if (heap_is_linked(&items[i].node) && items[i].key < best) {
			best = items[i].key;
		}
	}
	return best;
}

static void empty_heap_has_no_first(void **state)
{
	struct heap heap;

	(void)state;
	heap_init(&heap, item_less);
	assert_null(heap_first(&heap));
}

static void comes_out_sorted(void **state)
{
	static struct item items[ITEMS];
	struct heap heap;
	unsigned last = 0;

	(void)state;
	heap_init(&heap, item_less);
	for (unsigned i = 0; i < ITEMS; i++) {
		items[i].key = (i * 7919U) % 61U; /* with equal keys */
		heap_insert(&heap, &items[i].node);
	}
	for (unsigned i = 0; i < ITEMS; i++) {
		struct item *item = CONTAINER_OF(heap_first(&heap), struct item, node);

		assert_true(item->key >= last);
		last = item->key;
		heap_remove(&heap, &item->node);
		assert_false(heap_is_linked(&item->node));
	}
	assert_null(heap_first(&heap));
}

/* All that one change may compare: the ways down two trees of at most `count` nodes. */
static unsigned longest(unsigned count)
{
	unsigned nodes = 0;

	while (count != 0U) {
		count /= 2U;
		nodes++;
	}
	return 2U * nodes;
}

/* What the bound is made of: the shortest way down to a missing child is always on the right. */
static unsigned check_shape(const struct heap_node *parent, const struct heap_node *node)
{
	if (node == NULL) {
		return 0;
	}
	unsigned left = check_shape(node, node->left);
	unsigned right = check_shape(node, node->right);

	assert_ptr_equal(node->parent, parent);
	assert_true(left >= right);
	assert_int_equal(node->rank, right + 1U);
	return right + 1U;
}

/* Rising, falling, and in turns: histories that make a tree one long branch, or a node of many
 * children. */
static void no_change_is_long_after_any_history(void **state)
{
	static struct item items[MANY];

	(void)state;
	for (unsigned history = 0; history < 3U; history++) {
		struct heap heap;

		heap_init(&heap, item_less);
		for (unsigned i = 0; i < MANY; i++) {
			items[i].key = history == 0U   ? i
				       : history == 1U ? MANY - i
						       : (i % 2U != 0U ? i : MANY - i);
			compared = 0;
			heap_insert(&heap, &items[i].node);
			assert_true(compared <= longest(i + 1U));
		}
		(void)check_shape(NULL, heap_first(&heap));
		for (unsigned i = MANY; i != 0U; i--) {
			compared = 0;
			heap_remove(&heap, heap_first(&heap));
			assert_true(compared <= longest(i));
		}
	}
}

/* Random insertions and removals of any node, against a search of the array. */
static void first_is_smallest_after_any_change(void **state)
{
	static struct item items[ITEMS];
	struct heap heap;

	(void)state;
	srand(1);
	heap_init(&heap, item_less);
	for (unsigned step = 0; step < 20000U; step++) {
		struct item *item = &items[(unsigned)rand() % ITEMS];

		if (heap_is_linked(&item->node)) {
			heap_remove(&heap, &item->node);
		} else {
			item->key = (unsigned)rand() % 1000U;
			heap_insert(&heap, &item->node);
		}
		(void)check_shape(NULL, heap_first(&heap));
		if (heap_first(&heap) == NULL) {
			assert_int_equal(smallest(items), UINT32_MAX);
		} else {
			assert_int_equal(CONTAINER_OF(heap_first(&heap), struct item, node)->key,
				smallest(items));
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_heap_has_no_first),
		cmocka_unit_test(comes_out_sorted),
		cmocka_unit_test(no_change_is_long_after_any_history),
		cmocka_unit_test(first_is_smallest_after_any_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
