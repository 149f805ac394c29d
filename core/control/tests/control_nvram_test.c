/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's UEFI variables, read and put in place by several calls. */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/event.h"
#include "nvstore/nvstore.h"

#define VARIABLES 4U
#define DATA_SIZE 3000U
#define HEAD_SIZE sizeof(struct control_nvram)

static union {
	struct control_nvram head;
	uint64_t words[(HEAD_SIZE + CONTROL_NVRAM_MAX) / 8U];
	uint8_t bytes[HEAD_SIZE + CONTROL_NVRAM_MAX];
} file;

static uint32_t file_size;

/* A file with four variables, "A" to "D", each filled with `fill`: more than two calls take. */
static void make_file(uint8_t fill)
{
	static uint64_t buf[NVSTORE_WORDS(CONTROL_NVRAM_MAX, CONTROL_NVRAM_MAX)];
	static uint8_t data[DATA_SIZE];
	_Alignas(8) uint8_t name[4] = {0};
	struct nvstore store;

	memset(data, fill, sizeof(data));
	nvstore_init(&store, buf, CONTROL_NVRAM_MAX, CONTROL_NVRAM_MAX);
	for (unsigned i = 0; i < VARIABLES; i++) {
		const struct nvstore_key key = {{1, 2}, name, sizeof(name)};

		name[0] = (uint8_t)('A' + i);
		assert_int_equal(
			nvstore_set(&store, &key, 7, data, sizeof(data), false), PLINTH_OK);
	}
	file.head = (struct control_nvram){.magic = CONTROL_NVRAM_MAGIC};
	file.head.size = nvstore_export(&store, file.bytes + HEAD_SIZE);
	file_size = HEAD_SIZE + file.head.size;
	assert_true(file_size > 2U * CONTROL_MOVE_MAX);
}

static int setup(void **state)
{
	(void)state;
	rig_reset();
	make_file(0x11);
	return 0;
}

static enum control_status write_piece(uint32_t at, uint32_t ticket)
{
	uint32_t size = file_size - at < CONTROL_MOVE_MAX ? file_size - at : CONTROL_MOVE_MAX;

	memcpy(rig.memory, file.bytes + at, size);
	return rig_call(CONTROL_NVRAM_WRITE, at, ticket, size);
}

/* All of it; the status of the last call. */
static enum control_status write_all(void)
{
	enum control_status status = CONTROL_OK;
	uint32_t ticket = 0;

	for (uint32_t at = 0; at < file_size && status == CONTROL_OK;) {
		status = write_piece(at, ticket);
		if (status == CONTROL_OK) {
			at += (uint32_t)rig.x[1];
			assert_int_equal(rig.x[2], at);
			ticket = (uint32_t)rig.x[3];
		}
	}
	return status;
}

/* All that there is, which is what the file says. */
static void read_and_compare(void)
{
	uint32_t ticket = 0;
	uint32_t at = 0;

	do {
		assert_int_equal(
			rig_call(CONTROL_NVRAM_READ, at, ticket, CONTROL_MOVE_MAX), CONTROL_OK);
		assert_int_equal(rig.x[2], file_size);
		assert_true(rig.x[1] != 0U && rig.x[1] <= file_size - at);
		/* The clock's distance is the VM's own. */
		if (at == 0U) {
			memcpy(rig.memory + offsetof(struct control_nvram, meta), &file.head.meta,
				8);
		}
		assert_memory_equal(rig.memory, file.bytes + at, rig.x[1]);
		at += (uint32_t)rig.x[1];
		ticket = (uint32_t)rig.x[3];
	} while (at < file_size);
}

static void there_and_back(void **state)
{
	struct uefirt_variable variable;

	(void)state;
	assert_int_equal(write_all(), CONTROL_OK);
	for (unsigned i = 0; i < VARIABLES; i++) {
		assert_int_equal(uefirt_variable(&rig.other->uefirt, i, &variable), PLINTH_OK);
		assert_int_equal(variable.name[0], 'A' + (int)i);
		assert_int_equal(variable.size, DATA_SIZE);
	}
	assert_int_equal(uefirt_variable(&rig.other->uefirt, VARIABLES, &variable), PLINTH_ENOENT);
	read_and_compare();
	assert_int_equal(
		rig_call(CONTROL_NVRAM_READ, file_size + 1U, 0, CONTROL_MOVE_MAX), CONTROL_INVALID);
}

static unsigned told(uint64_t *number)
{
	struct event events[16];
	unsigned count = 0;
	uint64_t lost;
	size_t got;

	while ((got = event_read(number, events, 16, &lost)) != 0U) {
		for (size_t i = 0; i < got; i++) {
			count += events[i].kind == EVENT_NVRAM && events[i].vm == rig.other->id;
		}
	}
	return count;
}

/* Once after each reading, however often they change. */
static void a_change_is_told_to_who_has_read(void **state)
{
	uint64_t number = 0;

	(void)state;
	assert_int_equal(write_all(), CONTROL_OK);
	read_and_compare();
	(void)told(&number);
	assert_int_equal(write_all(), CONTROL_OK);
	assert_int_equal(told(&number), 1);
	assert_int_equal(write_all(), CONTROL_OK);
	assert_int_equal(told(&number), 0);
	read_and_compare();
	assert_int_equal(write_all(), CONTROL_OK);
	assert_int_equal(told(&number), 1);
}

