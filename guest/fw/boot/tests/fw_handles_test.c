/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_platform.h"
#include "fw/events.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/memory.h"

static const struct efi_guid guid_a = EFI_GUID(1, 2, 3, 4);
static const struct efi_guid guid_b = EFI_GUID(5, 6, 7, 8);
static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;
static int one;
static int two;

static int setup(void **state)
{
	(void)state;
	fake_platform_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_platform_fini();
	return 0;
}

static efi_handle_t install(efi_handle_t handle, const struct efi_guid *guid, void *interface)
{
	assert_int_equal(fw_install_protocol_interface(&handle, guid, 0, interface), EFI_SUCCESS);
	return handle;
}

static void test_install_and_uninstall(void **state)
{
	efi_handle_t handle = install(NULL, &guid_a, &one);
	void *interface = NULL;

	(void)state;
	assert_int_equal(fw_handle_protocol(handle, &guid_a, &interface), EFI_SUCCESS);
	assert_ptr_equal(interface, &one);
	assert_int_equal(fw_handle_protocol(handle, &guid_b, &interface), EFI_UNSUPPORTED);
	assert_null(interface);
	assert_int_equal(
		fw_install_protocol_interface(&handle, &guid_a, 0, &two), EFI_INVALID_PARAMETER);
	assert_int_equal(
		fw_install_protocol_interface(&handle, &guid_b, 1, &two), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_uninstall_protocol_interface(handle, &guid_a, &two), EFI_NOT_FOUND);
	assert_int_equal(fw_uninstall_protocol_interface(handle, &guid_a, &one), EFI_SUCCESS);
	assert_false(fw_is_handle(handle)); /* the last one takes the handle along */
	assert_int_equal(
		fw_uninstall_protocol_interface(handle, &guid_a, &one), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_handle_protocol(handle, &guid_a, &interface), EFI_INVALID_PARAMETER);
}

static void test_reinstall_changes_the_interface(void **state)
{
	efi_handle_t handle = install(NULL, &guid_a, &one);

	(void)state;
	assert_int_equal(
		fw_reinstall_protocol_interface(handle, &guid_a, &two, &two), EFI_NOT_FOUND);
	assert_int_equal(fw_reinstall_protocol_interface(handle, &guid_a, &one, &two), EFI_SUCCESS);
	assert_ptr_equal(fw_interface(handle, &guid_a), &two);
}

static void test_several_at_once_or_none(void **state)
{
	efi_handle_t handle = NULL;
	efi_handle_t before;

	(void)state;
	assert_int_equal(
		fw_install_multiple(&handle, &guid_a, &one, &guid_b, &two, NULL), EFI_SUCCESS);
	assert_int_equal(fw_uninstall_multiple(handle, &guid_a, &one, &guid_b, &one, NULL),
		EFI_INVALID_PARAMETER);
	assert_ptr_equal(fw_interface(handle, &guid_a), &one);
	before = handle;
	assert_int_equal(fw_install_multiple(&handle, &path_guid, NULL, &guid_a, &one, NULL),
		EFI_INVALID_PARAMETER);
	assert_ptr_equal(handle, before);
	assert_null(fw_interface(handle, &path_guid));
	assert_int_equal(
		fw_uninstall_multiple(handle, &guid_a, &one, &guid_b, &two, NULL), EFI_SUCCESS);
	assert_false(fw_is_handle(handle));
}

