/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct item {
	int value;
	struct list node;
};

static struct list head;
static struct item items[4];

static int setup(void **state)
{
	(void)state;
	list_init(&head);
	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_init(&items[i].node);
	}
	return 0;
}

/* The values in order as decimal digits, front first; checks the links backwards too. */
static int digits(void)
{
	int forwards = 0;
	int backwards = 0;
	int weight = 1;

	LIST_FOR_EACH(node, &head)
	{
		forwards = forwards * 10 + CONTAINER_OF(node, struct item, node)->value;
		assert_ptr_equal(node->prev->next, node);
	}
	for (struct list *node = head.prev; node != &head; node = node->prev) {
		backwards += weight * CONTAINER_OF(node, struct item, node)->value;
		weight *= 10;
	}
	assert_int_equal(forwards, backwards);
	return forwards;
}

static void a_new_list_is_empty(void **state)
{
	(void)state;
	assert_true(list_is_empty(&head));
	assert_int_equal(digits(), 0);
	list_push_back(&head, &items[1].node);
	assert_false(list_is_empty(&head));
}

static void both_ends_and_between(void **state)
{
	(void)state;
	list_push_back(&head, &items[2].node);
	list_push_front(&head, &items[1].node);
	list_push_back(&head, &items[3].node);
	assert_int_equal(digits(), 123);
	list_insert_before(&items[2].node, &items[0].node);
	assert_int_equal(digits(), 1023);
}

static void removed_nodes_are_in_no_list(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		list_push_back(&head, &items[i].node);
	}
	list_remove(&items[1].node); /* between, first, last */
	assert_int_equal(digits(), 23);
	assert_true(list_is_empty(&items[1].node));
	list_remove(&items[0].node);
	list_remove(&items[3].node);
	assert_int_equal(digits(), 2);
	list_remove(&items[2].node);
	assert_true(list_is_empty(&head));
	list_remove(&items[2].node); /* of one that is in none: nothing */
	list_push_front(&head, &items[1].node);
	assert_int_equal(digits(), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_new_list_is_empty, setup),
		cmocka_unit_test_setup(both_ends_and_between, setup),
		cmocka_unit_test_setup(removed_nodes_are_in_no_list, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
