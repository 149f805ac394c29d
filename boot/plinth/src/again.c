/* SPDX-License-Identifier: Apache-2.0 */
/* Soft restart: what this run of boot leaves behind for the next one. boot's image stays where it
 * is: text and .data never change, and .bss is cleared at each start, all but plinth_kept. */
#include <libfdt.h>
#include <string.h>

#include "base/bits.h"
#include "main/boot.h"
#include "plinth.h"
#include "smp/smp.h"

STATIC_ASSERT(offsetof(struct plinth_kept, machine) == 24, "again.S");

struct plinth_kept plinth_kept BOOT_KEPT;

extern const uint8_t plinth_again[] __attribute__((visibility("hidden")));

static bool is_again(const struct boot *boot)
{
	return boot->given == &plinth_kept.machine;
}

/* The firmware is asked for its CPUs once; afterwards they are in the pen. */
static uint32_t find_cpus(struct boot *boot, struct boot_cpu *cpus)
{
	static const struct boot_start start = {.e2h_off = true};
	const uint32_t count = boot->machine.cpu_count;
	uint32_t running;

	if (is_again(boot)) {
		memcpy(cpus, plinth_kept.cpu, count * sizeof(*cpus));
		running = smp_take_back(cpus, count, boot_report_cpu);
	} else {
		running = boot_start_cpus(boot, &start, cpus);
		plinth_kept.pen = cpus[0].mailbox - SMP_PEN_CODE_SIZE;
		plinth_kept.back = smp_back_entry((const void *)(uintptr_t)plinth_kept.pen);
	}
	memcpy(plinth_kept.cpu, cpus, count * sizeof(*cpus));
	return running;
}

static void keep(struct boot *boot, uint64_t base, uint64_t size)
{
	const struct boot_range range = {base, size};

	boot_set_type(boot, &range, BOOT_MEM_PEN, "Plinth's own");
}

/* Without the room that firmware leaves for more: QEMU's is a megabyte. The blocks lie within the
 * whole (discover_fdt_size). */
static void trim(struct boot_range *range, void *fdt)
{
	uint32_t end = (uint32_t)max_u64(fdt_off_dt_struct(fdt) + fdt_size_dt_struct(fdt),
		fdt_off_dt_strings(fdt) + fdt_size_dt_strings(fdt));

	if (fdt_off_mem_rsvmap(fdt) < end) {
		fdt_set_totalsize(fdt, end);
		range->size = end;
	}
}

/* The next run describes devices from it, too. Its entropy is used up: nobody is to find that. */
static void keep_devicetree(struct boot *boot)
{
	struct machine *machine = &boot->machine;
	uint8_t *fdt = (uint8_t *)(uintptr_t)machine->fdt.base;

	if (machine->fdt.size == 0U) {
		return;
	}
	trim(&machine->fdt, fdt);
	keep(boot, machine->fdt.base, machine->fdt.size);
	for (size_t i = 0; i < ARRAY_SIZE(machine->fdt_seed); i++) {
		const struct machine_bytes *seed = &machine->fdt_seed[i];

		memset(fdt + seed->offset, 0, seed->size);
	}
}

void plinth_keep(struct boot *boot)
{
	const uint64_t image = (uintptr_t)boot_lds_start;

	keep(boot, image, (uintptr_t)boot_lds_bss - image);
	keep_devicetree(boot);
	if (is_again(boot)) {
		keep(boot, plinth_kept.pen, SMP_PEN_SIZE);
		boot_set_type(boot, &plinth_kept.former, BOOT_MEM_IMAGE, "former bundle");
	} else {
		/* Nobody has cleared it before. */
		memset(&plinth_kept, 0, sizeof(plinth_kept));
		plinth_kept.machine = boot->machine;
		memset(plinth_kept.machine.seed, 0, sizeof(plinth_kept.machine.seed));
	}
}

bool plinth_take_former(struct boot *boot)
{
	const struct boot_range *former = &plinth_kept.former;

	if (former->size == 0U || former->base == boot->machine.initrd.base) {
		return false;
	}
	boot->machine.initrd = *former;
	return true;
}

void plinth_keep_bundle(const struct boot *boot)
{
	plinth_kept.former = boot->machine.initrd;
	plinth_kept.machine.initrd = boot->machine.initrd;
}

uint32_t plinth_start_cpus(struct plinth *plinth)
{
	uint32_t running = find_cpus(plinth->boot, plinth->info->cpu);

	plinth->info->again = (struct boot_again){
		.pen = plinth_kept.back,
		.entry = (uintptr_t)plinth_again,
		.seed = (uintptr_t)plinth_kept.machine.seed,
		.bundle = (uintptr_t)&plinth_kept.machine.initrd,
		.image = (uintptr_t)&plinth_kept.image,
	};
	return running;
}
