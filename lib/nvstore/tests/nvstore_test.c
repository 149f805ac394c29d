/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "nvstore/nvstore.h"

#define KEPT   4096U
#define LOST   2048U
#define NV     (NVSTORE_NON_VOLATILE | NVSTORE_BOOT)
#define LATER  (NVSTORE_BOOT | NVSTORE_RUNTIME)
#define MODEL  24U
#define ROUNDS 20000U

static uint64_t buffer[NVSTORE_WORDS(KEPT, LOST)];
static struct nvstore store;

static uint32_t used(void)
{
	return store.kept.used + store.lost.used;
}

/* The one behind a record. */
static const struct nvstore_record *next(const struct nvstore_record *record)
{
	const struct nvstore_key key = {
		{record->guid[0], record->guid[1]}, nvstore_name(record), record->name_size};

	return nvstore_behind(&store, &key, 0);
}

/* A name of `length` characters made from `seed`; keys of one seed are one key. */
static struct nvstore_key key_of(uint8_t *name, uint64_t guid, char seed, uint32_t length)
{
	memset(name, 0, NVSTORE_NAME_MAX);
	for (uint32_t i = 0; i < length; i++) {
		name[2U * i] = (uint8_t)(seed + (char)(i % 7U));
	}
	return (struct nvstore_key){
		.guid = {guid, ~guid}, .name = name, .name_size = 2U * length + 2U};
}

static int fresh(void **state)
{
	(void)state;
	nvstore_init(&store, buffer, KEPT, LOST);
	return 0;
}

static void variables_come_change_and_go(void **state)
{
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	const struct nvstore_key key = key_of(name, 1, 'a', 3);
	const struct nvstore_record *record;

	(void)state;
	assert_null(nvstore_find(&store, &key));
	assert_int_equal(nvstore_set(&store, &key, NV, "value", 5, false), PLINTH_OK);
	record = nvstore_find(&store, &key);
	assert_non_null(record);
	assert_int_equal(record->data_size, 5);
	assert_int_equal(record->attributes, NV);
	assert_memory_equal(nvstore_data(record), "value", 5);
	assert_memory_equal(nvstore_name(record), name, key.name_size);
	assert_int_equal(nvstore_set(&store, &key, NV, "longer than that", 16, false), PLINTH_OK);
	assert_int_equal(nvstore_set(&store, &key, NV, "s", 1, false), PLINTH_OK);
	assert_int_equal(nvstore_set(&store, &key, NV, "hort", 4, true), PLINTH_OK);
	record = nvstore_find(&store, &key);
	assert_int_equal(record->data_size, 5);
	assert_memory_equal(nvstore_data(record), "short", 5);
	assert_int_equal(store.kept.used, nvstore_record_size(8, 5));
	assert_int_equal(store.lost.used, 0);
	nvstore_delete(&store, record);
	assert_null(nvstore_find(&store, &key));
	assert_int_equal(used(), 0);
	assert_int_equal(store.kept.count, 0);
}

static void each_kind_has_its_limit(void **state)
{
	static const uint8_t data[NVSTORE_DATA_MAX];
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	struct nvstore_key key = key_of(name, 1, 'a', 1);
	uint32_t room = nvstore_room(&store, false) - key.name_size;

	(void)state;
	assert_int_equal(nvstore_room(&store, false), LOST - sizeof(struct nvstore_record));
	assert_int_equal(nvstore_set(&store, &key, LATER, data, room + 1U, false), PLINTH_ENOMEM);
	assert_int_equal(used(), 0);
	assert_int_equal(nvstore_set(&store, &key, LATER, data, room, false), PLINTH_OK);
	assert_int_equal(used(), LOST);
	assert_int_equal(nvstore_room(&store, false), 0);
	assert_int_equal(nvstore_set(&store, &key, LATER, data, 1, true), PLINTH_ENOMEM);
	assert_int_equal(nvstore_find(&store, &key)->data_size, room);
	/* What it had counts as free when it is replaced. */
	assert_int_equal(nvstore_set(&store, &key, LATER, data, room - 1U, false), PLINTH_OK);
	key = key_of(name, 2, 'a', 1);
	assert_int_equal(nvstore_set(&store, &key, LATER, data, 1, false), PLINTH_ENOMEM);
	assert_int_equal(nvstore_set(&store, &key, NV, data, KEPT - 28U, false), PLINTH_OK);
	assert_int_equal(used(), KEPT + LOST);
	assert_int_equal(nvstore_room(&store, true), 0);
	assert_int_equal(
		nvstore_set(&store, &key, NV, data, NVSTORE_DATA_MAX, true), PLINTH_ENOMEM);
}

