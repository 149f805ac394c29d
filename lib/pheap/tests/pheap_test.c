/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "pheap/pheap.h"

#define ITEMS 200U

struct item {
	struct pheap_node node;
	unsigned key;
};

static bool item_less(const struct pheap_node *a, const struct pheap_node *b)
{
	return ((const struct item *)(const void *)a)->key <
	       ((const struct item *)(const void *)b)->key;
}

static unsigned smallest(const struct item *items)
{
	unsigned best = UINT32_MAX;

	for (unsigned i = 0; i < ITEMS; i++) {
		if (pheap_is_linked(&items[i].node) && items[i].key < best) {
			best = items[i].key;
		}
	}
	return best;
}

static void empty_heap_has_no_first(void **state)
{
	struct pheap heap;

	(void)state;
	pheap_init(&heap, item_less);
	assert_null(pheap_first(&heap));
}

static void comes_out_sorted(void **state)
{
	static struct item items[ITEMS];
	struct pheap heap;
	unsigned last = 0;

	(void)state;
	pheap_init(&heap, item_less);
	for (unsigned i = 0; i < ITEMS; i++) {
		items[i].key = (i * 7919U) % 61U; /* with equal keys */
		pheap_insert(&heap, &items[i].node);
	}
	for (unsigned i = 0; i < ITEMS; i++) {
		struct item *item = CONTAINER_OF(pheap_first(&heap), struct item, node);

		assert_true(item->key >= last);
		last = item->key;
		pheap_remove(&heap, &item->node);
		assert_false(pheap_is_linked(&item->node));
	}
	assert_null(pheap_first(&heap));
}

/* Random insertions and removals of any node, against a search of the array. */
static void first_is_smallest_after_any_change(void **state)
{
	static struct item items[ITEMS];
	struct pheap heap;

	(void)state;
	srand(1);
	pheap_init(&heap, item_less);
	for (unsigned step = 0; step < 20000U; step++) {
		struct item *item = &items[(unsigned)rand() % ITEMS];

		if (pheap_is_linked(&item->node)) {
			pheap_remove(&heap, &item->node);
		} else {
			item->key = (unsigned)rand() % 1000U;
			pheap_insert(&heap, &item->node);
		}
		if (pheap_first(&heap) == NULL) {
			assert_int_equal(smallest(items), UINT32_MAX);
		} else {
			assert_int_equal(CONTAINER_OF(pheap_first(&heap), struct item, node)->key,
				smallest(items));
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_heap_has_no_first),
		cmocka_unit_test(comes_out_sorted),
		cmocka_unit_test(first_is_smallest_after_any_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
