/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "pe/pe.h"

#define FILE_SIZE  0x800U
#define IMAGE_SIZE 0x4000U
#define OPTIONAL   0x58U /* 0x40 + COFF header and signature */
#define SECTIONS   (OPTIONAL + 0xa0U)
#define TEXT_FLAGS 0x60000020U
#define DATA_FLAGS 0xc0000040U
#define LINK_BASE  0x10000000U

static uint8_t file[FILE_SIZE];
static uint8_t *image;
static struct pe pe;

static void put16(uint32_t at, uint16_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

static void put32(uint32_t at, uint32_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

static void put_section(uint32_t number, const uint32_t fields[4], uint32_t flags)
{
	uint32_t at = SECTIONS + number * 40U;

	put32(at + 8, fields[0]);
	put32(at + 12, fields[1]);
	put32(at + 16, fields[2]);
	put32(at + 20, fields[3]);
	put32(at + 36, flags);
}

/* Text at 0x1000, data at 0x2000 that is longer in memory, relocations at 0x3000. */
static int setup(void **state)
{
	static const uint32_t text[4] = {0x100, 0x1000, 0x200, 0x200};
	static const uint32_t data[4] = {0x900, 0x2000, 0x200, 0x400};
	static const uint32_t relocations[4] = {0x0c, 0x3000, 0x200, 0x600};

	(void)state;
	memset(file, 0, sizeof(file));
	image = malloc(IMAGE_SIZE);
	memset(image, 0xa5, IMAGE_SIZE);
	put16(0, 0x5a4d);
	put32(0x3c, 0x40);
	put32(0x40, 0x4550);
	put16(0x44, 0xaa64);
	put16(0x46, 3);
	put16(0x54, SECTIONS - OPTIONAL);
	put16(OPTIONAL, 0x20b);
	put32(OPTIONAL + 16, 0x1010);
	put32(OPTIONAL + 24, LINK_BASE);
	put32(OPTIONAL + 32, 0x1000);
	put32(OPTIONAL + 56, IMAGE_SIZE);
	put32(OPTIONAL + 60, 0x200);
	put16(OPTIONAL + 68, PE_SUBSYSTEM_APPLICATION);
	put16(OPTIONAL + 70, 0x100);
	put32(OPTIONAL + 108, 6);
	put32(OPTIONAL + 112 + 5 * 8, 0x3000);
	put32(OPTIONAL + 112 + 5 * 8 + 4, 0x0c);
	put_section(0, text, TEXT_FLAGS);
	put_section(1, data, DATA_FLAGS);
	put_section(2, relocations, 0x42000040);
	memset(file + 0x200, 0x11, 0x200);
	memset(file + 0x400, 0x22, 0x200);
	put32(0x404, LINK_BASE + 0x1010);
	put32(0x408, 0);
	/* The page at 0x2000, 12 bytes: the 64-bit pointer at 4, and one that pads. */
	put32(0x600, 0x2000);
	put32(0x604, 0x0c);
	put16(0x608, 10U << 12 | 4U);
	put16(0x60a, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(image);
	return 0;
}

static void test_headers_are_understood(void **state)
{
	struct pe_section section;

	(void)state;
	assert_int_equal(pe_open(&pe, file, sizeof(file)), PLINTH_OK);
	assert_int_equal(pe.entry, 0x1010);
	assert_true(pe.image_size == IMAGE_SIZE);
	assert_int_equal(pe.alignment, 0x1000);
	assert_int_equal(pe.subsystem, PE_SUBSYSTEM_APPLICATION);
	assert_true(pe.nx_compat);
	assert_true(pe.can_move);
	section = pe_section(&pe, 0);
	assert_true(section.executable && !section.writable && section.offset == 0x1000U);
	section = pe_section(&pe, 1);
	assert_true(!section.executable && section.writable && section.size == 0x900U);
}

static void test_image_is_put_together_and_moved(void **state)
{
	uint64_t pointer;

	(void)state;
	assert_int_equal(pe_open(&pe, file, sizeof(file)), PLINTH_OK);
	assert_int_equal(pe_load(&pe, image, 0x80000000), PLINTH_OK);
	assert_memory_equal(image, file, 0x200);
	assert_int_equal(image[0x200], 0);
	assert_int_equal(image[0xfff], 0);
	assert_int_equal(image[0x1000], 0x11);
	assert_int_equal(image[0x10ff], 0x11);
	assert_int_equal(image[0x1100], 0); /* what pads the section in the file is not loaded */
	memcpy(&pointer, image + 0x2004, sizeof(pointer));
	assert_true(pointer == 0x80000000U + 0x1010U);
	assert_int_equal(image[0x21ff], 0x22);
	assert_int_equal(image[0x2200], 0);
	assert_int_equal(image[0x28ff], 0);
	assert_int_equal(image[IMAGE_SIZE - 1U], 0);
}

static uint32_t visits;

static void visit(void *ctx, uint64_t offset)
{
	uint64_t *last = ctx;

	visits++;
	*last = offset;
}

static void test_fixups_are_visited(void **state)
{
	uint64_t last = 0;

	(void)state;
	visits = 0;
	assert_int_equal(pe_open(&pe, file, sizeof(file)), PLINTH_OK);
	assert_int_equal(pe_load(&pe, image, LINK_BASE), PLINTH_OK);
	assert_int_equal(pe_visit_fixups(&pe, image, visit, &last), PLINTH_OK);
	assert_int_equal(visits, 1); /* what pads is none */
	assert_true(last == 0x2004U);
	put16(0x608, 3U << 12);
	assert_int_equal(pe_load(&pe, image, LINK_BASE), PLINTH_OK); /* not looked at */
	assert_int_equal(pe_visit_fixups(&pe, image, visit, &last), PLINTH_EINVAL);
	pe.relocations_size = 0;
	assert_int_equal(pe_visit_fixups(&pe, image, visit, &last), PLINTH_OK);
	assert_int_equal(visits, 1);
}

static void test_image_that_cannot_move(void **state)
{
	(void)state;
	put16(0x56, 1);
	assert_int_equal(pe_open(&pe, file, sizeof(file)), PLINTH_OK);
	assert_false(pe.can_move);
	assert_int_equal(pe_load(&pe, image, LINK_BASE + 0x1000U), PLINTH_EINVAL);
	assert_int_equal(pe_load(&pe, image, LINK_BASE), PLINTH_OK);
}

/* One number changed at a time. */
static const struct bad {
	uint32_t at;
	uint32_t value;
	uint32_t size;
	enum plinth_status status;
} bad_headers[] = {
	{0, 0, 2, PLINTH_EINVAL},
	{0x3c, 0xfffffff0, 4, PLINTH_EINVAL},
	{0x3c, FILE_SIZE - 8, 4, PLINTH_EINVAL},
	{0x40, 0, 4, PLINTH_EINVAL},
	{0x44, 0x8664, 2, PLINTH_ENOTSUP},
	{0x46, 0xffff, 2, PLINTH_EINVAL},
	{0x54, 0x10, 2, PLINTH_EINVAL},
	{0x54, 0xfff0, 2, PLINTH_EINVAL},
	{OPTIONAL, 0x10b, 2, PLINTH_EINVAL},
	{OPTIONAL + 16, IMAGE_SIZE, 4, PLINTH_EINVAL},
	{OPTIONAL + 32, 0, 4, PLINTH_EINVAL},
	{OPTIONAL + 32, 0x1001, 4, PLINTH_EINVAL},
	{OPTIONAL + 32, 0x80000000, 4, PLINTH_EINVAL},
	{OPTIONAL + 56, 0x100, 4, PLINTH_EINVAL},
	{OPTIONAL + 56, 0xffffffff, 4, PLINTH_EINVAL},
	{OPTIONAL + 60, FILE_SIZE + 1, 4, PLINTH_EINVAL},
	{OPTIONAL + 68, 1, 2, PLINTH_ENOTSUP},
	{OPTIONAL + 112 + 40, 0xfffffff0, 4, PLINTH_EINVAL},
	{OPTIONAL + 112 + 44, IMAGE_SIZE, 4, PLINTH_EINVAL},
	{SECTIONS + 8, 0xffffffff, 4, PLINTH_EINVAL},
	{SECTIONS + 12, 0x100, 4, PLINTH_EINVAL},
	{SECTIONS + 12, 0xfffff000, 4, PLINTH_EINVAL},
	{SECTIONS + 20, FILE_SIZE, 4, PLINTH_EINVAL},
	{SECTIONS + 20, 0xffffffff, 4, PLINTH_EINVAL},
};

static void test_bad_headers(void **state)
{
	for (size_t i = 0; i < sizeof(bad_headers) / sizeof(bad_headers[0]); i++) {
		(void)teardown(state);
		(void)setup(state);
		memcpy(file + bad_headers[i].at, &bad_headers[i].value, bad_headers[i].size);
		if (pe_open(&pe, file, sizeof(file)) != bad_headers[i].status) {
			fail_msg("header %zu: not %d", i, (int)bad_headers[i].status);
		}
	}
}

static void test_bad_relocations(void **state)
{
	static const struct bad bad[] = {
		{0x604, 7, 4, PLINTH_EINVAL},	     /* shorter than its head */
		{0x604, 0x100, 4, PLINTH_EINVAL},    /* longer than the table */
		{0x608, 3U << 12, 2, PLINTH_EINVAL}, /* of another kind */
		{0x600, IMAGE_SIZE - 4, 4, PLINTH_EINVAL},
		{0x600, 0xfffffffc, 4, PLINTH_EINVAL},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)teardown(state);
		(void)setup(state);
		memcpy(file + bad[i].at, &bad[i].value, bad[i].size);
		assert_int_equal(pe_open(&pe, file, sizeof(file)), PLINTH_OK);
		assert_int_equal(pe_load(&pe, image, 0x80000000), bad[i].status);
	}
}

/* Every shorter file is refused or loads without looking behind its end (ASan). */
static void test_cut_files(void **state)
{
	(void)state;
	for (size_t size = 0; size < FILE_SIZE; size++) {
		uint8_t *cut = malloc(size > 0U ? size : 1U);

		memcpy(cut, file, size);
		if (pe_open(&pe, cut, size) == PLINTH_OK) {
			(void)pe_load(&pe, image, 0x80000000);
			assert_true(size >= 0x800U - 0x200U + 0x0cU);
		}
		free(cut);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_headers_are_understood),
		TEST(test_image_is_put_together_and_moved),
		TEST(test_fixups_are_visited),
		TEST(test_image_that_cannot_move),
		TEST(test_bad_headers),
		TEST(test_bad_relocations),
		TEST(test_cut_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
