/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "libguest/libguest.h"
#include "uefirt.h"

#define HUGE	 (~0UL)
#define CROSSING (ABSENT - 4U) /* four bytes of a page for reading, and then none */

void put_name(uint64_t va, const char *name)
{
	uint8_t *to = (uint8_t *)va;

	do {
		*to++ = (uint8_t)*name;
		*to++ = 0;
	} while (*name++ != '\0');
}

uint64_t set_variable(const char *name, uint32_t attributes, const char *text)
{
	put_name(AT_NAME, name);
	memcpy((void *)AT_DATA, text, strlen(text));
	return rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, attributes, strlen(text), AT_DATA);
}

static void put_size(uint64_t size)
{
	memcpy((void *)AT_SIZE, &size, sizeof(size));
}

static uint64_t size_now(void)
{
	uint64_t size;

	memcpy(&size, (const void *)AT_SIZE, sizeof(size));
	return size;
}

uint64_t get_variable(const char *name, uint64_t room)
{
	put_name(AT_NAME, name);
	put_size(room);
	return rt(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, AT_ATTR, AT_SIZE, AT_DATA);
}

bool variable_is(const char *name, const char *text)
{
	return get_variable(name, 3U * PAGE) == UEFI_SUCCESS && size_now() == strlen(text) &&
	       memcmp((const void *)AT_DATA, text, strlen(text)) == 0;
}

static uint64_t next_name(uint64_t room)
{
	put_size(room);
	return rt(UEFI_RT_GET_NEXT_VARIABLE_NAME, AT_SIZE, AT_NAME, AT_GUID, 0, 0);
}

/* Deletes each variable as it is named. */
static void delete_all(void)
{
	unsigned count = 0;
	unsigned deleted = 0;

	put_name(AT_NAME, "");
	while (next_name(512) == UEFI_SUCCESS) {
		count++;
		deleted += rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, 0, 0, 0) == UEFI_SUCCESS;
	}
	check(count > 3U && deleted == count, "enumeration survives deletion");
	put_name(AT_NAME, "");
	check(next_name(512) == UEFI_NOT_FOUND, "nothing is left");
	memset((void *)AT_GUID, 0x11, sizeof(struct uefi_guid));
}

static void test_quota(void)
{
	uint64_t left;
	unsigned i;

	check(rt(UEFI_RT_QUERY_VARIABLE_INFO, NV, AT_MORE, AT_SIZE, AT_ATTR, 0) == UEFI_SUCCESS &&
			size_now() > 4096U,
		"a quota");
	memset((void *)AT_DATA, 'q', 2048);
	for (i = 0; i < 64U; i++) {
		const char name[] = {(char)('A' + i), '\0'};

		put_name(AT_NAME, name);
		if (rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 2048, AT_DATA) != UEFI_SUCCESS) {
			break;
		}
	}
	check(i >= 4U && i < 64U &&
			rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 2048, AT_DATA) ==
				UEFI_OUT_OF_RESOURCES,
		"which is kept");
	(void)rt(UEFI_RT_QUERY_VARIABLE_INFO, NV, AT_MORE, AT_SIZE, AT_ATTR, 0);
	left = size_now();
	check(left < 2048U + 64U, "and told");
}

void test_variables(void)
{
	check(set_variable("Log", NV, "one") == UEFI_SUCCESS &&
			set_variable("Log", NV | UEFI_VAR_APPEND, ", two") == UEFI_SUCCESS &&
			variable_is("Log", "one, two"),
		"an append");
	check(get_variable("Log", 3) == UEFI_BUFFER_TOO_SMALL && size_now() == 8U,
		"a small buffer");
	check(set_variable("Log", NV | 0x20U, "x") == UEFI_UNSUPPORTED, "authenticated writes");
	check(set_variable("Log", BS_RT, "x") == UEFI_INVALID_PARAMETER, "other attributes");
	check(set_variable("Log", NV, "") == UEFI_SUCCESS &&
			get_variable("Log", 100) == UEFI_NOT_FOUND,
		"deletion by no data");
	check(set_variable("OnlyBoot", NV_BS, "x") == UEFI_SUCCESS, "one for boot services");
	test_quota();
	delete_all();
	check(set_variable("Kept", NV, "over a reset") == UEFI_SUCCESS, "kept again");
	check(set_variable("OnlyBoot", NV_BS, "x") == UEFI_SUCCESS, "and for boot services");
}

/* Every pointer of GetVariable and SetVariable in turn is `bad`. */
static void bad_pointer(uint64_t bad, const char *name)
{
	const uint64_t good[] = {AT_NAME, AT_GUID, AT_ATTR, AT_SIZE, AT_DATA};
	unsigned refused = 0;
	unsigned calls = 0;

	for (unsigned i = 0; i < 5U; i++) {
		uint64_t x[5];

		memcpy(x, good, sizeof(x));
		x[i] = bad;
		put_name(AT_NAME, "Kept");
		put_size(100);
		calls++;
		refused += rt(UEFI_RT_GET_VARIABLE, x[0], x[1], x[2], x[3], x[4]) ==
			   UEFI_INVALID_PARAMETER;
		if (i == 0U || i == 1U || i == 4U) {
			calls++;
			refused += rt(UEFI_RT_SET_VARIABLE, x[0], x[1], NV, 12, x[4]) ==
				   UEFI_INVALID_PARAMETER;
		}
	}
	check(refused == calls, name);
}

static void bad_sizes(void)
{
	put_name(AT_NAME, "Kept");
	check(rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, HUGE, AT_DATA) ==
			UEFI_INVALID_PARAMETER,
		"2^64 - 1 bytes to set");
	check(rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV | UEFI_VAR_APPEND, HUGE - 8U,
		      AT_DATA) == UEFI_INVALID_PARAMETER,
		"nearly as many to append");
	check(get_variable("Kept", HUGE) == UEFI_SUCCESS && size_now() == 12U,
		"room for 2^64 - 1 bytes");
	put_name(AT_NAME, "Kept");
	check(next_name(HUGE) == UEFI_SUCCESS || next_name(HUGE) == UEFI_NOT_FOUND,
		"and for a name as long");
	memset((void *)AT_NAME, 'n', PAGE);
	memset((void *)AT_GUID, 0x11, sizeof(struct uefi_guid));
	check(rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 1, AT_DATA) ==
				UEFI_INVALID_PARAMETER &&
			rt(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, 0, AT_SIZE, AT_DATA) ==
				UEFI_INVALID_PARAMETER &&
			next_name(HUGE) == UEFI_INVALID_PARAMETER,
		"names without an end");
}

void test_hostile(void)
{
	bad_pointer(ABSENT, "pointers to no page");
	bad_pointer(HOLE, "pointers to no memory");
	bad_pointer(GUEST_UART, "pointers to a device");
	bad_pointer(HUGE, "pointers to the last byte");
	bad_pointer(0x0001000000000000UL, "pointers that are none");
	page_bytes[17][PAGE - 4U] = 'K';
	page_bytes[17][PAGE - 2U] = 'e';
	bad_pointer(CROSSING, "across a page that is not there");
	put_name(AT_NAME, "Kept");
	put_size(100);
	check(rt(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, 0, AT_SIZE, READ_ONLY) ==
			UEFI_INVALID_PARAMETER,
		"data to a page for reading");
	check(rt(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, READ_ONLY, AT_SIZE, AT_DATA) ==
			UEFI_INVALID_PARAMETER,
		"attributes to it");
	bad_sizes();
	check(variable_is("Kept", "over a reset"), "none of it has changed anything");
}