static void order_is_of_guid_and_name(void **state)
{
	static const struct {
		uint64_t guid;
		char seed;
		uint32_t length;
	} keys[] = {{2, 'a', 2}, {1, 'b', 1}, {2, 'b', 1}, {1, 'a', 9}, {1, 'a', 1}};
	static const unsigned order[] = {4, 1, 3, 2, 0};
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	const struct nvstore_record *record;
	struct nvstore_key key;
	uint8_t i;

	(void)state;
	for (i = 0; i < 5U; i++) {
		key = key_of(name, keys[i].guid, keys[i].seed, keys[i].length);
		assert_int_equal(nvstore_set(&store, &key, NV, &i, 1, false), PLINTH_OK);
	}
	record = nvstore_first(&store, 0);
	for (i = 0; i < 5U; i++) {
		assert_int_equal(*nvstore_data(record), order[i]);
		key = key_of(name, keys[order[i]].guid, keys[order[i]].seed, keys[order[i]].length);
		assert_ptr_equal(nvstore_behind(&store, &key, 0), next(record));
		record = next(record);
	}
	assert_null(record);
	/* Behind one that is gone, too. */
	key = key_of(name, 1, 'b', 1);
	nvstore_delete(&store, nvstore_find(&store, &key));
	assert_int_equal(*nvstore_data(nvstore_behind(&store, &key, 0)), 3);
}

static void what_is_volatile_is_forgotten(void **state)
{
	static uint64_t image[KEPT / 8U];
	static struct nvstore other;
	static uint64_t other_buffer[NVSTORE_WORDS(KEPT, LOST)];
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	struct nvstore_key key;
	uint32_t size;

	(void)state;
	for (uint8_t i = 0; i < 20U; i++) {
		key = key_of(name, i, 'a', 1U + i);
		assert_int_equal(
			nvstore_set(&store, &key, i % 3U == 0U ? NV : LATER, &i, 1, false), 0);
	}
	size = nvstore_export(&store, image);
	assert_int_equal(size, store.kept.used);
	nvstore_forget(&store);
	assert_int_equal(used(), size);
	assert_memory_equal(store.kept.bytes, image, size);
	nvstore_init(&other, other_buffer, KEPT, LOST);
	assert_int_equal(nvstore_import(&other, image, size), PLINTH_OK);
	assert_int_equal(other.kept.used, size);
	for (uint8_t i = 0; i < 20U; i++) {
		key = key_of(name, i, 'a', 1U + i);
		assert_true((nvstore_find(&other, &key) != NULL) == (i % 3U == 0U));
	}
}

static void an_image_is_checked(void **state)
{
	static uint64_t image[KEPT / 8U + 1U];
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	struct nvstore_record *record = (struct nvstore_record *)(void *)image;
	struct nvstore_key key = key_of(name, 1, 'a', 1);
	uint32_t size;

	(void)state;
	assert_int_equal(nvstore_set(&store, &key, NV, "x", 1, false), PLINTH_OK);
	key = key_of(name, 2, 'a', 1);
	assert_int_equal(nvstore_set(&store, &key, NV, "x", 1, false), PLINTH_OK);
	key = key_of(name, 4, 'a', 1);
	assert_int_equal(nvstore_set(&store, &key, NV, "x", 1, false), PLINTH_OK);
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		size = nvstore_export(&store, image);                                              \
		change;                                                                            \
		assert_int_equal(nvstore_import(&store, image, size), PLINTH_EINVAL);              \
		assert_int_equal(used(), size_before);                                             \
	} while (false)
	uint32_t size_before = used();

	REFUSED(record->data_size = 0);
	REFUSED(record->data_size = UINT32_MAX);
	REFUSED(record->data_size = 400);
	REFUSED(record->name_size = 2);
	REFUSED(record->name_size = 5);
	REFUSED(record->name_size = 0xfffe);
	REFUSED(record->attributes = LATER);
	REFUSED(record->attributes = 0x43);
	REFUSED(record->attributes = NVSTORE_NON_VOLATILE);
	REFUSED(record->guid[0] = 3);				      /* out of order */
	REFUSED(record->guid[0] = 2; record->guid[1] = ~(uint64_t)2); /* twice */
	/* The third behind the first, but not behind the second. */
	REFUSED(image[8] = 1; image[9] = ~UINT64_C(1); ((uint8_t *)&image[11])[0] = 'b');
	REFUSED(((uint8_t *)image)[sizeof(*record)] = 0);	 /* an empty name */
	REFUSED(((uint8_t *)image)[sizeof(*record) + 2U] = 'x'); /* without an end */
	REFUSED(((uint8_t *)image)[31] = 1);			 /* padding */
	size = nvstore_export(&store, image);
	assert_int_equal(nvstore_import(&store, image, size - 8U), PLINTH_EINVAL);
	assert_int_equal(nvstore_import(&store, image, size - 1U), PLINTH_EINVAL);
	assert_int_equal(nvstore_import(&store, image, KEPT + 8U), PLINTH_ENOMEM);
	assert_int_equal(nvstore_import(&store, image, 32), PLINTH_OK);
	assert_int_equal(used(), 32);
	assert_int_equal(nvstore_import(&store, image, 0), PLINTH_OK);
	assert_int_equal(used(), 0);
