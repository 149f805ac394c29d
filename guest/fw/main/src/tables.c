/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that an operating system gets, and the runtime services' place. */
#include "abi/uefi_rt.h"
#include "base/bits.h"
#include "base/string.h"
#include "fw/events.h"
#include "fw/guid.h"
#include "fw/image.h"
#include "fw/memory.h"
#include "fw/services.h"
#include "fw/text.h"
#include "main.h"
#include "protocols/console.h"
#include "runtime/runtime.h"

#define TABLES_MAX 16U
#define VENDOR	   "Plinth"
#define DTB_SPARE  4096U /* for what an operating system's stub adds */

/* EfiRuntimeServicesData. */
struct runtime_data {
	struct fw_runtime runtime;
	struct efi_configuration_table tables[TABLES_MAX];
	efi_char_t vendor[sizeof(VENDOR)];
};

/* EFI_MEMORY_ATTRIBUTES_TABLE (4.6) */
struct attributes_table {
	uint32_t version;
	uint32_t count;
	uint32_t descriptor_size;
	uint32_t flags;
	struct efi_memory_descriptor entry[32];
};

static const struct efi_guid acpi_guid = EFI_ACPI_20_TABLE_GUID;
static const struct efi_guid smbios_guid = EFI_SMBIOS3_TABLE_GUID;
static const struct efi_guid dtb_guid = EFI_DTB_TABLE_GUID;
static const struct efi_guid properties_guid = EFI_RT_PROPERTIES_TABLE_GUID;
static const struct efi_guid attributes_guid = EFI_MEMORY_ATTRIBUTES_TABLE_GUID;
static const struct efi_guid address_guid = EFI_EVENT_GROUP_VIRTUAL_ADDRESS_CHANGE;

static struct fw_runtime *runtime;
static uint32_t runtime_mask;
static struct attributes_table *attributes;
static uint64_t runtime_code;

static void *allocate_or_die(uint32_t type, uint64_t size, const char *what)
{
	uint64_t base;

	if (fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, type,
		    (size + EFI_PAGE_SIZE - 1U) >> EFI_PAGE_SHIFT, &base) != EFI_SUCCESS) {
		fatal("no memory for %s", what);
	}
	return memset((void *)(uintptr_t)base, 0, align_up(size, EFI_PAGE_SIZE));
}

/* Before ExitBootServices: only code is read-only to the system, and data not executable. */
static void fill_attributes(void)
{
	struct efi_memory_descriptor region;
	uint32_t count = 0;

	for (uint32_t i = 0; fw_memory_region(i, &region); i++) {
		if ((region.attribute & EFI_MEMORY_RUNTIME) == 0U ||
			count == ARRAY_SIZE(attributes->entry)) {
			continue;
		}
		/* Of drivers' code nothing is known. */
		region.attribute = EFI_MEMORY_RUNTIME;
		if (region.type == EFI_RUNTIME_SERVICES_DATA) {
			region.attribute |= EFI_MEMORY_XP;
		} else if (region.physical_start == runtime_code &&
			   region.page_count == FW_RUNTIME_GRANULE / EFI_PAGE_SIZE) {
			region.attribute |= EFI_MEMORY_RO;
		}
		attributes->entry[count++] = region;
	}
	attributes->count = count;
}

static void add_listener(void *ctx, efi_event_t event, efi_notify_t notify, void *context)
{
	struct fw_runtime *to = ctx;

	if (to->listener_count < FW_RUNTIME_LISTENERS) {
		to->listener[to->listener_count++] =
			(struct fw_runtime_listener){event, notify, context};
	}
}

static void enter_runtime(void)
{
	struct uefi_rt_region regions[UEFI_RT_REGION_MAX];
	struct efi_memory_descriptor region;
	uint64_t count = 0;

	for (uint32_t i = 0; fw_memory_region(i, &region); i++) {
		if ((region.attribute & EFI_MEMORY_RUNTIME) != 0U && count < UEFI_RT_REGION_MAX) {
			regions[count].base = region.physical_start;
			regions[count++].size = region.page_count * EFI_PAGE_SIZE;
		}
	}
	runtime->images = fw_runtime_images();
	fw_visit_group(&address_guid, add_listener, runtime);
	if (runtime_mask != 0U) {
		fw_runtime_enter_fn *enter = (fw_runtime_enter_fn *)(uintptr_t)fw_runtime_in_copy(
			(const uint8_t *)(uintptr_t)runtime_code,
			(const void *)(uintptr_t)fw_runtime_enter);

		(void)enter(runtime_mask, regions, count);
	}
	clock_leave();
}

