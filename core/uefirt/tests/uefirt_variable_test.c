/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "uefirt_rig.h"

#define TEST(f) cmocka_unit_test_setup(f, rig_start)

static void variables_come_change_and_go(void **state)
{
	(void)state;
	assert_int_equal(rig_get("Boot0001", 1, 100), UEFI_NOT_FOUND);
	assert_int_equal(rig_set("Boot0001", 1, NV, "first"), UEFI_SUCCESS);
	assert_int_equal(rig.changes, 1);
	assert_true(rig_is("Boot0001", 1, NV, "first"));
	assert_int_equal(rig_get("Boot0001", 2, 100), UEFI_NOT_FOUND);
	assert_int_equal(rig_set("Boot0001", 1, NV, "first"), UEFI_SUCCESS);
	assert_int_equal(rig.changes, 1); /* as it was: nothing to keep */
	assert_int_equal(rig_set("Boot0001", 1, NV | UEFI_VAR_APPEND, " and more"), UEFI_SUCCESS);
	assert_true(rig_is("Boot0001", 1, NV, "first and more"));
	assert_int_equal(rig_set("Boot0001", 1, NV | UEFI_VAR_APPEND, ""), UEFI_SUCCESS);
	assert_true(rig_is("Boot0001", 1, NV, "first and more"));
	assert_int_equal(rig_set("Boot0001", 1, NV, ""), UEFI_SUCCESS);
	assert_int_equal(rig.changes, 3);
	assert_int_equal(rig_get("Boot0001", 1, 100), UEFI_NOT_FOUND);
	assert_int_equal(rig_set("Boot0001", 1, NV, ""), UEFI_NOT_FOUND);
	/* Without attributes, whatever the data. */
	assert_int_equal(rig_set("Boot0001", 1, BS, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_set("Boot0001", 1, 0, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_get("Boot0001", 1, 100), UEFI_NOT_FOUND);
	assert_int_equal(rig.changes, 3);
	/* An append may be the first. */
	assert_int_equal(rig_set("Log", 1, BS_RT | UEFI_VAR_APPEND, "a"), UEFI_SUCCESS);
	assert_true(rig_is("Log", 1, BS_RT, "a"));
}

static void a_small_buffer_is_told_the_size(void **state)
{
	uint32_t attributes;

	(void)state;
	assert_int_equal(rig_set("V", 1, NV, "twelve bytes"), UEFI_SUCCESS);
	assert_int_equal(rig_get("V", 1, 11), UEFI_BUFFER_TOO_SMALL);
	assert_int_equal(rig_u64(AT_SIZE), 12);
	memcpy(&attributes, rig_at(AT_ATTR), 4);
	assert_int_equal(attributes, NV);
	assert_int_equal(*(uint8_t *)rig_at(AT_DATA), 0xee);
	/* To ask for the size, there need be no buffer. */
	rig_put_u64(AT_SIZE, 0);
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, 0, AT_SIZE, 0),
		UEFI_BUFFER_TOO_SMALL);
	assert_int_equal(rig_u64(AT_SIZE), 12);
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, 0, AT_SIZE, 0),
		UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, 0, AT_SIZE, AT_DATA),
		UEFI_SUCCESS);
	/* 2^64 - 1 bytes of room are room enough, and no more is written than there is. */
	assert_int_equal(rig_get("V", 1, UINT64_MAX), UEFI_SUCCESS);
	assert_int_equal(((uint8_t *)rig_at(AT_DATA))[12], 0xee);
}

