/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/checked.h"
#include "base/string.h"
#include "console/console.h"
#include "main/boot.h"
#include "main/boot_exit.h"

static void add_ram(struct boot *boot, const struct boot_range *range)
{
	enum plinth_status status = memory_add_ram(&boot->map, range->base, range->size);

	if (status != PLINTH_OK) {
		console_print("RAM at %#llx, %#llx bytes: %s", (unsigned long long)range->base,
			(unsigned long long)range->size,
			status == PLINTH_ENOMEM ? "not used, the memory map is full"
						: "what lies beyond 2^48 is not used");
	}
}

void boot_set_type(struct boot *boot, const struct boot_range *range, enum boot_mem_type type,
	const char *what)
{
	if (memory_set_type(&boot->map, range->base, range->size, type) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_MACHINE, "memory map: more than %u ranges (%s at %#llx)",
			BOOT_MEM_MAX, what, (unsigned long long)range->base);
	}
}

/* What lies in RAM already. A loader may have reserved its initrd and its devicetree: the later
 * type wins. */
static void set_types(struct boot *boot)
{
	const struct machine *machine = &boot->machine;
	const struct boot_range image = {
		(uintptr_t)boot_lds_start,
		(uintptr_t)boot_lds_end - (uintptr_t)boot_lds_start,
	};

	for (uint32_t i = 0; i < machine->reserved_count; i++) {
		boot_set_type(boot, &machine->reserved[i], BOOT_MEM_RESERVED, "reserved memory");
	}
	boot_set_type(boot, &machine->initrd, BOOT_MEM_IMAGE, "initrd");
	boot_set_type(boot, &machine->fdt, BOOT_MEM_BOOT, "devicetree");
	boot_set_type(boot, &image, BOOT_MEM_BOOT, "Plinth");
	if (!memory_is_ram(&boot->map, image.base, image.size)) {
		boot_exit(BOOT_EXIT_MACHINE, "devicetree: no memory where Plinth runs (%#llx)",
			(unsigned long long)image.base);
	}
}

/* Maps entry i of the list, with those that follow on it without a gap: together they take fewer
 * pages. Returns the number of the next one. */
static uint32_t map_from(struct boot *boot, uint32_t i)
{
	const struct memory_list *list = &boot->map.list;
	uint64_t base = list->entry[i].base;
	uint64_t end = base;

	for (; i < list->count && list->entry[i].base == end &&
		list->entry[i].type != BOOT_MEM_RESERVED;
		i++) {
		end += list->entry[i].size;
	}
	if (paging_map(&boot->paging, base, end - base, PAGING_RAM) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_MACHINE, "memory map: too scattered for boot's tables");
	}
	return end != base ? i : i + 1U;
}

void boot_map_ram(struct boot *boot)
{
	memory_init(&boot->map);
	for (uint32_t i = 0; i < boot->machine.ram_count; i++) {
		add_ram(boot, &boot->machine.ram[i]);
	}
	if (boot->machine.ram_ignored != 0U) {
		console_print("%u ranges of RAM are not used: there is room for %u",
			boot->machine.ram_ignored, MACHINE_RAM_MAX);
	}
	set_types(boot);
	for (uint32_t i = 0; i < boot->map.list.count;) {
		i = map_from(boot, i);
	}
	paging_sync();
}

void *boot_alloc(struct boot *boot, uint64_t size, uint64_t align, enum boot_mem_type type)
{
	uint64_t base = 0;

	if (memory_alloc(&boot->map, size, align, type, &base) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_MACHINE, "out of memory: %llu KiB for Plinth itself",
			(unsigned long long)(size >> 10));
	}
	return (void *)(uintptr_t)base;
}

void boot_check_bundle(const struct boot *boot, const char *what)
{
	const struct boot_range *initrd = &boot->machine.initrd;
	uint64_t start = (uintptr_t)boot_lds_start;

	if (initrd->size == 0U) {
		console_print("no bundle of %s: give one as the initrd (QEMU: -initrd FILE)", what);
		boot_exit(BOOT_EXIT_BUNDLE, "no bundle");
	}
	if (!is_aligned(initrd->base, sizeof(uint32_t)) ||
		!memory_is_ram(&boot->map, initrd->base, initrd->size) ||
		ranges_overlap(
			initrd->base, initrd->size, start, (uintptr_t)boot_lds_end - start) ||
		ranges_overlap(initrd->base, initrd->size, boot->fdt.base, boot->fdt.size)) {
		boot_exit(BOOT_EXIT_BUNDLE,
			"the bundle at %#llx, %#llx bytes, is not aligned memory of its own",
			(unsigned long long)initrd->base, (unsigned long long)initrd->size);
	}
}