static void test_locate_handles(void **state)
{
	efi_handle_t handle[3] = {install(NULL, &guid_a, &one), install(NULL, &guid_b, &one),
		install(NULL, &guid_a, &two)};
	efi_handle_t found[3];
	efi_handle_t *buffer;
	uint64_t size = sizeof(found[0]);
	uint64_t count;
	void *interface;

	(void)state;
	assert_int_equal(fw_locate_handle(EFI_LOCATE_BY_PROTOCOL, &guid_a, NULL, &size, found),
		EFI_BUFFER_TOO_SMALL);
	assert_true(size == 2U * sizeof(found[0]));
	assert_int_equal(
		fw_locate_handle(EFI_LOCATE_BY_PROTOCOL, &guid_a, NULL, &size, found), EFI_SUCCESS);
	assert_ptr_equal(found[0], handle[0]);
	assert_ptr_equal(found[1], handle[2]);
	size = sizeof(found);
	assert_int_equal(
		fw_locate_handle(EFI_LOCATE_ALL_HANDLES, NULL, NULL, &size, found), EFI_SUCCESS);
	assert_true(size == 3U * sizeof(found[0]));
	assert_int_equal(fw_locate_handle(EFI_LOCATE_BY_PROTOCOL, &path_guid, NULL, &size, found),
		EFI_NOT_FOUND);
	assert_int_equal(fw_locate_handle(7, NULL, NULL, &size, found), EFI_INVALID_PARAMETER);
	assert_int_equal(
		fw_locate_handle_buffer(EFI_LOCATE_BY_PROTOCOL, &guid_a, NULL, &count, &buffer),
		EFI_SUCCESS);
	assert_true(count == 2U);
	assert_ptr_equal(buffer[1], handle[2]);
	assert_int_equal(fw_free_pool(buffer), EFI_SUCCESS);
	assert_int_equal(fw_locate_protocol(&guid_b, NULL, &interface), EFI_SUCCESS);
	assert_ptr_equal(interface, &one);
	assert_int_equal(fw_locate_protocol(&path_guid, NULL, &interface), EFI_NOT_FOUND);
	assert_null(interface);
}

static uint32_t notified;

static void count_notification(efi_event_t event, void *context)
{
	(void)event;
	(void)context;
	notified++;
}

static void test_told_of_new_protocols(void **state)
{
	efi_event_t event;
	efi_handle_t found;
	efi_handle_t first;
	uint64_t size = sizeof(found);
	void *key;
	void *interface;

	(void)state;
	notified = 0;
	(void)install(NULL, &guid_a, &one);
	assert_int_equal(fw_create_event(EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK,
				 count_notification, NULL, &event),
		EFI_SUCCESS);
	assert_int_equal(fw_register_protocol_notify(&guid_a, NULL, &key), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_register_protocol_notify(&guid_a, event, &key), EFI_SUCCESS);
	first = install(NULL, &guid_a, &one);
	(void)install(NULL, &guid_b, &one);
	assert_int_equal(notified, 1);
	assert_int_equal(fw_locate_handle(EFI_LOCATE_BY_REGISTER_NOTIFY, NULL, key, &size, &found),
		EFI_SUCCESS);
	assert_ptr_equal(found, first);
	assert_int_equal(fw_locate_handle(EFI_LOCATE_BY_REGISTER_NOTIFY, NULL, key, &size, &found),
		EFI_NOT_FOUND);
	/* What goes again before anybody asked is no news. */
	first = install(NULL, &guid_a, &two);
	assert_int_equal(fw_uninstall_protocol_interface(first, &guid_a, &two), EFI_SUCCESS);
	assert_int_equal(fw_locate_protocol(&guid_a, key, &interface), EFI_NOT_FOUND);
	(void)install(NULL, &guid_a, &two);
	assert_int_equal(fw_locate_protocol(&guid_a, key, &interface), EFI_SUCCESS);
	assert_ptr_equal(interface, &two);
	assert_int_equal(fw_locate_protocol(&guid_a, &one, &interface), EFI_NOT_FOUND);
}