static void attributes_are_checked(void **state)
{
	static const uint32_t refused[] = {0x8, 0x10, 0x20, 0x80, 0x100, 0x80000000};

	(void)state;
	for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(rig_set("V", 1, NV | refused[i], "x"), UEFI_UNSUPPORTED);
		assert_int_equal(rig_set("V", 1, NV | refused[i], ""), UEFI_UNSUPPORTED);
	}
	assert_int_equal(rig_set("V", 1, UEFI_VAR_RUNTIME, "x"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_set("V", 1, UEFI_VAR_NON_VOLATILE, "x"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_set("V", 1, 5, "x"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_set("V", 1, NV, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_set("V", 1, BS_RT, "y"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_set("V", 1, BS | UEFI_VAR_APPEND, "y"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_set("V", 1, BS, ""), UEFI_INVALID_PARAMETER);
	assert_true(rig_is("V", 1, NV, "x"));
}

static void names_are_checked(void **state)
{
	(void)state;
	assert_int_equal(rig_set("", 1, NV, "x"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_get("", 1, 8), UEFI_NOT_FOUND);
	/* Without an end, in memory that goes on. */
	memset(rig_at(AT_NAME), 'n', RIG_PAGE);
	assert_int_equal(rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 1, AT_DATA),
		UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, 0, AT_SIZE, AT_DATA),
		UEFI_INVALID_PARAMETER);
	/* The longest. */
	memset(rig_at(AT_NAME + 510U), 0, 2);
	assert_int_equal(
		rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 1, AT_DATA), UEFI_SUCCESS);
	memset(rig_at(AT_NAME + 510U), 1, 1);
	assert_int_equal(rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 1, AT_DATA),
		UEFI_INVALID_PARAMETER);
}

/* A name that ends with its page, of even and odd alignment, needs no page behind it; one across
 * needs it. */
static void names_at_the_end_of_memory(void **state)
{
	const uint64_t end = AT_NAME + RIG_PAGE;

	(void)state;
	assert_int_equal(rig_set("Name", 2, NV, "x"), UEFI_SUCCESS);
	rig_put_u64(AT_SIZE, 8);
	caller_rig.access[2] = RIG_ABSENT;
	rig_put_name(end - 10U, "Name");
	memset(rig_at(AT_ATTR), 2, 16);
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, end - 10U, AT_ATTR, 0, AT_SIZE, AT_DATA),
		UEFI_SUCCESS);
	rig_put_name(end - 11U, "Name");
	rig_put_u64(AT_SIZE, 8);
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, end - 11U, AT_ATTR, 0, AT_SIZE, AT_DATA),
		UEFI_SUCCESS);
	rig_put_name(end - 9U, "Name");
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, end - 9U, AT_ATTR, 0, AT_SIZE, AT_DATA),
		UEFI_INVALID_PARAMETER);
	caller_rig.access[2] = RIG_READ_ONLY;
	for (unsigned i = 1; i < 10U; i++) {
		rig_put_name(end - i, "Name");
		rig_put_u64(AT_SIZE, 8);
		assert_int_equal(
			rig_call(UEFI_RT_GET_VARIABLE, end - i, AT_ATTR, 0, AT_SIZE, AT_DATA),
			UEFI_SUCCESS);
	}
}