#undef REFUSED
}

/* Any sequence does what a plain table does. */
struct model {
	uint32_t attributes; /* 0: not there */
	uint32_t size;
	uint8_t data[256];
};

static struct model model[MODEL];

static void check_model(void)
{
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	uint32_t all = 0;
	uint32_t kept = 0;

	for (unsigned i = 0; i < MODEL; i++) {
		const struct nvstore_key key = key_of(name, i % 5U, 'a', 1U + i);
		const struct nvstore_record *record = nvstore_find(&store, &key);

		assert_true((record != NULL) == (model[i].attributes != 0U));
		if (record == NULL) {
			continue;
		}
		assert_int_equal(record->attributes, model[i].attributes);
		assert_int_equal(record->data_size, model[i].size);
		assert_memory_equal(nvstore_data(record), model[i].data, model[i].size);
		all += nvstore_record_size(key.name_size, model[i].size);
		kept += (model[i].attributes & NVSTORE_NON_VOLATILE) != 0U
				? nvstore_record_size(key.name_size, model[i].size)
				: 0U;
	}
	assert_int_equal(used(), all);
	assert_int_equal(store.kept.used, kept);
	assert_true(kept <= KEPT && all - kept <= LOST);
}

static void model_set(unsigned i, const struct nvstore_key *key)
{
	bool append = rand() % 3 == 0;
	uint32_t attributes = model[i].attributes != 0U ? model[i].attributes
			      : rand() % 2 != 0		? (unsigned)NV
							: (unsigned)LATER;
	uint32_t before = append ? model[i].size : 0U;
	uint8_t data[256];
	uint32_t size = 1U + (uint32_t)rand() % (255U - (before < 200U ? before : 200U));

	if (model[i].attributes == 0U) {
		before = 0;
	}
	memset(data, rand(), size);
	if (before + size <= sizeof(model[i].data) &&
		nvstore_set(&store, key, attributes, data, size, append) == PLINTH_OK) {
		memcpy(model[i].data + before, data, size);
		model[i].size = before + size;
		model[i].attributes = attributes;
	}
}

static void any_sequence_is_as_a_table(void **state)
{
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	unsigned refused = 0;

	(void)state;
	srand(1);
	memset(model, 0, sizeof(model));
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned i = (unsigned)rand() % MODEL;
		const struct nvstore_key key = key_of(name, i % 5U, 'a', 1U + i);

		if (rand() % 5 == 0 && model[i].attributes != 0U) {
			nvstore_delete(&store, nvstore_find(&store, &key));
			model[i] = (struct model){0};
		} else {
			uint32_t before = used();

			model_set(i, &key);
			refused += before == used();
		}
		if (rand() % 500 == 0) {
			nvstore_forget(&store);
			for (i = 0; i < MODEL; i++) {
				if (model[i].attributes == (unsigned)LATER) {
					model[i] = (struct model){0};
				}
			}
		}
		check_model();
	}
	assert_true(refused > 100U); /* the limits are met */
}

#define SMALL 32U