static void test_openings(void **state)
{
	efi_handle_t handle = install(NULL, &guid_a, &one);
	efi_handle_t agent = install(NULL, &guid_b, &one);
	efi_handle_t other = install(NULL, &guid_b, &two);
	struct efi_open_entry *entries;
	uint64_t count;
	void *interface;

	(void)state;
	assert_int_equal(
		fw_open_protocol(handle, &guid_a, &interface, agent, NULL, EFI_OPEN_GET_PROTOCOL),
		EFI_SUCCESS);
	assert_int_equal(
		fw_open_protocol(handle, &guid_a, NULL, agent, NULL, EFI_OPEN_TEST_PROTOCOL),
		EFI_SUCCESS);
	assert_int_equal(fw_open_protocol(handle, &guid_a, &interface, agent, NULL, 0x80),
		EFI_INVALID_PARAMETER);
	assert_int_equal(
		fw_open_protocol(handle, &guid_a, &interface, agent, handle, EFI_OPEN_BY_DRIVER),
		EFI_SUCCESS);
	assert_int_equal(
		fw_open_protocol(handle, &guid_a, &interface, agent, handle, EFI_OPEN_BY_DRIVER),
		EFI_ALREADY_STARTED);
	assert_int_equal(
		fw_open_protocol(handle, &guid_a, &interface, other, handle, EFI_OPEN_BY_DRIVER),
		EFI_ACCESS_DENIED);
	assert_int_equal(
		fw_open_protocol_information(handle, &guid_a, &entries, &count), EFI_SUCCESS);
	assert_true(count == 2U);
	assert_ptr_equal(entries[1].controller, handle);
	assert_int_equal(fw_free_pool(entries), EFI_SUCCESS);
	/* Nobody can make the agent let go: it has no driver binding. */
	assert_int_equal(fw_uninstall_protocol_interface(handle, &guid_a, &one), EFI_ACCESS_DENIED);
	assert_int_equal(fw_close_protocol(handle, &guid_a, agent, handle), EFI_SUCCESS);
	assert_int_equal(fw_close_protocol(handle, &guid_a, agent, handle), EFI_NOT_FOUND);
	assert_int_equal(
		fw_open_protocol(handle, &guid_a, &interface, agent, NULL, EFI_OPEN_EXCLUSIVE),
		EFI_SUCCESS);
	assert_int_equal(
		fw_open_protocol(handle, &guid_a, &interface, other, NULL, EFI_OPEN_EXCLUSIVE),
		EFI_ACCESS_DENIED);
	assert_int_equal(fw_close_protocol(handle, &guid_a, agent, NULL), EFI_SUCCESS);
	assert_int_equal(fw_uninstall_protocol_interface(handle, &guid_a, &one), EFI_SUCCESS);
}

/* Fails the n-th allocation of installing, for each n: nothing is left behind. */
static void test_no_memory_leaves_nothing_behind(void **state)
{
	efi_handle_t handle = NULL;
	uint64_t all = fake_free_memory() / EFI_PAGE_SIZE;
	uint64_t base;

	(void)state;
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, all, &base),
		EFI_SUCCESS);
	assert_int_equal(
		fw_install_protocol_interface(&handle, &guid_a, 0, &one), EFI_OUT_OF_RESOURCES);
	assert_null(handle);
	assert_int_equal(fw_free_pages(base, all), EFI_SUCCESS);
	(void)install(NULL, &guid_a, &one);
}

static void test_protocols_per_handle(void **state)
{
	efi_handle_t handle = install(install(NULL, &guid_a, &one), &guid_b, &two);
	struct efi_guid **list;
	uint64_t count;

	(void)state;
	assert_int_equal(fw_protocols_per_handle(handle, &list, &count), EFI_SUCCESS);
	assert_true(count == 2U);
	assert_true(fw_same_guid(list[0], &guid_b));
	assert_true(fw_same_guid(list[1], &guid_a));
	assert_int_equal(fw_free_pool(list), EFI_SUCCESS);
	assert_int_equal(fw_protocols_per_handle(&one, &list, &count), EFI_INVALID_PARAMETER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_install_and_uninstall),
		TEST(test_reinstall_changes_the_interface),
		TEST(test_several_at_once_or_none),
		TEST(test_locate_handles),
		TEST(test_told_of_new_protocols),
		TEST(test_openings),
		TEST(test_no_memory_leaves_nothing_behind),
		TEST(test_protocols_per_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