/* Every pointer of every service: null, not there, and not to be written. */
static void bad_pointers_change_nothing(void **state)
{
	static const struct {
		uint32_t operand;
		uint64_t x[5];
		unsigned in;	   /* bit n: Xn points to input */
		unsigned out;	   /* to output */
		unsigned optional; /* may be null */
	} calls[] = {
		{UEFI_RT_GET_TIME, {AT_DATA, AT_OTHER}, 0, 3, 2},
		{UEFI_RT_SET_TIME, {AT_DATA}, 1, 0, 0},
		{UEFI_RT_GET_VARIABLE, {AT_NAME, AT_GUID, AT_ATTR, AT_SIZE, AT_DATA}, 0xb, 0x1c, 4},
		{UEFI_RT_GET_NEXT_VARIABLE_NAME, {AT_SIZE, AT_NAME, AT_GUID}, 7, 7, 0},
		{UEFI_RT_SET_VARIABLE, {AT_NAME, AT_GUID, NV, 4, AT_DATA}, 0x13, 0, 0},
		{UEFI_RT_QUERY_VARIABLE_INFO, {NV, AT_DATA, AT_SIZE, AT_OTHER}, 0, 0xe, 0},
	};
	uint64_t used;

	(void)state;
	assert_int_equal(rig_set("A", 1, NV, "abcd"), UEFI_SUCCESS);
	assert_int_equal(rig_set("B", 1, NV, "abcd"), UEFI_SUCCESS);
	used = rig.changes;
	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (unsigned n = 0; n < 5U; n++) {
			static const uint64_t bad[] = {
				0, NOWHERE, UINT64_MAX, AT_OTHER + 5U * RIG_PAGE};
			uint64_t x[5];

			if (((calls[i].in | calls[i].out) >> n & 1U) == 0U) {
				continue;
			}
			caller_rig.access[14] = RIG_DEVICE;
			for (unsigned b = 0; b < 4U; b++) {
				rig_put_name(AT_NAME, "A");
				memset(rig_at(AT_GUID), 1, 16);
				rig_put(AT_DATA, "new!", 4);
				rig_put_u64(AT_SIZE, 100);
				memcpy(x, calls[i].x, sizeof(x));
				x[n] = bad[b];
				assert_int_equal(
					rig_call(calls[i].operand, x[0], x[1], x[2], x[3], x[4]),
					b == 0U && (calls[i].optional >> n & 1U) != 0U
						? UEFI_SUCCESS
						: UEFI_INVALID_PARAMETER);
			}
			caller_rig.access[(calls[i].x[n] - RIG_VA) / RIG_PAGE] = RIG_READ_ONLY;
			rig_put_name(AT_NAME, "A");
			rig_put_u64(AT_SIZE, 100);
			memcpy(x, calls[i].x, sizeof(x));
			if ((calls[i].out >> n & 1U) != 0U) {
				assert_int_equal(
					rig_call(calls[i].operand, x[0], x[1], x[2], x[3], x[4]),
					UEFI_INVALID_PARAMETER);
			}
			caller_rig.access[(calls[i].x[n] - RIG_VA) / RIG_PAGE] = RIG_READ_WRITE;
		}
	}
	assert_int_equal(rig.changes, used);
	assert_true(rig_is("A", 1, NV, "abcd"));
}

static void data_across_pages_and_a_hole(void **state)
{
	const uint64_t data = AT_DATA + RIG_PAGE - 5U;

	(void)state;
	rig_put_name(AT_NAME, "V");
	memset(rig_at(AT_GUID), 1, 16);
	rig_put(data, "across the edge", 15);
	assert_int_equal(
		rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 15, data), UEFI_SUCCESS);
	assert_true(rig_is("V", 1, NV, "across the edge"));
	rig_put(data, "ACROSS THE EDGE", 15);
	caller_rig.access[6] = RIG_ABSENT;
	assert_int_equal(rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 15, data),
		UEFI_INVALID_PARAMETER);
	assert_true(rig_is("V", 1, NV, "across the edge"));
	rig_put_u64(AT_SIZE, 100);
	memset(rig_at(data), 0, 5);
	assert_int_equal(rig_call(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, 0, AT_SIZE, data),
		UEFI_INVALID_PARAMETER);
	assert_int_equal(*(uint8_t *)rig_at(data), 0); /* nothing half done */
	assert_int_equal(rig_u64(AT_SIZE), 100);
}

static void sizes_are_checked(void **state)
{
	static const uint64_t sizes[] = {
		UEFI_VAR_DATA_MAX + 1U, UINT32_MAX, UINT64_C(0x100000001), UINT64_MAX};

	(void)state;
	assert_int_equal(rig_set("V", 1, NV, "x"), UEFI_SUCCESS);
	for (unsigned i = 0; i < 4U; i++) {
		assert_int_equal(
			rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, sizes[i], AT_DATA),
			UEFI_INVALID_PARAMETER);
		assert_int_equal(rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID,
					 NV | UEFI_VAR_APPEND, sizes[i], AT_DATA),
			UEFI_INVALID_PARAMETER);
	}
	assert_true(rig_is("V", 1, NV, "x"));
	assert_int_equal(
		rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, UEFI_VAR_DATA_MAX, AT_DATA),
		UEFI_SUCCESS);
}

