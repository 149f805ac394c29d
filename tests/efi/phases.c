/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each runtime service in each of three phases: with boot services, after ExitBootServices, and
 * after SetVirtualAddressMap, at addresses of TTBR1_EL1's half and with the physical ones gone. The
 * machine starts three times: ResetSystem is the last in each phase, and a variable counts.
 */
#include "phases.h"
#include "abi/uefi_rt.h"
#include "app.h"
#include "base/string.h"
#include "fw/text.h"
#include "map.h"

#define MAP_SIZE     16384U
#define PAGE	     UINT64_C(0x1000)
#define KEPT	     (EFI_VARIABLE_NON_VOLATILE | BOTH)
#define BOTH	     (EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)
#define PATTERN_SIZE 5000U /* more than a page */

enum phase { BOOT, RUNTIME, VIRTUAL };

static const struct efi_guid guid = EFI_GUID(0x51ab0001, 1, 2, 3, 4);
static uint8_t map[MAP_SIZE] ALIGNED(8);
static uint64_t map_size;
static uint64_t map_step;
static uint8_t out[PATTERN_SIZE];
static uint8_t in[PATTERN_SIZE];
static struct efi_runtime_services *services;
static efi_event_t address_event;
static void *driver_data;
static uint32_t told;
static void *resident; /* the runtime driver's interface, after SetVirtualAddressMap */

static void check_time(void)
{
	struct efi_time time;
	struct efi_time again;

	CHECK(services->get_time(&time, NULL) == EFI_SUCCESS && time.year >= 2020U);
	time.year = (uint16_t)(time.year + 1U);
	CHECK(services->set_time(&time) == EFI_SUCCESS);
	CHECK(services->get_time(&again, NULL) == EFI_SUCCESS && again.year >= time.year);
	time.month = 13;
	CHECK(services->set_time(&time) == EFI_INVALID_PARAMETER);
	CHECK(services->get_wakeup_time(NULL, NULL, NULL) == EFI_UNSUPPORTED);
	CHECK(services->set_wakeup_time(false, NULL) == EFI_UNSUPPORTED);
}

/* Is a variable of this name among all that are shown? */
static bool is_listed(const efi_char_t *wanted, uint64_t wanted_size)
{
	efi_char_t name[256] = {0};
	struct efi_guid vendor = {0};
	bool found = false;

	for (unsigned i = 0; i < 100U; i++) {
		uint64_t size = sizeof(name);

		if (services->get_next_variable_name(&size, name, &vendor) != EFI_SUCCESS) {
			break;
		}
		found = found || (size == wanted_size && memcmp(name, wanted, size) == 0);
	}
	return found;
}

static void check_variables(enum phase phase)
{
	static const efi_char_t kept[] = u"Kept";
	uint64_t size = sizeof(in);
	uint32_t attributes = 0;
	uint64_t most = 0;
	uint64_t left = 0;
	uint64_t largest = 0;

	for (unsigned i = 0; i < sizeof(out); i++) {
		out[i] = (uint8_t)(i * 3U + phase);
	}
	CHECK(services->set_variable(kept, &guid, KEPT, sizeof(out), out) == EFI_SUCCESS);
	CHECK(services->get_variable(kept, &guid, &attributes, &size, in) == EFI_SUCCESS);
	CHECK(attributes == KEPT && size == sizeof(out) && memcmp(in, out, size) == 0);
	size = 1;
	CHECK(services->get_variable(kept, &guid, NULL, &size, in) == EFI_BUFFER_TOO_SMALL);
	CHECK(size == sizeof(out));
	CHECK(is_listed(kept, sizeof(kept)));
	CHECK(services->set_variable(kept, &guid, KEPT, 0, NULL) == EFI_SUCCESS);
	CHECK(services->get_variable(kept, &guid, NULL, &size, in) == EFI_NOT_FOUND);
	CHECK(services->set_variable(u"Volatile", &guid, BOTH, 4, out) ==
		(phase == BOOT ? EFI_SUCCESS : EFI_WRITE_PROTECTED));
	CHECK(services->query_variable_info(KEPT, &most, &left, &largest) == EFI_SUCCESS);
	CHECK(left <= most && largest <= left && largest != 0U);
}

static void check_pointers(enum phase phase)
{
	void *pointer = app_system->runtime_services;

	if (phase == VIRTUAL) { /* it is no physical one any more */
		CHECK(services->convert_pointer(0, &pointer) == EFI_NOT_FOUND);
	} else {
		CHECK(services->convert_pointer(0, &pointer) == EFI_UNSUPPORTED);
		CHECK(pointer == app_system->runtime_services);
	}
	CHECK(services->set_virtual_address_map(0, sizeof(struct efi_memory_descriptor), 1, NULL) !=
		EFI_SUCCESS);
}

