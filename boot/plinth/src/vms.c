/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/types.h"
#include "cache/cache.h"
#include "console/console.h"
#include "loader/loader.h"
#include "main/boot_exit.h"
#include "plinth.h"

#define MMFR0_PARANGE_SHIFT 0U
#define MMFR0_PARANGE_WIDTH 4U
#define MMFR0_TGRAN16_SHIFT 20U
#define MMFR0_TGRAN16_WIDTH 4U
#define MMFR0_TGRAN64_SHIFT 24U
#define MMFR0_TGRAN64_WIDTH 4U
#define MMFR0_TGRAN4_SHIFT  28U
#define MMFR0_TGRAN4_WIDTH  4U
#define TGRAN_NONE	    0xfU
#define MMFR2_FWB_SHIFT	    40U
#define MMFR2_FWB_WIDTH	    4U
#define ISAR0_RNDR_SHIFT    60U
#define ISAR0_RNDR_WIDTH    4U

/* What the core will take for itself before the first VM: its tables and stacks, and at most
 * 1/256 of RAM for stage 2 and the page states. */
#define CORE_RESERVE	   MIB(4)
#define CORE_RESERVE_SHIFT 8U

static enum plinth_status alloc_image(void *ctx, uint64_t size, uint64_t align, pa_t *pa, void **va)
{
	struct boot *boot = ctx;
	uint64_t base;
	enum plinth_status status = memory_alloc(&boot->map, size, align, BOOT_MEM_IMAGE, &base);

	if (status == PLINTH_OK) {
		*pa = pa_init(base);
		*va = (void *)(uintptr_t)base;
	}
	return status;
}

static void free_image(void *ctx, uint64_t size, pa_t pa, void *va)
{
	struct boot *boot = ctx;

	(void)va;
	/* A map without room for another entry keeps the pages: they are lost, no more. */
	(void)memory_set_type(&boot->map, pa.v, size, BOOT_MEM_FREE);
}

static pa_t pa_of(void *ctx, const void *ptr)
{
	(void)ctx;
	return pa_init((uintptr_t)ptr);
}

static bool is_spare(void *ctx, uint64_t base, uint64_t size)
{
	return machine_is_spare(&((const struct boot *)ctx)->machine, base, size);
}

static void report(void *ctx, const char *text)
{
	(void)ctx;
	console_print("%s", text);
}

static const struct loader_ops ops = {
	.alloc = alloc_image,
	.free = free_image,
	.pa_of = pa_of,
	.is_spare = is_spare,
	.report = report,
};

static uint32_t granules(uint64_t mmfr0)
{
	uint32_t found = 0;

	found |= FIELD_GET(mmfr0, MMFR0_TGRAN4) != TGRAN_NONE ? LOADER_GRANULE_4K : 0U;
	found |= FIELD_GET(mmfr0, MMFR0_TGRAN16) != 0U ? LOADER_GRANULE_16K : 0U;
	found |= FIELD_GET(mmfr0, MMFR0_TGRAN64) != TGRAN_NONE ? LOADER_GRANULE_64K : 0U;
	return found;
}

static struct loader_host describe_host(const struct plinth *plinth)
{
	static const uint8_t pa_bits[] = {32, 36, 40, 42, 44, 48};
	uint64_t mmfr0 = read_id_aa64mmfr0_el1();
	uint64_t range = min_u64(FIELD_GET(mmfr0, MMFR0_PARANGE), ARRAY_SIZE(pa_bits) - 1U);
	uint64_t free = memory_total(&plinth->boot->map, BOOT_MEM_FREE);
	uint64_t reserve = CORE_RESERVE + (free >> CORE_RESERVE_SHIFT);
	const struct boot_range *fdt = &plinth->boot->machine.fdt;

	return (struct loader_host){
		.gic_version = plinth->info->gic.version,
		.cpu_count = plinth->info->cpu_count,
		.ipa_bits = pa_bits[range],
		.granules = granules(mmfr0),
		.timer_frequency = plinth->info->timer.frequency,
		.has_entropy = plinth->info->seed_size != 0U ||
			       FIELD_GET(read_id_aa64isar0_el1(), ISAR0_RNDR) != 0U,
		.free_memory = free > reserve ? free - reserve : 0U,
		.fdt = fdt->size != 0U ? (const void *)(uintptr_t)fdt->base : NULL,
		.fdt_size = fdt->size,
		.uart_intid = plinth->info->uart.intid,
		.has_fwb = FIELD_GET(read_id_aa64mmfr2_el1(), MMFR2_FWB) != 0U,
	};
}

static enum plinth_status load(struct plinth *plinth, struct loader *loader, size_t *count)
{
	const struct boot_range *initrd = &plinth->boot->machine.initrd;

	return loader_load(loader, (const void *)(uintptr_t)initrd->base, initrd->size, plinth->vms,
		BOOT_VM_MAX, count);
}

void plinth_load_vms(struct plinth *plinth)
{
	struct boot *boot = plinth->boot;
	struct loader loader = {.ops = &ops, .ctx = boot};
	enum plinth_status status;
	size_t count = 0;

	boot_check_bundle(boot, "VMs");
	loader.scratch = boot_alloc(boot, LOADER_SCRATCH_SIZE, LOADER_SCRATCH_ALIGN, BOOT_MEM_BOOT);
	loader.host = describe_host(plinth);
	status = load(plinth, &loader, &count);
	if (status != PLINTH_OK && plinth_take_former(boot)) {
		console_print("no VM of the new bundle can start: back to the former one");
		status = load(plinth, &loader, &count);
	}
	if (status != PLINTH_OK) {
		boot_exit(BOOT_EXIT_BUNDLE, "no VM in the bundle can start");
	}
	plinth_keep_bundle(boot);
	plinth->info->vm_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		plinth->info->vm_config[i] = (uintptr_t)&plinth->vms[i];
	}
	cache_clean(plinth->vms, count * sizeof(*plinth->vms));
}