static void quotas_are_told_and_kept(void **state)
{
	uint64_t all;
	uint64_t left;
	unsigned i = 0;
	char name[8];

	(void)state;
#define QUERY(attributes)                                                                          \
	rig_call(UEFI_RT_QUERY_VARIABLE_INFO, attributes, AT_DATA, AT_SIZE, AT_OTHER, 0)
	assert_int_equal(QUERY(NV), UEFI_SUCCESS);
	all = rig_u64(AT_DATA);
	assert_int_equal(all, UEFIRT_KEPT_MAX);
	assert_int_equal(rig_u64(AT_SIZE), all);
	assert_int_equal(rig_u64(AT_OTHER), UEFI_VAR_DATA_MAX);
	do {
		left = rig_u64(AT_SIZE);
		snprintf(name, sizeof(name), "V%04u", i++);
		memset(rig_at(AT_DATA), 'd', 1000);
		rig_put_name(AT_NAME, name);
		if (rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 1000, AT_DATA) !=
			UEFI_SUCCESS) {
			break;
		}
		assert_int_equal(QUERY(NV), UEFI_SUCCESS);
		assert_int_equal(left - rig_u64(AT_SIZE), 24 + 12 + 1000 + 4);
	} while (i < 100U);
	assert_int_equal(i, 16); /* the 16th did not fit */
	assert_int_equal(rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 1000, AT_DATA),
		UEFI_OUT_OF_RESOURCES);
	/* The other quota is its own. */
	assert_int_equal(rig_set("L", 1, BS_RT, "x"), UEFI_SUCCESS);
	assert_int_equal(QUERY(BS_RT), UEFI_SUCCESS);
	assert_int_equal(rig_u64(AT_SIZE), UEFIRT_LOST_MAX - 32U);
	assert_int_equal(QUERY(NV | UEFI_VAR_APPEND), UEFI_SUCCESS);
	assert_int_equal(QUERY(0), UEFI_INVALID_PARAMETER);
	assert_int_equal(QUERY(UEFI_VAR_RUNTIME), UEFI_INVALID_PARAMETER);
	assert_int_equal(QUERY(NV | 0x20), UEFI_UNSUPPORTED);
	rig_enter_runtime(UEFI_RT_PROPERTIES);
	assert_int_equal(QUERY(NV_BS), UEFI_INVALID_PARAMETER);
	assert_int_equal(QUERY(NV), UEFI_SUCCESS);
}

static uint64_t next(uint64_t room)
{
	rig_put_u64(AT_SIZE, room);
	return rig_call(UEFI_RT_GET_NEXT_VARIABLE_NAME, AT_SIZE, AT_NAME, AT_GUID, 0, 0);
}

static void enumeration_names_each_once(void **state)
{
	static const char *const names[] = {"A", "B", "AA", "ABC"};

	(void)state;
	for (unsigned i = 0; i < 4U; i++) {
		assert_int_equal(rig_set(names[3U - i], 1, i % 2U == 0U ? NV : BS, "x"), 0);
	}
	rig_put_name(AT_NAME, "");
	for (unsigned i = 0; i < 4U; i++) {
		assert_int_equal(next(100), UEFI_SUCCESS);
		assert_true(rig_name_is(AT_NAME, names[i]));
		assert_int_equal(rig_u64(AT_SIZE), 2U * strlen(names[i]) + 2U);
	}
	assert_int_equal(next(100), UEFI_NOT_FOUND);
	/* Without the room, nothing moves on. */
	rig_put_name(AT_NAME, "B");
	assert_int_equal(next(5), UEFI_BUFFER_TOO_SMALL);
	assert_int_equal(rig_u64(AT_SIZE), 6);
	assert_true(rig_name_is(AT_NAME, "B"));
	/* The size is of the buffer, so the name that comes in ends in it. */
	assert_int_equal(next(3), UEFI_INVALID_PARAMETER);
	assert_int_equal(next(0), UEFI_INVALID_PARAMETER);
	assert_int_equal(next(UINT64_MAX), UEFI_SUCCESS);
	assert_true(rig_name_is(AT_NAME, "AA"));
	/* A name that never was. */
	rig_put_name(AT_NAME, "Z");
	assert_int_equal(next(100), UEFI_INVALID_PARAMETER);
}

