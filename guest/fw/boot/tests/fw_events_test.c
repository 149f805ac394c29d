/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_platform.h"
#include "fw/events.h"
#include "fw/guid.h"
#include "runtime/runtime.h"

static const struct efi_guid group = EFI_GUID(9, 9, 9, 9);

static char order[16];
static uint32_t order_size;
static char name_x[] = "x";

static int setup(void **state)
{
	(void)state;
	fake_platform_init();
	order_size = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_platform_fini();
	return 0;
}

static void note(efi_event_t event, void *context)
{
	(void)event;
	order[order_size++] = *(const char *)context;
	order[order_size] = '\0';
}

static efi_event_t create(uint32_t type, efi_tpl_t tpl, const char *name)
{
	efi_event_t event = NULL;

	assert_int_equal(
		fw_create_event(type, tpl, note, (void *)(uintptr_t)name, &event), EFI_SUCCESS);
	return event;
}

static void test_notifications_wait_for_their_priority(void **state)
{
	efi_event_t low = create(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK, "l");
	efi_event_t high = create(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_NOTIFY, "h");
	efi_tpl_t old = fw_raise_tpl(EFI_TPL_NOTIFY);

	(void)state;
	assert_true(old == EFI_TPL_APPLICATION);
	assert_int_equal(fw_signal_event(low), EFI_SUCCESS);
	assert_int_equal(fw_signal_event(high), EFI_SUCCESS);
	assert_int_equal(fw_signal_event(high), EFI_SUCCESS); /* once is enough */
	assert_int_equal(order_size, 0);
	fw_restore_tpl(EFI_TPL_CALLBACK);
	assert_string_equal(order, "h");
	fw_restore_tpl(old);
	assert_string_equal(order, "hl");
	assert_int_equal(fw_signal_event(low), EFI_SUCCESS);
	assert_string_equal(order, "hll");
}

static void test_closed_events_are_forgotten(void **state)
{
	efi_event_t event = create(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK, "x");

	(void)state;
	(void)fw_raise_tpl(EFI_TPL_NOTIFY);
	assert_int_equal(fw_signal_event(event), EFI_SUCCESS);
	assert_int_equal(fw_close_event(event), EFI_SUCCESS);
	fw_restore_tpl(EFI_TPL_APPLICATION);
	assert_int_equal(order_size, 0);
	assert_int_equal(fw_close_event(event), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_signal_event(event), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_check_event(event), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_signal_event(NULL), EFI_INVALID_PARAMETER);
}

static void test_check_and_wait(void **state)
{
	efi_event_t plain;
	efi_event_t signal = create(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK, "x");
	efi_event_t asked = create(EFI_EVENT_NOTIFY_WAIT, EFI_TPL_CALLBACK, "w");
	efi_event_t list[2];
	uint64_t index = 9;

	(void)state;
	assert_int_equal(fw_create_event(0, 0, NULL, NULL, &plain), EFI_SUCCESS);
	assert_int_equal(fw_check_event(plain), EFI_NOT_READY);
	assert_int_equal(fw_signal_event(plain), EFI_SUCCESS);
	assert_int_equal(fw_check_event(plain), EFI_SUCCESS);
	assert_int_equal(fw_check_event(plain), EFI_NOT_READY);
	assert_int_equal(fw_check_event(signal), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_check_event(asked), EFI_NOT_READY);
	assert_string_equal(order, "w");
	list[0] = asked;
	list[1] = plain;
	assert_int_equal(fw_signal_event(plain), EFI_SUCCESS);
	assert_int_equal(fw_wait_for_event(2, list, &index), EFI_SUCCESS);
	assert_true(index == 1U);
	(void)fw_raise_tpl(EFI_TPL_CALLBACK);
	assert_int_equal(fw_wait_for_event(2, list, &index), EFI_UNSUPPORTED);
	fw_restore_tpl(EFI_TPL_APPLICATION);
	assert_int_equal(fw_wait_for_event(0, list, &index), EFI_INVALID_PARAMETER);
}

