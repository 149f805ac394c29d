/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an image and as what a medium gives: what is taken is in order and within its
 * bounds, comes out again as it went in, and what is done with it keeps it so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "nvstore/nvstore.h"
#include "nvstore/nvstore_slots.h"

#define KEPT 8192U
#define LOST 1024U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_size;

static void check(bool good)
{
	if (!good) {
		abort();
	}
}

static enum plinth_status read_input(
	void *ctx, unsigned slot, uint32_t index, void *buf, uint32_t max, uint32_t *size)
{
	size_t at = (size_t)slot * NVSTORE_PIECE_SIZE * 2U + (size_t)index * NVSTORE_PIECE_SIZE;

	(void)ctx;
	if (at >= input_size) {
		return PLINTH_ENOENT;
	}
	*size = (uint32_t)(input_size - at < max ? input_size - at : max);
	memcpy(buf, input + at, *size);
	return PLINTH_OK;
}

/* Every record is found by its key, behind the one before. */
static void check_records(const struct nvstore *store)
{
	const struct nvstore_record *record = nvstore_first(store, 0);
	uint32_t used = 0;

	while (record != NULL) {
		const struct nvstore_key key = {
			.guid = {record->guid[0], record->guid[1]},
			.name = nvstore_name(record),
			.name_size = record->name_size,
		};

		check(nvstore_find(store, &key) == record);
		used += nvstore_record_size(record->name_size, record->data_size);
		record = nvstore_behind(store, &key, 0);
	}
	check(used == store->kept.used + store->lost.used && store->kept.used <= KEPT &&
		store->lost.used <= LOST);
}

/* The older one too, now and then. */
static bool take_some(void *ctx, const struct nvstore_image *image)
{
	(void)ctx;
	return image->meta % 2U == 0U;
}

static void use(struct nvstore *store)
{
	ALIGNED(NVSTORE_ALIGN) static const uint8_t name[] = {'n', 0, 0, 0};
	const struct nvstore_key key = {.guid = {7, 7}, .name = name, .name_size = sizeof(name)};

	(void)!nvstore_set(store, &key, NVSTORE_BOOT, "abc", 3, false);
	check_records(store);
	if (nvstore_first(store, 0) != NULL) {
		nvstore_delete(store, nvstore_first(store, 0));
	}
	check_records(store);
	nvstore_forget(store);
	check_records(store);
}

/* What is an image at once is one in pieces. */
static bool pieces_are_taken(struct nvstore *store, const void *image, uint32_t size)
{
	static uint16_t place[KEPT / NVSTORE_LEAST];
	struct nvstore_check step = {.place = place};

	for (uint32_t have = 0; have < size; have += 7U) {
		if (nvstore_check(&step, image, have, size) != PLINTH_OK) {
			return false;
		}
	}
	return nvstore_check(&step, image, size, size) == PLINTH_OK && step.done == size &&
	       nvstore_take(store, image, &step) == PLINTH_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t buffer[NVSTORE_WORDS(KEPT, LOST)];
	static uint64_t image[KEPT / 8U];
	static uint64_t again[KEPT / 8U];
	static union nvstore_buffer piece;
	static const struct nvstore_medium medium = {.read = read_input, .take = take_some};
	const struct nvstore_slots slots = {&medium, NULL, &piece};
	struct nvstore_image loaded = {.bytes = (uint8_t *)image};
	struct nvstore store;
	uint64_t highest;

	input = data;
	input_size = size;
	nvstore_init(&store, buffer, KEPT, LOST);
	if (nvstore_load(&slots, &loaded, KEPT, &highest) == PLINTH_OK) {
		check(loaded.size <= KEPT && loaded.generation <= highest);
	}
	size = size < KEPT ? size : KEPT;
	memcpy(image, data, size);
	if (nvstore_import(&store, image, (uint32_t)size) == PLINTH_OK) {
		check_records(&store);
		check(nvstore_export(&store, again) == size);
		check(memcmp(again, image, size) == 0);
		check(pieces_are_taken(&store, image, (uint32_t)size));
		use(&store);
	}
	return 0;
}