/* Pieces of one copy, whatever happens meanwhile. */
static void a_transfer_is_not_torn(void **state)
{
	(void)state;
	assert_int_equal(write_all(), CONTROL_OK);
	assert_int_equal(rig_call(CONTROL_NVRAM_READ, 0, 0, 100), CONTROL_OK);
	uint32_t ticket = (uint32_t)rig.x[3];

	make_file(0x22);
	assert_int_equal(uefirt_import(&rig.other->uefirt, file.bytes + HEAD_SIZE, file.head.size,
				 file.head.meta),
		PLINTH_OK);
	make_file(0x11);
	assert_int_equal(rig_call(CONTROL_NVRAM_READ, 100, ticket, CONTROL_MOVE_MAX), CONTROL_OK);
	assert_memory_equal(rig.memory, file.bytes + 100, CONTROL_MOVE_MAX);
	/* Another one begins: the first is over, and says so. */
	assert_int_equal(rig_call(CONTROL_NVRAM_READ, 0, 0, 100), CONTROL_OK);
	uint32_t next = (uint32_t)rig.x[3];

	assert_int_equal(rig_call(CONTROL_NVRAM_READ, 100, ticket, CONTROL_MOVE_MAX), CONTROL_BUSY);
	assert_int_equal(write_piece(CONTROL_MOVE_MAX, next), CONTROL_BUSY);
}

static void what_is_no_image_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(write_all(), CONTROL_OK);
	make_file(0x33);
	memset(file.bytes + HEAD_SIZE + 16U, 0, 4); /* the first one has no data */
	assert_int_equal(write_all(), CONTROL_INVALID);
	make_file(0x11);
	read_and_compare();
	file.head.magic++;
	assert_int_equal(write_piece(0, 0), CONTROL_INVALID);
	make_file(0x11);
	file.head.size = CONTROL_NVRAM_MAX + 8U;
	assert_int_equal(write_piece(0, 0), CONTROL_INVALID);
	make_file(0x11);
	assert_int_equal(rig_call(CONTROL_NVRAM_READ, 0, 0, 100), CONTROL_OK);
	uint32_t last = (uint32_t)rig.x[3];

	memcpy(rig.memory, file.bytes, HEAD_SIZE); /* not from its first byte on: none begins */
	assert_int_equal(rig_call(CONTROL_NVRAM_WRITE, 1, 0, HEAD_SIZE), CONTROL_INVALID);
	assert_int_equal(write_piece(0, last + 1U), CONTROL_BUSY);
	assert_int_equal(rig_call(CONTROL_NVRAM_WRITE, 0, 0, HEAD_SIZE - 1U), CONTROL_INVALID);
	assert_int_equal(write_piece(0, 0), CONTROL_OK);
	uint32_t ticket = (uint32_t)rig.x[3];

	uint32_t at = (uint32_t)rig.x[1];

	assert_int_equal(write_piece(at + 8U, ticket), CONTROL_INVALID);
	assert_int_equal(write_piece(at, ticket), CONTROL_OK);
	at += (uint32_t)rig.x[1];
	while (file_size - at >= CONTROL_MOVE_MAX) {
		assert_int_equal(write_piece(at, ticket), CONTROL_OK);
		at += (uint32_t)rig.x[1];
	}
	/* More than it said. */
	assert_int_equal(
		rig_call(CONTROL_NVRAM_WRITE, at, ticket, CONTROL_MOVE_MAX), CONTROL_INVALID);
	read_and_compare();
}

/* However much a call brings and however small the variables are, it looks at a few. */
static void a_call_takes_a_little(void **state)
{
	uint32_t ticket = 0;
	unsigned calls = 0;

	(void)state;
	for (uint32_t at = 0; at < file_size; calls++) {
		assert_int_equal(write_piece(at, ticket), CONTROL_OK);
		assert_true(rig.x[1] != 0U && rig.x[1] <= 512U);
		at += (uint32_t)rig.x[1];
		ticket = (uint32_t)rig.x[3];
	}
	assert_true(calls >= file_size / 512U);
	read_and_compare();
}

/* What is wrong is told when it comes, and ends the transfer. */
static void it_ends_where_it_is_wrong(void **state)
{
	(void)state;
	memset(file.bytes + HEAD_SIZE + 16U, 0, 4);
	assert_int_equal(write_piece(0, 0), CONTROL_INVALID);
	make_file(0x11);
	assert_int_equal(write_piece(512, 1), CONTROL_BUSY);
	assert_int_equal(write_all(), CONTROL_OK);
}

static void a_vm_without_uefi_has_none(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2U; i++) {
		memcpy(rig.memory, file.bytes, CONTROL_MOVE_MAX);
		rig_prepare(
			i == 0U ? CONTROL_NVRAM_READ : CONTROL_NVRAM_WRITE, 0, 0, CONTROL_MOVE_MAX);
		rig.x[0] = CONTROL_MAGIC | (uint64_t)rig.self->id << 32;
		assert_int_equal(rig_run(), BACKDOOR_DONE);
		assert_int_equal(rig.x[0], CONTROL_NOT_SUPPORTED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(there_and_back, setup),
		cmocka_unit_test_setup(a_change_is_told_to_who_has_read, setup),
		cmocka_unit_test_setup(a_transfer_is_not_torn, setup),
		cmocka_unit_test_setup(what_is_no_image_changes_nothing, setup),
		cmocka_unit_test_setup(a_call_takes_a_little, setup),
		cmocka_unit_test_setup(it_ends_where_it_is_wrong, setup),
		cmocka_unit_test_setup(a_vm_without_uefi_has_none, setup),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
