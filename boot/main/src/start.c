/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/string.h"
#include "base/types.h"
#include "cache/cache.h"
#include "console/console.h"
#include "discover/discover.h"
#include "main/boot.h"
#include "main/boot_exit.h"

#define CURRENTEL_EL_SHIFT 2U
#define CURRENTEL_EL_WIDTH 2U
#define HCR_EL2_E2H	   BIT(34)

uint64_t boot_current_el(void)
{
	return FIELD_GET(read_currentel(), CURRENTEL_EL);
}

bool boot_is_e2h_stuck(void)
{
	return boot_current_el() == 2U && (read_hcr_el2() & HCR_EL2_E2H) != 0U;
}

/* What assembly has executed so far: head.S has cleaned what boot writes, but for tables, and
 * paging_enable() that up to `end`, behind which it emptied the instruction cache;
 * boot_restart() has done both before, with all but the tables. */
static void count_entry(const uint8_t *end, bool from_efi)
{
	const uint8_t *tables = (const uint8_t *)boot_lds_tables;

	cache_count(boot_lds_text_end, (uint64_t)(tables - boot_lds_text_end), 0);
	cache_count(boot_lds_text_end, (uint64_t)(end - boot_lds_text_end), 1);
	if (from_efi) {
		cache_count(boot_lds_start, (uint64_t)(tables - boot_lds_start), 1);
	}
}

/* Runs with the MMU off and no console: the failures here have nobody to tell. Maps our own image
 * and the devicetree, which is all that is known of memory so far. */
void boot_start_paging(struct boot *boot, uint64_t fdt, bool has_fdt)
{
	uint64_t start = (uintptr_t)boot_lds_start;
	uint64_t text_end = (uintptr_t)boot_lds_text_end;
	uint64_t end = (uintptr_t)boot_lds_end;
	uint32_t table_max = (uint32_t)((end - (uintptr_t)boot_lds_tables) / PAGE_SIZE);
	const uint8_t *written_end;
	bool mapped;

	boot->fdt = (struct boot_range){fdt, 0};
	if (has_fdt && is_aligned(fdt, 8U)) {
		boot->fdt.size = discover_fdt_size((const void *)(uintptr_t)fdt);
	}
	paging_init(&boot->paging, boot_lds_tables, table_max,
		boot_current_el() == 1U || boot_is_e2h_stuck());
	mapped = paging_map(&boot->paging, start, text_end - start, PAGING_CODE) == PLINTH_OK &&
		 paging_map(&boot->paging, text_end, end - text_end, PAGING_RAM) == PLINTH_OK &&
		 paging_map(&boot->paging, fdt, boot->fdt.size, PAGING_RAM) == PLINTH_OK;
	if (!mapped || (has_fdt && boot->fdt.size == 0U)) {
		boot_exit(BOOT_EXIT_MACHINE, "no devicetree in x0");
	}
	written_end = (const uint8_t *)boot_lds_tables[boot->paging.count];
	paging_enable(&boot->paging, text_end, (uintptr_t)written_end);
	count_entry(written_end, !has_fdt);
}

static void start_console(struct boot *boot)
{
	const struct boot_uart *uart = &boot->machine.uart;

	if (uart->type != BOOT_UART_PL011) {
		return;
	}
	if (paging_map(&boot->paging, uart->regs.base, uart->regs.size, PAGING_DEVICE) ==
		PLINTH_OK) {
		paging_sync();
		console_init(uart->regs.base);
	}
}

static void report_ignored(const struct machine *machine)
{
	if (machine->cpu_ignored != 0U) {
		console_print("%u CPUs are left out: Plinth runs on up to %u", machine->cpu_ignored,
			BOOT_CPU_MAX);
	}
}

void boot_discover(struct boot *boot)
{
	const char *why = "";
	enum plinth_status status;

	status = discover_fdt(
		(const void *)(uintptr_t)boot->fdt.base, boot->fdt.size, &boot->machine, &why);
	boot->machine.fdt = boot->fdt;
	start_console(boot);
	boot_exit_init(boot->machine.psci_conduit);
	if (status != PLINTH_OK) {
		boot_exit(BOOT_EXIT_MACHINE, "devicetree: %s", why);
	}
	report_ignored(&boot->machine);
}

void boot_take_machine(struct boot *boot, struct machine *machine)
{
	boot->machine = *machine;
	memset(machine->seed, 0, sizeof(machine->seed)); /* one copy is enough */
	start_console(boot);
	boot_exit_init(boot->machine.psci_conduit);
	report_ignored(&boot->machine);
}
