/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A medium that loses power at any write, in any state that a piece cut short may be in: what is
 * found afterwards is always one whole image, the last that was saved or the one that was being
 * saved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nvstore/nvstore_slots.h"

#define IMAGE_MAX 16384U
#define PIECES	  10U
#define CUTS	  4U /* one after the other, without a whole save in between */
#define ROUNDS	  4000U

struct cell {
	bool is_there;
	uint32_t size;
	uint8_t bytes[NVSTORE_PIECE_SIZE];
};

enum torn { TORN_NOT_BEGUN, TORN_HALF, TORN_GONE, TORN_NOISE, TORN_DONE, TORN_COUNT };

static struct cell medium[NVSTORE_SLOTS][PIECES];
static unsigned writes_left; /* until the power goes; UINT32_MAX: never */
static enum torn torn;

static enum plinth_status read_cell(
	void *ctx, unsigned slot, uint32_t index, void *buf, uint32_t max, uint32_t *size)
{
	const struct cell *cell = &medium[slot][index];

	(void)ctx;
	assert_true(slot < NVSTORE_SLOTS && index < PIECES && max >= cell->size);
	if (!cell->is_there) {
		return PLINTH_ENOENT;
	}
	memcpy(buf, cell->bytes, cell->size);
	*size = cell->size;
	return PLINTH_OK;
}

static void tear(struct cell *cell, const void *buf, uint32_t size)
{
	switch (torn) {
	case TORN_NOT_BEGUN:
	case TORN_COUNT:
		break;
	case TORN_HALF:
		memcpy(cell->bytes, buf, size / 2U);
		cell->is_there = true;
		cell->size = size;
		break;
	case TORN_GONE:
		cell->is_there = false;
		break;
	case TORN_NOISE:
		cell->is_there = true;
		cell->size = (uint32_t)rand() % NVSTORE_PIECE_SIZE;
		memset(cell->bytes, rand(), cell->size);
		break;
	case TORN_DONE:
		memcpy(cell->bytes, buf, size);
		cell->is_there = true;
		cell->size = size;
		break;
	}
}

static enum plinth_status write_cell(
	void *ctx, unsigned slot, uint32_t index, const void *buf, uint32_t size)
{
	(void)ctx;
	assert_true(slot < NVSTORE_SLOTS && index < PIECES && size <= NVSTORE_PIECE_SIZE);
	if (writes_left == 0U) {
		tear(&medium[slot][index], buf, size);
		return PLINTH_ETIMEDOUT;
	}
	writes_left--;
	medium[slot][index].is_there = true;
	medium[slot][index].size = size;
	memcpy(medium[slot][index].bytes, buf, size);
	return PLINTH_OK;
}

static uint64_t refused; /* an image's meta; 0: none is */

static bool take(void *ctx, const struct nvstore_image *found)
{
	(void)ctx;
	return refused == 0U || found->meta != refused;
}

static const struct nvstore_medium ops = {read_cell, write_cell, take};
static union nvstore_buffer buffer;
static const struct nvstore_slots slots = {&ops, NULL, &buffer};

/* What the program that was started last knows. */
static uint8_t bytes[IMAGE_MAX];
static struct nvstore_image image = {.bytes = bytes};
static uint64_t highest;

static enum plinth_status load(void)
{
	memset(bytes, 0xee, sizeof(bytes));
	return nvstore_load(&slots, &image, IMAGE_MAX, &highest);
}

/* An image that shows by each of its bytes which it is. */
static bool save(uint8_t id, uint32_t size)
{
	uint32_t index = 0;
	enum plinth_status status = PLINTH_EAGAIN;

	memset(bytes, id, size);
	image.size = size;
	image.meta = id;
	image.generation = ++highest;
	image.slot ^= 1U;
	while (status == PLINTH_EAGAIN) {
		status = nvstore_save_step(&slots, &image, &index);
	}
	if (status != PLINTH_OK) {
		image.slot ^= 1U;
	}
	return status == PLINTH_OK;
}

static bool is_whole(uint8_t id)
{
	for (uint32_t i = 0; i < image.size; i++) {
		if (bytes[i] != id) {
			return false;
		}
	}
	return image.meta == id;
}

static int empty(void **state)
{
	(void)state;
	memset(medium, 0, sizeof(medium));
	writes_left = UINT32_MAX;
	image = (struct nvstore_image){.bytes = bytes};
	highest = 0;
	refused = 0;
	return 0;
}

static void an_empty_medium_has_nothing(void **state)
{
	(void)state;
	assert_int_equal(load(), PLINTH_ENOENT);
	assert_int_equal(highest, 0);
}

static void all_sizes_come_back(void **state)
{
	static const uint32_t sizes[] = {0, 8, NVSTORE_PIECE_PAYLOAD - 8U, NVSTORE_PIECE_PAYLOAD,
		NVSTORE_PIECE_PAYLOAD + 8U, IMAGE_MAX, 40};

	(void)state;
	for (uint8_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_true(save(i, sizes[i]));
		assert_int_equal(load(), PLINTH_OK);
		assert_int_equal(image.size, sizes[i]);
		assert_int_equal(image.slot, (i + 1U) % 2U);
		assert_true(is_whole(i));
	}
}

/* A first image, a cut at each write of the second, in each state of the torn piece. */
static void a_cut_at_each_write(void **state)
{
	unsigned old = 0;
	unsigned new = 0;

	for (unsigned at = 0; at < PIECES; at++) {
		for (torn = 0; torn < TORN_COUNT; torn++) {
			(void)empty(state);
			assert_true(save(1, IMAGE_MAX));
			writes_left = at;
			bool done = save(2, IMAGE_MAX);

			assert_int_equal(load(), PLINTH_OK);
			assert_int_equal(image.size, IMAGE_MAX);
			if (is_whole(2)) {
				new ++;
			} else {
				assert_true(is_whole(1));
				assert_false(done);
				old++;
			}
		}
	}
	assert_true(old > 30U && new > 5U);
}

