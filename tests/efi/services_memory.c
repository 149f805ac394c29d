/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, events, time. */
#include "app.h"
#include "base/string.h"
#include "services.h"

#define MS_100NS   UINT64_C(10000)
#define STALLS_MAX 1000U

static const struct efi_guid attribute_guid = EFI_MEMORY_ATTRIBUTE_GUID;

static uint32_t calls;

static void count(efi_event_t event, void *context)
{
	(void)event;
	(void)context;
	calls++;
}

static void check_pages(void)
{
	uint64_t base = 0;
	uint8_t *bytes;

	CHECK(app_boot->allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, 600, &base) ==
		EFI_SUCCESS);
	bytes = (uint8_t *)(uintptr_t)base;
	app_boot->set_mem(bytes, 600U * 4096U, 0x5a);
	CHECK(bytes[0] == 0x5aU && bytes[600U * 4096U - 1U] == 0x5aU);
	app_boot->copy_mem(bytes + 1, bytes, 100);
	CHECK(app_boot->free_pages(base, 600) == EFI_SUCCESS);
	CHECK(app_boot->free_pages(base, 600) == EFI_NOT_FOUND);
}

/* A function that returns its argument, written into allocated memory. */
static void check_code_in_pages(void)
{
	static const uint32_t code[] = {
		0xd503245f, 0x91001400, 0xd65f03c0}; /* bti c; add #5; ret */
	uint64_t base = 0;
	uint64_t (*function)(uint64_t);

	CHECK(app_boot->allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_CODE, 1, &base) ==
		EFI_SUCCESS);
	memcpy((void *)(uintptr_t)base, code, sizeof(code));
	__asm__ volatile("dc cvau, %0\n dsb ish\n ic ivau, %0\n dsb ish\n isb" ::"r"(base)
			 : "memory");
	function = (uint64_t(*)(uint64_t))(uintptr_t)base;
	CHECK(function(37) == 42U);
	CHECK(app_boot->free_pages(base, 1) == EFI_SUCCESS);
}

static void check_attributes(void)
{
	struct efi_memory_attribute *protocol = NULL;
	uint64_t base = 0;
	uint64_t attributes = 0;

	CHECK(app_boot->locate_protocol(&attribute_guid, NULL, (void **)&protocol) == EFI_SUCCESS);
	CHECK(app_boot->allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_BOOT_SERVICES_DATA, 3, &base) ==
		EFI_SUCCESS);
	CHECK(protocol->get(protocol, base, 3U * 4096U, &attributes) == EFI_SUCCESS);
	CHECK(attributes == EFI_MEMORY_XP);
	CHECK(protocol->set(protocol, base + 4096U, 4096, EFI_MEMORY_RO) == EFI_SUCCESS);
	CHECK(protocol->get(protocol, base, 3U * 4096U, &attributes) == EFI_NO_MAPPING);
	CHECK(protocol->get(protocol, base + 4096U, 4096, &attributes) == EFI_SUCCESS);
	CHECK(attributes == (EFI_MEMORY_RO | EFI_MEMORY_XP));
	CHECK(protocol->clear(protocol, base, 3U * 4096U, EFI_MEMORY_RO | EFI_MEMORY_XP) ==
		EFI_SUCCESS);
	CHECK(protocol->get(protocol, base, 3U * 4096U, &attributes) == EFI_SUCCESS);
	CHECK(attributes == 0U);
	CHECK(protocol->set(protocol, 0x123000000000, 4096, EFI_MEMORY_RO) == EFI_UNSUPPORTED);
	CHECK(protocol->set(protocol, base + 1U, 4096, EFI_MEMORY_RO) == EFI_INVALID_PARAMETER);
	CHECK(app_boot->free_pages(base, 3) == EFI_SUCCESS);
}

static void check_events(void)
{
	efi_event_t timer = NULL;
	efi_event_t signal = NULL;
	uint64_t index = 9;
	efi_tpl_t old;

	CHECK(app_boot->create_event(EFI_EVENT_TIMER, 0, NULL, NULL, &timer) == EFI_SUCCESS);
	CHECK(app_boot->set_timer(timer, EFI_TIMER_RELATIVE, 1000000U * MS_100NS) == EFI_SUCCESS);
	CHECK(app_boot->check_event(timer) == EFI_NOT_READY);
	CHECK(app_boot->set_timer(timer, EFI_TIMER_RELATIVE, 5U * MS_100NS) == EFI_SUCCESS);
	CHECK(app_boot->wait_for_event(1, &timer, &index) == EFI_SUCCESS && index == 0U);
	CHECK(app_boot->create_event(EFI_EVENT_TIMER | EFI_EVENT_NOTIFY_SIGNAL, EFI_TPL_CALLBACK,
		      count, NULL, &signal) == EFI_SUCCESS);
	CHECK(app_boot->set_timer(signal, EFI_TIMER_PERIODIC, MS_100NS) == EFI_SUCCESS);
	/* Periods that were missed are left out, and a busy machine misses some. */
	for (uint32_t i = 0; i < STALLS_MAX && calls < 2U; i++) {
		CHECK(app_boot->stall(2000) == EFI_SUCCESS);
	}
	CHECK(calls >= 2U);
	old = app_boot->raise_tpl(EFI_TPL_NOTIFY);
	calls = 0;
	CHECK(app_boot->stall(3000) == EFI_SUCCESS);
	CHECK(calls == 0U);
	app_boot->restore_tpl(old);
	CHECK(calls == 1U);
	CHECK(app_boot->close_event(signal) == EFI_SUCCESS);
	CHECK(app_boot->close_event(timer) == EFI_SUCCESS);
}

void check_memory(void)
{
	uint64_t count_a = 0;
	uint64_t count_b = 0;
	uint32_t crc = 0;
	void *buffer = NULL;

	check_pages();
	check_code_in_pages();
	check_attributes();
	check_events();
	CHECK(app_boot->allocate_pool(EFI_RUNTIME_SERVICES_DATA, 100, &buffer) == EFI_SUCCESS);
	CHECK(app_boot->free_pool(buffer) == EFI_SUCCESS);
	CHECK(app_boot->free_pool(buffer) == EFI_INVALID_PARAMETER);
	CHECK(app_boot->get_next_monotonic_count(&count_a) == EFI_SUCCESS);
	CHECK(app_boot->get_next_monotonic_count(&count_b) == EFI_SUCCESS);
	CHECK(count_b > count_a);
	CHECK(app_boot->calculate_crc32("123456789", 9, &crc) == EFI_SUCCESS);
	CHECK(crc == 0xcbf43926U);
	CHECK(app_boot->set_watchdog_timer(0, 0, 0, NULL) == EFI_SUCCESS);
}