/* As many as there can be, in any order, of both kinds in turn. */
static void small_ones_fill_it(void **state)
{
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	const struct nvstore_record *record = NULL;
	uint32_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < KEPT / SMALL; i++) {
		struct nvstore_key key = key_of(name, i * 77U % (KEPT / SMALL), 'a', 1);

		assert_int_equal(nvstore_set(&store, &key, NV, "x", 1, false), PLINTH_OK);
		if (i < LOST / SMALL) {
			key = key_of(name, i * 77U % (LOST / SMALL), 'b', 1);
			assert_int_equal(
				nvstore_set(&store, &key, LATER, "y", 1, false), PLINTH_OK);
		}
	}
	assert_int_equal(used(), KEPT + LOST);
	struct nvstore_key key = key_of(name, 1000, 'a', 1);

	assert_int_equal(nvstore_set(&store, &key, NV, "x", 1, false), PLINTH_ENOMEM);
	for (record = nvstore_first(&store, 0); record != NULL; record = next(record)) {
		count++;
		uint32_t number = (uint32_t)record->guid[0];

		if ((record->attributes & NVSTORE_NON_VOLATILE) == 0U) {
			number += KEPT / SMALL;
		}
		assert_ptr_equal(nvstore_at(&store, number), record);
	}
	assert_int_equal(count, (KEPT + LOST) / SMALL);
	assert_null(nvstore_at(&store, count));
	/* Those with an attribute alone, from any place on. */
	record = nvstore_first(&store, NVSTORE_RUNTIME);
	assert_int_equal(record->attributes, LATER);
	key = key_of(name, 3, 'a', 1);
	assert_int_equal(*nvstore_data(nvstore_behind(&store, &key, NVSTORE_RUNTIME)), 'y');
	key = key_of(name, LOST / SMALL - 1U, 'b', 1);
	assert_null(nvstore_behind(&store, &key, NVSTORE_RUNTIME));
}

/* An image that comes byte by byte is looked at as far as it has come. */
static void an_image_is_checked_in_steps(void **state)
{
	static uint64_t image[KEPT / 8U];
	static uint64_t part[KEPT / 8U];
	static uint16_t place[KEPT / NVSTORE_LEAST];
	ALIGNED(NVSTORE_ALIGN) uint8_t name[NVSTORE_NAME_MAX];
	struct nvstore_check check = {.place = place};
	struct nvstore_key key;
	uint32_t size;

	(void)state;
	for (uint8_t i = 0; i < 9U; i++) {
		key = key_of(name, i / 2U, (char)('a' + i), 1U + 5U * i);
		assert_int_equal(
			nvstore_set(&store, &key, NV, image, 1U + 30U * i, false), PLINTH_OK);
	}
	size = nvstore_export(&store, image);
	memset(part, 0xff, sizeof(part));
	for (uint32_t have = 1; have <= size; have++) {
		((uint8_t *)part)[have - 1U] = ((const uint8_t *)image)[have - 1U];
		assert_int_equal(nvstore_check(&check, part, have, size), PLINTH_OK);
		assert_true(check.done <= have);
	}
	assert_int_equal(check.done, size);
	assert_int_equal(check.count, 9);
	assert_int_equal(nvstore_set(&store, &key, NV, "other", 5, false), PLINTH_OK);
	key = key_of(name, 7, 'z', 3);
	assert_int_equal(nvstore_set(&store, &key, LATER, "lost", 4, false), PLINTH_OK);
	assert_int_equal(nvstore_take(&store, image, &check), PLINTH_OK);
	assert_null(nvstore_find(&store, &key));
	assert_int_equal(nvstore_export(&store, part), size);
	assert_memory_equal(part, image, size);
	key = key_of(name, 2, 'e', 21);
	assert_int_equal(nvstore_find(&store, &key)->data_size, 121);
	/* It is left where it is wrong, whatever comes after. */
	check = (struct nvstore_check){.place = place};
	((struct nvstore_record *)(void *)image)->name_size = 3;
	assert_int_equal(nvstore_check(&check, image, 23, size), PLINTH_OK);
	assert_int_equal(nvstore_check(&check, image, 24, size), PLINTH_EINVAL);
	assert_int_equal(nvstore_check(&check, image, size, size), PLINTH_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(variables_come_change_and_go, fresh),
		cmocka_unit_test_setup(each_kind_has_its_limit, fresh),
		cmocka_unit_test_setup(order_is_of_guid_and_name, fresh),
		cmocka_unit_test_setup(what_is_volatile_is_forgotten, fresh),
		cmocka_unit_test_setup(an_image_is_checked, fresh),
		cmocka_unit_test_setup(small_ones_fill_it, fresh),
		cmocka_unit_test_setup(an_image_is_checked_in_steps, fresh),
		cmocka_unit_test_setup(any_sequence_is_as_a_table, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
