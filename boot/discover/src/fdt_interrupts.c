/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt specifiers of the GIC binding: <kind number flags ...>. */
#include <libfdt.h>

#include "fdt_nodes.h"

#define GIC_CELLS_MIN 3U
#define GIC_CELLS_MAX 4U
#define KIND_SPI      0U
#define KIND_PPI      1U
#define SPI_BASE      32U
#define SPI_COUNT     988U
#define PPI_BASE      16U
#define PPI_COUNT     16U

/* Order of the timer binding's interrupts where it gives no names. */
enum timer_interrupt { TIMER_PHYS = 1, TIMER_VIRT = 2, TIMER_HYP = 3 };

/* INTID of interrupt `index` of the node, 0 where there is none. */
static uint32_t read_intid(const void *fdt, int node, uint32_t cells, uint32_t index)
{
	int size;
	const fdt32_t *spec = fdt_getprop(fdt, node, "interrupts", &size);
	uint32_t kind, number;

	if (spec == NULL || (uint32_t)size / sizeof(*spec) < (index + 1U) * cells) {
		return 0;
	}
	kind = fdt32_ld(&spec[index * cells]);
	number = fdt32_ld(&spec[index * cells + 1U]);
	if (kind == KIND_SPI && number < SPI_COUNT) {
		return SPI_BASE + number;
	}
	return kind == KIND_PPI && number < PPI_COUNT ? PPI_BASE + number : 0U;
}

static uint32_t read_timer_intid(
	const void *fdt, int node, uint32_t cells, const char *name, enum timer_interrupt position)
{
	int index = (int)position;

	if (fdt_getprop(fdt, node, "interrupt-names", NULL) != NULL) {
		index = fdt_stringlist_search(fdt, node, "interrupt-names", name);
	}
	return index < 0 ? 0U : read_intid(fdt, node, cells, (uint32_t)index);
}

void fdt_read_interrupts(const void *fdt, const struct fdt_found *found, struct machine *machine)
{
	uint32_t cells = 0;

	if (found->gic < 0 || !fdt_prop_u32(fdt, found->gic, "#interrupt-cells", &cells) ||
		cells < GIC_CELLS_MIN || cells > GIC_CELLS_MAX) {
		return;
	}
	machine->gic.maintenance_intid = read_intid(fdt, found->gic, cells, 0);
	if (found->uart >= 0) {
		machine->uart.intid = read_intid(fdt, found->uart, cells, 0);
	}
	if (found->timer < 0) {
		return;
	}
	machine->timer.phys_intid = read_timer_intid(fdt, found->timer, cells, "phys", TIMER_PHYS);
	machine->timer.virt_intid = read_timer_intid(fdt, found->timer, cells, "virt", TIMER_VIRT);
	machine->timer.hyp_intid =
		read_timer_intid(fdt, found->timer, cells, "hyp-phys", TIMER_HYP);
	(void)fdt_prop_u32(fdt, found->timer, "clock-frequency", &machine->timer.frequency);
}