static void test_timers(void **state)
{
	efi_event_t timer = NULL;
	uint64_t index;

	(void)state;
	assert_int_equal(fw_create_event(EFI_EVENT_TIMER, 0, NULL, NULL, &timer), EFI_SUCCESS);
	assert_int_equal(fw_set_timer(timer, EFI_TIMER_RELATIVE, 1000), EFI_SUCCESS);
	assert_int_equal(fw_check_event(timer), EFI_NOT_READY);
	assert_int_equal(fw_wait_for_event(1, &timer, &index), EFI_SUCCESS);
	assert_true(fake.now >= 1000U);
	assert_int_equal(fw_check_event(timer), EFI_NOT_READY); /* once */
	assert_int_equal(fw_set_timer(timer, EFI_TIMER_PERIODIC, 500), EFI_SUCCESS);
	for (uint32_t i = 0; i < 3U; i++) {
		fake.now += 600U;
		assert_int_equal(fw_check_event(timer), EFI_SUCCESS);
	}
	assert_int_equal(fw_set_timer(timer, EFI_TIMER_CANCEL, 0), EFI_SUCCESS);
	fake.now += 10000U;
	assert_int_equal(fw_check_event(timer), EFI_NOT_READY);
	assert_int_equal(fw_set_timer(timer, EFI_TIMER_RELATIVE, UINT64_MAX), EFI_SUCCESS);
	assert_int_equal(fw_check_event(timer), EFI_NOT_READY);
	assert_int_equal(fw_set_timer(timer, 3, 1), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_set_timer(create(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK, "x"),
				 EFI_TIMER_RELATIVE, 1),
		EFI_INVALID_PARAMETER);
}

static void test_groups(void **state)
{
	efi_event_t event[2];

	(void)state;
	assert_int_equal(fw_create_event_ex(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK, note, "a",
				 &group, &event[0]),
		EFI_SUCCESS);
	assert_int_equal(fw_create_event_ex(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_NOTIFY, note, "b",
				 &group, &event[1]),
		EFI_SUCCESS);
	assert_int_equal(fw_signal_event(event[0]), EFI_SUCCESS);
	assert_string_equal(order, "ba");
	fw_signal_group(&group);
	assert_string_equal(order, "baba");
	assert_int_equal(fw_create_event_ex(EFI_EVENT_SIGNAL_EXIT_BOOT_SERVICES, EFI_TPL_NOTIFY,
				 note, "c", &group, &event[0]),
		EFI_INVALID_PARAMETER);
}

static void test_types_that_cannot_be(void **state)
{
	efi_event_t event;

	(void)state;
	assert_int_equal(fw_create_event(0x300, EFI_TPL_CALLBACK, note, name_x, &event),
		EFI_INVALID_PARAMETER);
	assert_int_equal(fw_create_event(0x1, EFI_TPL_CALLBACK, note, name_x, &event),
		EFI_INVALID_PARAMETER);
	assert_int_equal(
		fw_create_event(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK, NULL, name_x, &event),
		EFI_INVALID_PARAMETER);
	assert_int_equal(
		fw_create_event(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_HIGH_LEVEL, note, name_x, &event),
		EFI_INVALID_PARAMETER);
	assert_int_equal(fw_create_event(0, 0, NULL, NULL, NULL), EFI_INVALID_PARAMETER);
}

/* Whoever gets an event of SetVirtualAddressMap is told. */
static void test_listeners_are_not_more_than_can_be_told(void **state)
{
	const struct efi_guid address = EFI_EVENT_GROUP_VIRTUAL_ADDRESS_CHANGE;
	efi_event_t event = NULL;

	(void)state;
	/* Without a function it is nobody's. */
	assert_int_equal(fw_create_event_ex(0, 0, NULL, NULL, &address, &event), EFI_SUCCESS);
	for (unsigned i = 0; i < FW_RUNTIME_LISTENERS; i++) {
		event = create(EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, EFI_TPL_NOTIFY, name_x);
	}
	assert_int_equal(fw_create_event_ex(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_NOTIFY, note, name_x,
				 &address, &event),
		EFI_OUT_OF_RESOURCES);
	assert_int_equal(fw_close_event(event), EFI_SUCCESS);
	(void)create(EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, EFI_TPL_NOTIFY, name_x);
}

static void test_stall_takes_its_time(void **state)
{
	(void)state;
	fake.tick = 7;
	assert_int_equal(fw_stall(100), EFI_SUCCESS);
	assert_true(fake.now >= 1000U);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_notifications_wait_for_their_priority),
		TEST(test_closed_events_are_forgotten),
		TEST(test_check_and_wait),
		TEST(test_timers),
		TEST(test_groups),
		TEST(test_types_that_cannot_be),
		TEST(test_listeners_are_not_more_than_can_be_told),
		TEST(test_stall_takes_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
