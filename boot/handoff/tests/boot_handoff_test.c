/* SPDX-License-Identifier: Apache-2.0 */
#include "handoff/handoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "fake/maintenance.h"

#define IMAGE_SIZE 256U

static struct core_header header;
static union {
	struct core_header header;
	uint8_t bytes[IMAGE_SIZE];
} image;
static const char *why;

static int setup(void **state)
{
	(void)state;
	memset(&image, 0xaa, sizeof(image));
	image.header = (struct core_header){
		CORE_HEADER_MAGIC, CORE_HEADER_VERSION, CORE_HEADER_SIZE, IMAGE_SIZE, 0x2000, 64};
	memset(&header, 0, sizeof(header));
	why = NULL;
	return 0;
}

static void assert_refused(size_t size)
{
	why = NULL;
	assert_int_equal(handoff_check_core(&image, size, &header, &why), PLINTH_EINVAL);
	assert_non_null(why);
	assert_true(header.magic == 0); /* written on success alone */
	(void)setup(NULL);
}

static void accepts_a_core(void **state)
{
	(void)state;
	assert_int_equal(handoff_check_core(&image, sizeof(image), &header, &why), PLINTH_OK);
	assert_memory_equal(&header, &image, sizeof(header));
}

static void refuses_every_wrong_field(void **state)
{
	(void)state;
	assert_refused(CORE_HEADER_SIZE - 1);
	assert_refused(IMAGE_SIZE - 1);
	image.header.magic ^= 1;
	assert_refused(IMAGE_SIZE);
	image.header.version++;
	assert_refused(IMAGE_SIZE);
	image.header.header_size++;
	assert_refused(IMAGE_SIZE);
	image.header.memory_size = 0;
	assert_refused(IMAGE_SIZE);
	image.header.memory_size = 0x2001;
	assert_refused(IMAGE_SIZE);
	image.header.memory_size = CORE_MEMORY_MAX + 0x1000;
	assert_refused(IMAGE_SIZE);
	image.header.entry = CORE_HEADER_SIZE - 4;
	assert_refused(IMAGE_SIZE);
	image.header.entry = IMAGE_SIZE;
	assert_refused(IMAGE_SIZE);
	image.header.entry = 66;
	assert_refused(IMAGE_SIZE);
}

ALIGNED(4096) static uint8_t place[0x3000];
static uint64_t cleaned;

static void maintain(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	if (op == FAKE_DC_CIVAC) {
		assert_true(address - (uintptr_t)place < 0x2000);
		/* cleaned after it was written, the zeroes too */
		assert_int_equal(place[0], (uint8_t)CORE_HEADER_MAGIC);
		assert_int_equal(place[0x1fff], 0);
		cleaned++;
	}
}

static void places_zeroes_and_cleans(void **state)
{
	(void)state;
	assert_int_equal(handoff_check_core(&image, sizeof(image), &header, &why), PLINTH_OK);
	memset(place, 0x55, sizeof(place));
	cleaned = 0;
	fake_maintain_hook(maintain, NULL);
	handoff_place_core(&image, &header, place);
	fake_maintain_hook(NULL, NULL);
	assert_memory_equal(place, &image, IMAGE_SIZE);
	for (size_t i = IMAGE_SIZE; i < 0x2000; i++) {
		assert_int_equal(place[i], 0);
	}
	assert_int_equal(place[0x2000], 0x55);
	assert_true(cleaned >= 0x2000 / 64);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(accepts_a_core, setup),
		cmocka_unit_test_setup(refuses_every_wrong_field, setup),
		cmocka_unit_test_setup(places_zeroes_and_cleans, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