/* An upcall that is answered refuses a null pointer; PSCI, where nobody else answers, says -1. */
static bool is_answered(const struct efi_runtime_services *services)
{
	return services->get_time(NULL, NULL) == EFI_INVALID_PARAMETER;
}

struct efi_system_table *tables_init(void)
{
	uint8_t *code = allocate_or_die(
		EFI_RUNTIME_SERVICES_CODE, FW_RUNTIME_GRANULE, "the runtime services");
	struct runtime_data *data =
		allocate_or_die(EFI_RUNTIME_SERVICES_DATA, sizeof(*data), "the system table");
	struct fw_tables tables = {
		.system = &data->runtime.system,
		.tables = data->tables,
		.table_max = TABLES_MAX,
		.vendor = data->vendor,
		.revision = FW_REVISION,
		.runtime = &data->runtime.services,
	};

	text_from_ascii(data->vendor, ARRAY_SIZE(data->vendor), VENDOR);
	runtime = &data->runtime;
	runtime->listener_count = 0;
	runtime_code = (uintptr_t)code;
	fw_runtime_place(code, &data->runtime, is_at_el2() ? FW_RUNTIME_SMC : FW_RUNTIME_HVC);
	platform_publish_code(code, (uint64_t)(fw_runtime_end - fw_runtime_start));
	(void)platform_protect((uintptr_t)code, FW_RUNTIME_GRANULE, FW_ACCESS_RX);
	runtime_mask = UEFI_RT_PROPERTIES;
	if (!is_answered(&data->runtime.services)) {
		console_print("plinth-fw: nobody answers runtime services: there are none\n");
		runtime_mask = 0;
		(void)platform_protect((uintptr_t)code, FW_RUNTIME_GRANULE, FW_ACCESS_RW);
		fw_runtime_place(code, &data->runtime, FW_RUNTIME_NONE);
		(void)platform_protect((uintptr_t)code, FW_RUNTIME_GRANULE, FW_ACCESS_RX);
	}
	fw_services_init(&tables);
	fw_on_exit(fill_attributes, enter_runtime);
	return tables.system;
}

static void install(const struct efi_guid *guid, void *table)
{
	if (fw_install_configuration_table(guid, table) != EFI_SUCCESS) {
		fatal("no room for a configuration table");
	}
}

static void publish_tree(const void *dtb)
{
	uint32_t size = fw_machine_tree_size(dtb) + DTB_SPARE;
	void *copy = allocate_or_die(EFI_ACPI_RECLAIM_MEMORY, size, "the devicetree");

	if (fw_machine_publish(dtb, copy, size) != PLINTH_OK) {
		fatal("the devicetree cannot be copied");
	}
	install(&dtb_guid, copy);
}

void tables_publish(const struct fw_machine *machine, const void *dtb)
{
	struct uefi_rt_properties *properties = allocate_or_die(
		EFI_ACPI_RECLAIM_MEMORY, sizeof(*properties), "the runtime properties");

	*properties = (struct uefi_rt_properties){1, sizeof(*properties), runtime_mask};
	install(&properties_guid, properties);
	attributes = allocate_or_die(
		EFI_BOOT_SERVICES_DATA, sizeof(*attributes), "the memory attributes");
	attributes->version = 1;
	attributes->descriptor_size = sizeof(attributes->entry[0]);
	fill_attributes();
	install(&attributes_guid, attributes);
	if (machine->smbios.size > 0U) {
		install(&smbios_guid, (void *)(uintptr_t)machine->smbios.base);
	}
	if (machine->acpi.size > 0U) {
		install(&acpi_guid, (void *)(uintptr_t)machine->acpi.base);
	} else {
		publish_tree(dtb);
	}
}
