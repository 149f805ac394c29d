/* SPDX-License-Identifier: Apache-2.0 */
#include "handoff/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "crc/ieee.h"

#define FILE_SIZE   0x1000U
#define MEMORY_SIZE 0x3000U
#define SIZE_OFFSET 16U

struct state {
	struct handoff_head head;
	uint64_t words[5];
};

#define HEAD                                                                                       \
	{                                                                                          \
		.magic = HANDOFF_MAGIC, .version = 7, .size = sizeof(struct state)                 \
	}

static const struct handoff_head own = HEAD;
static struct state state;
static ALIGNED(8) uint8_t file[FILE_SIZE + 1];
static uint64_t memory;
static const char *why;

static void put(size_t offset, const void *bytes, size_t size)
{
	memcpy(file + offset, bytes, size);
}

/* As cmake/seal.py does. */
static void seal(size_t size)
{
	uint32_t crc = crc_ieee(0, file, size - sizeof(crc));

	put(size - sizeof(crc), &crc, sizeof(crc));
}

static void put_mark(struct handoff_head mark)
{
	put(HANDOFF_MARK, &mark, sizeof(mark));
	seal(FILE_SIZE);
}

static void put_memory(uint64_t size)
{
	put(SIZE_OFFSET, &size, sizeof(size));
	seal(FILE_SIZE);
}

static int setup(void **ctx)
{
	(void)ctx;
	state = (struct state){.head = HEAD, .words = {1, 2, 3, 4, 5}};
	handoff_seal(&state.head);
	memset(file, 0xa5, sizeof(file));
	put_mark(own);
	put_memory(MEMORY_SIZE);
	why = NULL;
	return 0;
}

static void takes_what_was_sealed(void **ctx)
{
	(void)ctx;
	assert_true(handoff_is_state(&state.head, &own));
}

/* Each bit counts, but for the padding of the head. */
static void refuses_what_was_changed(void **ctx)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof(state); i++) {
		if (i >= offsetof(struct handoff_head, pad) && i < sizeof(state.head)) {
			continue;
		}
		((uint8_t *)&state)[i] ^= 0x10U;
		assert_false(handoff_is_state(&state.head, &own));
		(void)setup(NULL);
	}
}

/* The sizes agree before the CRC is taken: nothing beyond the head of a stranger is read. */
static void reads_a_strangers_head_alone(void **ctx)
{
	/* On the heap, where ASan sees each byte. */
	struct handoff_head *alone = test_malloc(sizeof(*alone));

	(void)ctx;
	*alone = own;
	alone->size = UINT32_MAX & ~7U;
	assert_false(handoff_is_state(alone, &own));
	*alone = own;
	alone->version++;
	assert_false(handoff_is_state(alone, &own));
	test_free(alone);
}

static void assert_image_refused(size_t size, const char *reason)
{
	assert_int_equal(handoff_check_image(file, size, &own, &memory, &why), PLINTH_EINVAL);
	assert_non_null(strstr(why, reason));
	(void)setup(NULL);
}

static void takes_a_whole_image(void **ctx)
{
	(void)ctx;
	assert_int_equal(handoff_check_image(file, FILE_SIZE, &own, &memory, &why), PLINTH_OK);
	assert_int_equal(memory, MEMORY_SIZE);
	put_memory(HANDOFF_MEMORY_MAX);
	assert_int_equal(handoff_check_image(file, FILE_SIZE, &own, &memory, &why), PLINTH_OK);
	put_memory(FILE_SIZE);
	assert_int_equal(handoff_check_image(file, FILE_SIZE, &own, &memory, &why), PLINTH_OK);
}

static void refuses_other_files(void **ctx)
{
	struct handoff_head mark = own;

	(void)ctx;
	for (size_t size = 0; size < HANDOFF_MARK + sizeof(own); size++) {
		assert_image_refused(size, "no Plinth");
	}
	mark.magic++;
	put_mark(mark);
	assert_image_refused(FILE_SIZE, "no Plinth");
	mark = own;
	mark.version++;
	put_mark(mark);
	assert_image_refused(FILE_SIZE, "another version");
	mark = own;
	mark.size += 8U;
	put_mark(mark);
	assert_image_refused(FILE_SIZE, "another version");
	put_memory(FILE_SIZE - 1U);
	assert_image_refused(FILE_SIZE, "size");
	put_memory(HANDOFF_MEMORY_MAX + 1U);
	assert_image_refused(FILE_SIZE, "size");
}

static void refuses_broken_files(void **ctx)
{
	(void)ctx;
	assert_image_refused(FILE_SIZE - 1U, "checksum");
	assert_image_refused(FILE_SIZE + 1U, "checksum");
	for (size_t i = HANDOFF_MARK + sizeof(own); i < FILE_SIZE; i++) {
		file[i] ^= 1U;
		assert_image_refused(FILE_SIZE, "checksum");
	}
}

/* File data of a cpio archive lies at a multiple of 4. */
static void takes_it_from_anywhere(void **ctx)
{
	static uint8_t elsewhere[FILE_SIZE + 4U];

	(void)ctx;
	memcpy(elsewhere + 4, file, FILE_SIZE);
	assert_int_equal(
		handoff_check_image(elsewhere + 4, FILE_SIZE, &own, &memory, &why), PLINTH_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(takes_what_was_sealed, setup),
		cmocka_unit_test_setup(refuses_what_was_changed, setup),
		cmocka_unit_test_setup(reads_a_strangers_head_alone, setup),
		cmocka_unit_test_setup(takes_a_whole_image, setup),
		cmocka_unit_test_setup(refuses_other_files, setup),
		cmocka_unit_test_setup(refuses_broken_files, setup),
		cmocka_unit_test_setup(takes_it_from_anywhere, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
