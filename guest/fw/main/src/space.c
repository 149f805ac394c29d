/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's address space and the memory map. */
#include "abi/guest_map.h"
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/types.h"
#include "fw/memory.h"
#include "main.h"
#include "paging/fw_paging.h"

#define DEVICES_BASE UINT64_C(0x08000000) /* GIC to virtio: machine.md's devices */
#define DEVICES_SIZE UINT64_C(0x04000000)

#define LEVEL2_TABLES	64U /* each covers 1 GiB */
#define TTBR_ASID_SHIFT 48U
#define PFR1_BT		UINT64_C(0xf)

static uint64_t root[FW_PAGING_ENTRIES] ALIGNED(4096) __attribute__((section(".tables")));
static uint64_t level2[LEVEL2_TABLES][FW_PAGING_ENTRIES] ALIGNED(4096)
	__attribute__((section(".tables")));
static uint64_t level3_early[4][FW_PAGING_ENTRIES] ALIGNED(4096)
	__attribute__((section(".tables")));
static uint32_t level2_used;
static uint32_t level3_used;
static bool memory_works;

static struct fw_paging paging;

/* Tables of level 2 are ours; those of level 3 come from the memory map as soon as there is one. */
static uint64_t *take_table(uint32_t level)
{
	uint64_t base;

	if (level == 2U) {
		return level2_used < LEVEL2_TABLES ? level2[level2_used++] : NULL;
	}
	if (!memory_works) {
		return level3_used < ARRAY_SIZE(level3_early) ? level3_early[level3_used++] : NULL;
	}
	if (fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_BOOT_SERVICES_DATA, 1, &base) !=
		EFI_SUCCESS) {
		return NULL;
	}
	return (uint64_t *)(uintptr_t)base;
}

static void map(uint64_t base, uint64_t size, enum fw_access access, const char *what)
{
	uint64_t start = align_down(base, PAGE_SIZE);
	enum plinth_status status =
		fw_paging_map(&paging, start, align_up(base + size, PAGE_SIZE) - start, access);

	if (status != PLINTH_OK) {
		fatal("%s at 0x%llx, %llu KiB: cannot be mapped (%s)", what,
			(unsigned long long)base, (unsigned long long)size / 1024U,
			plinth_status_name(status));
	}
}

static bool is_in_ram(const struct fw_machine *machine, uint64_t address)
{
	for (uint32_t i = 0; i < machine->ram_count; i++) {
		if (address - machine->ram[i].base < machine->ram[i].size) {
			return true;
		}
	}
	return false;
}

/* What lies above RAM: it must not be there already. */
static void map_outside(const struct fw_machine *machine, const struct fw_range *range,
	enum fw_access access, const char *what)
{
	enum fw_access mapped;

	if (range->size > 0U && !is_in_ram(machine, range->base) &&
		!fw_paging_access(&paging, range->base, &mapped)) {
		map(range->base, range->size, access, what);
	}
}

static void map_ourselves(void)
{
	uint64_t start = (uintptr_t)fw_lds_start;
	uint64_t text = (uintptr_t)fw_lds_text_end;
	uint64_t rodata = (uintptr_t)fw_lds_rodata_end;

	/* Page by page, so that this block is never split while we stand on it. */
	for (uint64_t at = start; at < start + BLOCK_2M; at += PAGE_SIZE) {
		enum fw_access access = at < text     ? FW_ACCESS_RX
					: at < rodata ? FW_ACCESS_RO
						      : FW_ACCESS_RW;

		map(at, PAGE_SIZE, access, "the firmware");
	}
	if ((read_id_aa64pfr1_el1() & PFR1_BT) != 0U) {
		(void)fw_paging_guard(&paging, start, text - start);
	}
}

/* RAM but for our own block. */
static void map_ram(const struct fw_range *ram)
{
	uint64_t own = (uintptr_t)fw_lds_start;
	uint64_t end = ram->base + ram->size;

	if (own < ram->base || own >= end) {
		map(ram->base, ram->size, FW_ACCESS_RW, "RAM");
		return;
	}
	if (own > ram->base) {
		map(ram->base, own - ram->base, FW_ACCESS_RW, "RAM");
	}
	if (end > own + BLOCK_2M) {
		map(own + BLOCK_2M, end - own - BLOCK_2M, FW_ACCESS_RW, "RAM");
	}
}