static void check_services(enum phase phase)
{
	uint32_t high;

	app_print("phases: phase %d\n", (int)phase);
	services = app_system->runtime_services;
	check_time();
	check_variables(phase);
	check_pointers(phase);
	CHECK(services->get_next_high_monotonic_count(&high) == EFI_UNSUPPORTED);
	CHECK(services->update_capsule(NULL, 0, 0) == EFI_UNSUPPORTED);
	CHECK(services->query_capsule_capabilities(NULL, 0, NULL, NULL) == EFI_UNSUPPORTED);
}

static struct efi_memory_descriptor *entry_at(uint64_t offset)
{
	return (struct efi_memory_descriptor *)(void *)(map + offset);
}

/* As a runtime driver's: with physical addresses still, but told the new ones. */
static void address_changes(efi_event_t event, void *context)
{
	CHECK(event == address_event && context == &driver_data);
	CHECK(services->convert_pointer(0, &driver_data) == EFI_SUCCESS);
	told++;
}

static void leave(void)
{
	uint64_t key = 0;
	uint64_t page;
	uint32_t version;

	CHECK(app_boot->allocate_pages(
		      EFI_ALLOCATE_ANY_PAGES, EFI_RUNTIME_SERVICES_DATA, 1, &page) == EFI_SUCCESS);
	driver_data = (void *)(uintptr_t)(page + 8U);
	phases_load_driver();
	CHECK(app_boot->create_event(EFI_EVENT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, EFI_TPL_NOTIFY,
		      address_changes, &driver_data, &address_event) == EFI_SUCCESS);

	map_size = sizeof(map);
	CHECK(app_boot->get_memory_map(&map_size, map, &key, &map_step, &version) == EFI_SUCCESS);
	CHECK(app_boot->exit_boot_services(app_image, key) == EFI_SUCCESS);
}

static bool is_high(const void *pointer)
{
	return (uintptr_t)pointer >= MAP_HIGH;
}

/* What `pointer` is, once the entry's region is where it says. */
static void *moved(const struct efi_memory_descriptor *entry, void *pointer)
{
	uint64_t offset = (uintptr_t)pointer - entry->physical_start;

	return offset < entry->page_count * PAGE ? (void *)(entry->virtual_start + offset)
						 : pointer;
}

/* Each runtime region gets a place of its own; then the physical ones go. */
static void go_virtual(void)
{
	unsigned count = 0;

	resident = phases_driver();

	for (uint64_t at = 0; at < map_size; at += map_step) {
		const struct efi_memory_descriptor *entry = entry_at(at);

		if ((entry->attribute & UEFI_MEMORY_RUNTIME) != 0U) {
			map_divide(entry->physical_start, entry->page_count);
		}
	}
	map_own();
	for (uint64_t at = 0; at < map_size; at += map_step) {
		struct efi_memory_descriptor *entry = entry_at(at);

		if ((entry->attribute & UEFI_MEMORY_RUNTIME) == 0U) {
			continue;
		}
		entry->virtual_start = map_high(count++, entry->physical_start, entry->page_count);
		app_system = moved(entry, app_system);
		resident = moved(entry, resident);
	}
	CHECK(count >= 2U && is_high(app_system));
	CHECK(services->set_virtual_address_map(map_size, map_step, 1, (void *)map) == EFI_SUCCESS);
	CHECK(told == 1U && is_high(driver_data));
	for (uint64_t at = 0; at < map_size; at += map_step) {
		const struct efi_memory_descriptor *entry = entry_at(at);

		if ((entry->attribute & UEFI_MEMORY_RUNTIME) != 0U) {
			map_take_away(entry->physical_start, entry->page_count);
		}
	}
}

static void check_virtual_tables(void)
{
	void *const *service = (void *const *)(const void *)(&services->header + 1);

	CHECK(is_high(services) && is_high(app_system->firmware_vendor));
	for (unsigned i = 0; i < 14U; i++) {
		CHECK(is_high(service[i]));
	}
}

/* How often the machine has started, with this one. */
static uint8_t count_start(void)
{
	uint8_t starts = 0;
	uint64_t size = sizeof(starts);

	services = app_system->runtime_services;
	(void)services->get_variable(u"Starts", &guid, NULL, &size, &starts);
	starts++;
	CHECK(services->set_variable(u"Starts", &guid, KEPT, sizeof(starts), &starts) ==
		EFI_SUCCESS);
	return starts;
}

static void end(enum efi_reset_type type)
{
	app_print("phases: %u failed, resets\n", app_failures());
	services->reset_system(type, EFI_SUCCESS, 0, NULL);
	CHECK(false);
	app_finish("phases");
}

efi_status_t app_main(void)
{
	uint8_t starts = count_start();

	check_services(BOOT);
	if (starts == 1U) {
		end(EFI_RESET_COLD);
	}
	leave();
	check_services(RUNTIME);
	if (starts == 2U) {
		end(EFI_RESET_WARM);
	}
	go_virtual();
	check_services(VIRTUAL);
	check_virtual_tables();
	phases_check_driver(resident);
	end(EFI_RESET_SHUTDOWN);
	return EFI_SUCCESS;
}