static void enumeration_survives_deletion(void **state)
{
	(void)state;
	assert_int_equal(rig_set("A", 1, NV, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_set("B", 1, NV, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_set("C", 1, NV, "x"), UEFI_SUCCESS);
	rig_put_name(AT_NAME, "");
	assert_int_equal(next(100), UEFI_SUCCESS);
	assert_int_equal(rig_set("A", 1, NV, ""), UEFI_SUCCESS);
	assert_int_equal(next(100), UEFI_SUCCESS);
	assert_true(rig_name_is(AT_NAME, "B"));
	assert_int_equal(rig_set("B", 1, NV, ""), UEFI_SUCCESS);
	assert_int_equal(next(100), UEFI_SUCCESS);
	assert_true(rig_name_is(AT_NAME, "C"));
	assert_int_equal(next(100), UEFI_NOT_FOUND);
}

static void boot_variables_hide_at_runtime(void **state)
{
	(void)state;
	assert_int_equal(rig_set("Boot", 1, NV_BS, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_set("Volatile", 1, BS_RT, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_set("Kept", 1, NV, "x"), UEFI_SUCCESS);
	assert_true(rig_is("Boot", 1, NV_BS, "x"));
	rig_enter_runtime(UEFI_RT_PROPERTIES);
	assert_int_equal(rig_get("Boot", 1, 100), UEFI_NOT_FOUND);
	assert_int_equal(rig_set("Boot", 1, 0, "x"), UEFI_NOT_FOUND);
	assert_int_equal(rig_set("Boot", 1, NV, "y"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_set("New", 1, NV_BS, "y"), UEFI_INVALID_PARAMETER);
	assert_int_equal(rig_set("New", 1, BS_RT, "y"), UEFI_WRITE_PROTECTED);
	assert_int_equal(rig_set("Volatile", 1, BS_RT, "y"), UEFI_WRITE_PROTECTED);
	assert_int_equal(rig_set("Volatile", 1, BS_RT, ""), UEFI_WRITE_PROTECTED);
	assert_true(rig_is("Volatile", 1, BS_RT, "x"));
	assert_int_equal(rig_set("Kept", 1, NV, "y"), UEFI_SUCCESS);
	assert_int_equal(rig_set("New", 1, NV, "y"), UEFI_SUCCESS);
	rig_put_name(AT_NAME, "");
	assert_int_equal(next(100), UEFI_SUCCESS);
	assert_true(rig_name_is(AT_NAME, "New"));
	assert_int_equal(next(100), UEFI_SUCCESS);
	assert_int_equal(next(100), UEFI_SUCCESS);
	assert_int_equal(next(100), UEFI_NOT_FOUND);
	/* The VM starts again: they are back, and what is volatile is not. */
	uefirt_reset(&rig.vm);
	assert_true(rig_is("Boot", 1, NV_BS, "x"));
	assert_true(rig_is("Kept", 1, NV, "y"));
	assert_int_equal(rig_get("Volatile", 1, 100), UEFI_NOT_FOUND);
}

static void what_nobody_keeps_is_refused(void **state)
{
	(void)state;
	assert_int_equal(rig_set("V", 1, NV, "x"), UEFI_WRITE_PROTECTED);
	assert_int_equal(rig_set("V", 1, NV_BS, "x"), UEFI_WRITE_PROTECTED);
	assert_int_equal(rig_get("V", 1, 8), UEFI_NOT_FOUND);
	assert_int_equal(QUERY(NV), UEFI_SUCCESS);
	assert_int_equal(rig_u64(AT_DATA) | rig_u64(AT_SIZE) | rig_u64(AT_OTHER), 0);
	assert_int_equal(rig_set("V", 1, BS_RT, "x"), UEFI_SUCCESS);
	assert_int_equal(rig.changes, 0);
}

/* What there was stays to be read, and to be deleted. */
static void who_keeps_them_may_end(void **state)
{
	(void)state;
	assert_int_equal(rig_set("V", 1, NV, "x"), UEFI_SUCCESS);
	rig.keeps = false;
	assert_int_equal(rig_set("V", 1, NV, "y"), UEFI_WRITE_PROTECTED);
	assert_int_equal(rig_set("W", 1, NV, "y"), UEFI_WRITE_PROTECTED);
	assert_true(rig_is("V", 1, NV, "x"));
	assert_int_equal(rig_set("V", 1, NV, ""), UEFI_SUCCESS);
	assert_int_equal(rig_get("V", 1, 8), UEFI_NOT_FOUND);
}

static void images_go_out_and_come_in(void **state)
{
	static uint64_t image[UEFIRT_KEPT_MAX / 8U];
	struct uefirt_variable variable;
	uint32_t size;
	uint64_t meta;

	(void)state;
	assert_int_equal(rig_set("Kept", 1, NV, "x"), UEFI_SUCCESS);
	assert_int_equal(rig_set("Lost", 1, BS_RT, "x"), UEFI_SUCCESS);
	vrtc_set_seconds(&rig.rtc, RIG_EPOCH + 77U);
	assert_int_equal(uefirt_export(&rig.vm, image, &size, &meta), PLINTH_OK);
	(void)rig_start(state);
	assert_int_equal(uefirt_import(&rig.vm, image, size, meta), PLINTH_OK);
	assert_true(rig_is("Kept", 1, NV, "x"));
	assert_int_equal(rig_get("Lost", 1, 8), UEFI_NOT_FOUND);
	assert_int_equal(vrtc_seconds(&rig.rtc), RIG_EPOCH + 77U);
	assert_int_equal(uefirt_variable(&rig.vm, 0, &variable), PLINTH_OK);
	assert_string_equal(variable.name, "Kept");
	assert_int_equal(variable.guid.data1, 0x01010101);
	assert_int_equal(variable.attributes, NV);
	assert_int_equal(variable.size, 1);
	assert_int_equal(uefirt_variable(&rig.vm, 1, &variable), PLINTH_ENOENT);
	assert_int_equal(uefirt_import(&rig.vm, image, size - 8U, meta), PLINTH_EINVAL);
	assert_true(rig_is("Kept", 1, NV, "x"));
	rig_put(AT_NAME, "\x20\x26\x41\0\x1b\0\0", 8);
	assert_int_equal(
		rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 1, AT_DATA), UEFI_SUCCESS);
	assert_int_equal(uefirt_variable(&rig.vm, 0, &variable), PLINTH_OK);
	assert_string_equal(variable.name, "?A?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(variables_come_change_and_go),
		TEST(a_small_buffer_is_told_the_size),
		TEST(attributes_are_checked),
		TEST(names_are_checked),
		TEST(names_at_the_end_of_memory),
		TEST(bad_pointers_change_nothing),
		TEST(data_across_pages_and_a_hole),
		TEST(sizes_are_checked),
		TEST(quotas_are_told_and_kept),
		TEST(enumeration_names_each_once),
		TEST(enumeration_survives_deletion),
		TEST(boot_variables_hide_at_runtime),
		cmocka_unit_test_setup(what_nobody_keeps_is_refused, rig_start_without_keeper),
		cmocka_unit_test_setup(who_keeps_them_may_end, rig_start),
		TEST(images_go_out_and_come_in),
	};

	rig_init();
	return cmocka_run_group_tests(tests, NULL, NULL) + (rig_end() ? 0 : 1);
}