/* Nothing before: a first save that is cut short leaves nothing that passes for an image. */
static void a_first_save_cut_short(void **state)
{
	torn = TORN_HALF;
	for (unsigned at = 0; at < 9U; at++) {
		(void)empty(state);
		writes_left = at;
		assert_false(save(1, IMAGE_MAX));
		assert_int_equal(load(), PLINTH_EINVAL);
	}
}

/* Any number of cuts and restarts: the image found is the last whole one or one of those tried
 * since, and never of two. */
static void cut_after_cut(void **state)
{
	uint8_t last = 0;
	uint8_t id = 0;

	(void)state;
	srand(2);
	assert_true(save(0, 4096));
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned cuts = (unsigned)rand() % CUTS;
		bool found = false;
		uint8_t from = last;

		for (unsigned i = 0; i < cuts; i++) {
			writes_left = (unsigned)rand() % PIECES;
			torn = (enum torn)(rand() % TORN_COUNT);
			id++;
			if (save(id, 4096U * (1U + (unsigned)rand() % 4U))) {
				from = id;
			}
			if (rand() % 2 == 0) {
				assert_int_equal(load(), PLINTH_OK);
				from = (uint8_t)image.meta;
			}
		}
		assert_int_equal(load(), PLINTH_OK);
		for (uint8_t i = from; !found && i != (uint8_t)(id + 1U); i++) {
			found = is_whole(i);
		}
		assert_true(found);
		writes_left = UINT32_MAX;
		id++;
		assert_true(save(id, 4096U * (1U + (unsigned)rand() % 4U)));
		last = id;
	}
}

/* Two tries of one size in one slot: what the first left behind is of a lower generation, although
 * the only piece that said so first was torn by a try in between. */
static void two_tries_never_make_one(void **state)
{
	(void)state;
	assert_true(save(1, IMAGE_MAX));
	torn = TORN_DONE;
	writes_left = 8;
	assert_false(save(2, IMAGE_MAX)); /* all of it was written, but nobody knows */
	torn = TORN_NOISE;
	writes_left = 0;
	assert_false(save(3, IMAGE_MAX));
	assert_int_equal(load(), PLINTH_OK);
	assert_true(is_whole(1));
	torn = TORN_NOT_BEGUN;
	writes_left = 3;
	assert_false(save(4, IMAGE_MAX));
	assert_int_equal(load(), PLINTH_OK);
	assert_true(is_whole(1));
}

static void pieces_are_checked(void **state)
{
	struct nvstore_piece *piece = (struct nvstore_piece *)(void *)medium[1][0].bytes;

	(void)state;
	assert_true(save(1, 100U));
	medium[1][0].bytes[60] ^= 1U;
	assert_int_equal(load(), PLINTH_EINVAL);
	medium[1][0].bytes[60] ^= 1U;
	piece->version = 2;
	assert_int_equal(load(), PLINTH_EINVAL);
	piece->version = NVSTORE_VERSION;
	piece->magic ^= 1U;
	assert_int_equal(load(), PLINTH_EINVAL);
	piece->magic ^= 1U;
	medium[1][0].size--;
	assert_int_equal(load(), PLINTH_EINVAL);
	medium[1][0].size = 8;
	assert_int_equal(load(), PLINTH_EINVAL);
	medium[1][0].size = NVSTORE_PIECE_SIZE - NVSTORE_PIECE_PAYLOAD + 100U;
	assert_int_equal(load(), PLINTH_OK);
	assert_int_equal(nvstore_load(&slots, &image, 99, &highest), PLINTH_EINVAL);
}

/* Whole, and not what its user can take: the one before is. */
static void an_image_that_is_refused(void **state)
{
	(void)state;
	assert_true(save(1, 100U));
	assert_true(save(2, 3000U));
	refused = 2;
	assert_int_equal(load(), PLINTH_OK);
	assert_true(is_whole(1));
	assert_int_equal(image.size, 100);
	assert_true(save(3, 50U)); /* over the refused one */
	assert_int_equal(load(), PLINTH_OK);
	assert_true(is_whole(3));
	refused = 3;
	assert_int_equal(load(), PLINTH_OK);
	assert_true(is_whole(1));
}

/* No one has saved so often: the next would be older than all. */
static void a_generation_without_a_next(void **state)
{
	(void)state;
	assert_true(save(1, 100U));
	highest = UINT64_MAX - 1U;
	assert_true(save(2, 100U));
	assert_int_equal(load(), PLINTH_OK);
	assert_true(is_whole(1));
	assert_int_equal(highest, 1);
	assert_true(save(3, 100U));
	assert_int_equal(load(), PLINTH_OK);
	assert_true(is_whole(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_medium_has_nothing, empty),
		cmocka_unit_test_setup(all_sizes_come_back, empty),
		cmocka_unit_test_setup(a_cut_at_each_write, empty),
		cmocka_unit_test_setup(a_first_save_cut_short, empty),
		cmocka_unit_test_setup(cut_after_cut, empty),
		cmocka_unit_test_setup(two_tries_never_make_one, empty),
		cmocka_unit_test_setup(pieces_are_checked, empty),
		cmocka_unit_test_setup(an_image_that_is_refused, empty),
		cmocka_unit_test_setup(a_generation_without_a_next, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