void space_init(const struct fw_machine *machine)
{
	fw_paging_init(&paging, root, take_table, paging_invalidate);
	map_ourselves();
	for (uint32_t i = 0; i < machine->ram_count; i++) {
		map_ram(&machine->ram[i]);
	}
	map_outside(machine, &machine->kernel, FW_ACCESS_RO, "the kernel");
	map_outside(machine, &machine->initrd, FW_ACCESS_RO, "the initrd");
	for (uint32_t i = 0; i < machine->disk_count; i++) {
		map_outside(machine, &machine->disk[i].range,
			machine->disk[i].read_only ? FW_ACCESS_RO : FW_ACCESS_RW, "a disk");
	}
	if (fw_paging_map_device(&paging, DEVICES_BASE, DEVICES_SIZE) != PLINTH_OK) {
		fatal("no table left for the devices");
	}
	arch_dsb_ish(); /* the tables are stored before a walk looks for them */
	paging_enter((uintptr_t)root | (uint64_t)FW_PAGING_ASID << TTBR_ASID_SHIFT);
}

static void describe(uint64_t base, uint64_t size, uint32_t type)
{
	uint64_t start = align_down(base, PAGE_SIZE);
	uint64_t end = align_up(base + size, PAGE_SIZE);

	if (fw_memory_describe(start, end - start, type, 0) != EFI_SUCCESS) {
		fatal("the memory map is full");
	}
}

/* Keeps what lies in RAM out of the way; what lies elsewhere is no memory of the operating
 * system's, and not in the map: Linux would take EfiPersistentMemory that can be cached for RAM. */
static void keep(const struct fw_machine *machine, const struct fw_range *range, uint32_t type)
{
	if (range->size > 0U && is_in_ram(machine, range->base)) {
		describe(range->base, range->size, type);
	}
}

void memory_describe(const struct fw_machine *machine, const void *dtb)
{
	uint64_t start = (uintptr_t)fw_lds_start;
	uint64_t text = (uintptr_t)fw_lds_text_end;
	struct fw_range tree = {(uintptr_t)dtb, BLOCK_2M};

	fw_memory_init();
	for (uint32_t i = 0; i < machine->ram_count; i++) {
		describe(machine->ram[i].base, machine->ram[i].size, EFI_CONVENTIONAL_MEMORY);
	}
	keep(machine, &machine->kernel, EFI_BOOT_SERVICES_DATA);
	keep(machine, &machine->initrd, EFI_BOOT_SERVICES_DATA);
	for (uint32_t i = 0; i < machine->reserved_count; i++) {
		keep(machine, &machine->reserved[i], EFI_RESERVED_MEMORY);
	}
	for (uint32_t i = 0; i < machine->disk_count; i++) {
		keep(machine, &machine->disk[i].range, EFI_RESERVED_MEMORY);
	}
	keep(machine, &machine->acpi, EFI_ACPI_RECLAIM_MEMORY);
	keep(machine, &machine->smbios, EFI_ACPI_RECLAIM_MEMORY);
	tree.size = start - tree.base < BLOCK_2M ? start - tree.base : PAGE_SIZE;
	keep(machine, &tree, EFI_BOOT_SERVICES_DATA);
	describe(start, text - start, EFI_BOOT_SERVICES_CODE);
	describe(text, (uintptr_t)fw_lds_end - text, EFI_BOOT_SERVICES_DATA);
	memory_works = true;
}

efi_status_t platform_protect(uint64_t base, uint64_t size, enum fw_access access)
{
	enum plinth_status status = fw_paging_protect(&paging, base, size, access);

	if (status == PLINTH_OK) {
		arch_dsb_ish(); /* the entries are stored before what relies on them */
		arch_isb();
		return EFI_SUCCESS;
	}
	return status == PLINTH_ENOMEM ? EFI_OUT_OF_RESOURCES : EFI_UNSUPPORTED;
}

bool platform_access(uint64_t address, enum fw_access *access)
{
	return fw_paging_access(&paging, address, access);
}
