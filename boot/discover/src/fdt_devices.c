/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt controllers, PSCI, RTC and UART by their bindings. */
#include <libfdt.h>

#include "fdt_nodes.h"

/* reg: distributor, CPU interface, hypervisor interface, guests' CPU interface. */
void fdt_read_gicv2(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	struct boot_gic gic = {.version = 2};

	if (machine->gic.version != 0U || !fdt_walk_reg(walk, 0, &gic.dist) ||
		!fdt_walk_reg(walk, 1, &gic.cpu_if)) {
		return;
	}
	if (!fdt_walk_reg(walk, 2, &gic.hyp_if) || !fdt_walk_reg(walk, 3, &gic.guest_if)) {
		gic.hyp_if = (struct boot_range){0};
		gic.guest_if = (struct boot_range){0};
	}
	machine->gic = gic;
	found->gic = walk->node;
}

/* reg: distributor, `#redistributor-regions` redistributor regions, then, where there is the
 * legacy interface, GICC, GICH, GICV. */
void fdt_read_gicv3(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	struct boot_gic gic = {.version = 3};
	uint32_t regions = 1;

	if (machine->gic.version != 0U || !fdt_walk_reg(walk, 0, &gic.dist)) {
		return;
	}
	(void)fdt_prop_u32(walk->fdt, walk->node, "#redistributor-regions", &regions);
	(void)fdt_prop_u64(walk->fdt, walk->node, "redistributor-stride", &gic.redist_stride);
	if (regions == 0U || regions > BOOT_GICR_MAX) {
		return;
	}
	for (uint32_t i = 0; i < regions; i++) {
		if (!fdt_walk_reg(walk, 1U + i, &gic.redist[i])) {
			return;
		}
	}
	gic.redist_count = regions;
	if (!fdt_walk_reg(walk, 1U + regions, &gic.cpu_if) ||
		!fdt_walk_reg(walk, 2U + regions, &gic.hyp_if) ||
		!fdt_walk_reg(walk, 3U + regions, &gic.guest_if)) {
		gic.cpu_if = (struct boot_range){0};
		gic.hyp_if = (struct boot_range){0};
		gic.guest_if = (struct boot_range){0};
	}
	machine->gic = gic;
	found->gic = walk->node;
}

void fdt_read_psci(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	const struct fdt_value method = fdt_prop(walk->fdt, walk->node, "method");

	(void)found;
	if (fdt_value_is(&method, "smc")) {
		machine->psci_conduit = BOOT_CONDUIT_SMC;
	} else if (fdt_value_is(&method, "hvc")) {
		machine->psci_conduit = BOOT_CONDUIT_HVC;
	}
}

void fdt_read_rtc(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine)
{
	struct boot_range regs;

	(void)found;
	if (machine->rtc == 0U && fdt_walk_reg(walk, 0, &regs)) {
		machine->rtc = regs.base;
	}
}

bool fdt_read_uart(const struct fdt_walk *walk, struct machine *machine)
{
	struct boot_range regs;

	if (!fdt_walk_reg(walk, 0, &regs) || regs.size == 0U) {
		return false;
	}
	machine->uart.regs = regs;
	machine->uart.type = BOOT_UART_PL011;
	return true;
}
