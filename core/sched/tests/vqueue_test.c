/* SPDX-License-Identifier: Apache-2.0 */
/* The queue by virtual runtime against a search of all that is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "sched/vqueue.h"

#define NODES  300U
#define WIDTH  UINT64_C(1024)
#define FINE   (WIDTH * VQUEUE_BUCKETS)
#define COARSE (FINE * VQUEUE_BUCKETS)

static struct vqueue queue;
static struct vqueue_node nodes[NODES];
static bool queued[NODES];
static uint64_t floor_key;
static uint64_t seed;

static uint64_t random_below(uint64_t bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (seed >> 33) % bound;
}

static void begin(uint64_t at)
{
	seed = 1;
	floor_key = at;
	vqueue_init(&queue, WIDTH + WIDTH / 2U); /* rounded down */
	for (unsigned i = 0; i < NODES; i++) {
		queued[i] = false;
	}
}

static void insert(unsigned i, uint64_t ahead)
{
	nodes[i].key = floor_key + ahead;
	queued[i] = true;
	vqueue_insert(&queue, &nodes[i], floor_key);
}

static void take_out(unsigned i)
{
	queued[i] = false;
	vqueue_remove(&queue, &nodes[i], floor_key);
}

static unsigned least(void)
{
	unsigned found = NODES;

	for (unsigned i = 0; i < NODES; i++) {
		if (queued[i] &&
			(found == NODES || (int64_t)(nodes[i].key - nodes[found].key) < 0)) {
			found = i;
		}
	}
	return found;
}

/* The first is behind the least by the width of a bucket at most. */
static unsigned check_first(void)
{
	const struct vqueue_node *first = vqueue_first(&queue);
	unsigned expected = least();
	uint64_t width;

	if (expected == NODES) {
		assert_null(first);
		return NODES;
	}
	assert_non_null(first);
	assert_true(queued[first - nodes]);
	width = nodes[expected].bucket < VQUEUE_BUCKETS ? WIDTH : FINE;
	assert_true(first->key - nodes[expected].key < width);
	return (unsigned)(first - nodes);
}

static void drain(void)
{
	for (unsigned first = check_first(); first != NODES; first = check_first()) {
		if ((int64_t)(nodes[first].key - floor_key) > 0) {
			floor_key = nodes[first].key;
		}
		take_out(first);
	}
	assert_int_equal(least(), NODES);
}

static void those_of_one_bucket_come_in_order_of_arrival(void **state)
{
	(void)state;
	begin(UINT64_C(5) * WIDTH);
	insert(0, 7);
	for (unsigned i = 1; i < 5U; i++) {
		insert(i, 100U - i);
	}
	for (unsigned i = 0; i < 5U; i++) {
		assert_ptr_equal(vqueue_first(&queue), &nodes[i]);
		take_out(i);
	}
	assert_null(vqueue_first(&queue));
}

static void who_comes_in_behind_all_is_first(void **state)
{
	(void)state;
	begin(UINT64_C(5) * WIDTH);
	insert(0, 7);
	insert(1, 6); /* of the same bucket */
	assert_ptr_equal(vqueue_first(&queue), &nodes[1]);
	insert(2, UINT64_C(0) - 3U * WIDTH); /* below the floor, even */
	assert_ptr_equal(vqueue_first(&queue), &nodes[2]);
	drain();
}

static void the_coarse_ring_waits_for_its_keys(void **state)
{
	(void)state;
	begin(0);
	insert(0, FINE + 3U * WIDTH);
	assert_ptr_equal(vqueue_first(&queue), &nodes[0]);
	floor_key = FINE; /* the fine ring reaches there now */
	insert(1, 4U * WIDTH);
	insert(2, 2U * WIDTH);
	assert_ptr_equal(vqueue_first(&queue), &nodes[2]);
	take_out(2);
	assert_ptr_equal(vqueue_first(&queue), &nodes[0]);
	take_out(0);
	assert_ptr_equal(vqueue_first(&queue), &nodes[1]);
	drain();
}

/* As a CPU does: the first one leaves and comes back ahead, others come and go. */
static void churn(uint64_t start, uint64_t most_ahead)
{
	begin(start);
	for (unsigned round = 0; round < 20000U; round++) {
		unsigned i = (unsigned)random_below(NODES);
		unsigned first = check_first();

		if (first != NODES && random_below(4U) != 0U) {
			if ((int64_t)(nodes[first].key - floor_key) > 0) {
				floor_key = nodes[first].key;
			}
			take_out(first);
			insert(first, random_below(most_ahead));
		} else if (queued[i]) {
			take_out(i);
		} else {
			insert(i, random_below(most_ahead));
		}
	}
	drain();
}

static void it_is_a_queue_by_key(void **state)
{
	static const uint64_t starts[] = {0, 12345, UINT64_MAX - 20U * FINE};
	static const uint64_t spans[] = {WIDTH / 2U, 10U * WIDTH, FINE, 10U * FINE, COARSE - FINE};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(starts); i++) {
		for (unsigned k = 0; k < ARRAY_SIZE(spans); k++) {
			churn(starts[i], spans[k]);
		}
	}
}

/* Out of order perhaps, but nobody is lost. */
static void beyond_the_coarse_ring_all_come(void **state)
{
	unsigned count = 0;

	(void)state;
	begin(99);
	for (unsigned i = 0; i < NODES; i++) {
		insert(i, random_below(5U * COARSE));
	}
	for (struct vqueue_node *first = vqueue_first(&queue); first != NULL;
		first = vqueue_first(&queue)) {
		if ((int64_t)(first->key - floor_key) > 0) {
			floor_key = first->key;
		}
		take_out((unsigned)(first - nodes));
		count++;
	}
	assert_int_equal(count, NODES);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_of_one_bucket_come_in_order_of_arrival),
		cmocka_unit_test(who_comes_in_behind_all_is_first),
		cmocka_unit_test(the_coarse_ring_waits_for_its_keys),
		cmocka_unit_test(it_is_a_queue_by_key),
		cmocka_unit_test(beyond_the_coarse_ring_all_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
