/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_pen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "guest_pen/code.h"
#include "guest_pen/layout.h"

#define ENTRY UINT64_C(0x40012340)
#define PEN   UINT64_C(0x5fff0000)

static struct vmdesc desc;
static struct loader_host host;
static uint8_t page[PAGE_SIZE];

static int setup(void **state)
{
	(void)state;
	desc = (struct vmdesc){.vcpu_count = 5, .secondary_boot = VMDESC_PARKING};
	host = (struct loader_host){.gic_version = 3};
	memset(page, 0xa5, sizeof(page));
	return 0;
}

static uint32_t word_at(size_t offset)
{
	uint32_t value;

	memcpy(&value, page + offset, sizeof(value));
	return value;
}

static void test_reserved(void **state)
{
	(void)state;
	assert_int_equal(guest_pen_reserved(&desc), KIB(64));
	desc.vcpu_count = 16;
	assert_int_equal(guest_pen_reserved(&desc), KIB(64));
	desc.vcpu_count = 17;
	assert_int_equal(guest_pen_reserved(&desc), KIB(128));
	desc.vcpu_count = VM_VCPU_MAX;
	assert_int_equal(guest_pen_reserved(&desc), KIB(512));
	desc.secondary_boot = VMDESC_SPIN_TABLE;
	assert_int_equal(guest_pen_reserved(&desc), KIB(64));
	desc.secondary_boot = VMDESC_PSCI;
	assert_int_equal(guest_pen_reserved(&desc), 0);
}

static void expect_parameters(uint32_t protocol)
{
	guest_pen_write(&desc, &host, ENTRY, page);
	assert_int_equal(word_at(PEN_PROTOCOL_OFFSET), protocol);
	assert_int_equal(word_at(PEN_ENTRY_OFFSET), ENTRY);
	assert_int_equal(word_at(PEN_ENTRY_OFFSET + 4), 0);
	assert_int_equal(word_at(PEN_COUNT_OFFSET), desc.vcpu_count);
	assert_int_equal(word_at(PEN_GIC_OFFSET), host.gic_version);
}

static void test_parameters(void **state)
{
	(void)state;
	expect_parameters(PEN_PROTOCOL_PARKING);
	host.gic_version = 2;
	expect_parameters(PEN_PROTOCOL_PARKING);
	desc.secondary_boot = VMDESC_SPIN_TABLE;
	desc.vcpu_count = VM_VCPU_MAX;
	expect_parameters(PEN_PROTOCOL_SPIN_TABLE);
}

/* The first instruction is a branch over the parameters; no word says anything yet. */
static void test_page(void **state)
{
	(void)state;
	size_t size = (uintptr_t)guest_pen_code_end - (uintptr_t)guest_pen_code;

	guest_pen_write(&desc, &host, ENTRY, page);
	assert_int_equal(word_at(0), 0x14000000 | PEN_PARAMS_END / 4);
	assert_int_equal(size % 4, 0);
	assert_true(size <= PEN_WORDS_OFFSET);
	assert_memory_equal(
		page + PEN_PARAMS_END, guest_pen_code + PEN_PARAMS_END, size - PEN_PARAMS_END);
	for (size_t i = size; i < sizeof(page); i++) {
		assert_int_equal(page[i], 0);
	}
}

static void test_places(void **state)
{
	(void)state;
	assert_int_equal(guest_pen_release_address(PEN, 0), PEN + 0x800);
	assert_int_equal(guest_pen_release_address(PEN, 122), PEN + 0x800 + 122 * 8);
	assert_int_equal(guest_pen_mailbox(PEN, 0), 0);
	assert_int_equal(guest_pen_mailbox(PEN, 1), PEN + 0x1000);
	assert_int_equal(guest_pen_mailbox(PEN, 122), PEN + 122 * 0x1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reserved, setup),
		cmocka_unit_test_setup(test_parameters, setup),
		cmocka_unit_test_setup(test_page, setup),
		cmocka_unit_test_setup(test_places, setup),
	};

	return cmocka_run_group_tests_name("loader/guest_pen", tests, NULL, NULL);
}
