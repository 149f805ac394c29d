/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of single nodes: each takes the walk at its node and fills its part of struct machine.
 */
#ifndef DISCOVER_FDT_NODES_H
#define DISCOVER_FDT_NODES_H

#include "base/status.h"
#include "discover/machine.h"
#include "fdtwalk/fdtwalk.h"

/* Nodes whose interrupts can be read only once the interrupt controller is known. */
struct fdt_found {
	int gic;
	int timer;
	int uart;
	int stdout_node; /* what /chosen/stdout-path names; < 0: nothing */
};

/* Never fail: what is malformed is left out. */
void fdt_read_memory(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_cpu(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_gicv2(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_gicv3(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_psci(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_rtc(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_uart(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_chosen(const void *fdt, int chosen, struct machine *machine);

/* ENOMEM: no room for another reservation. */
enum plinth_status fdt_read_reserved(const struct fdt_walk *walk, struct machine *machine);
enum plinth_status fdt_read_memreserve(const void *fdt, struct machine *machine);

/* The node that /chosen/stdout-path names, through /aliases; < 0: none. */
int fdt_stdout_node(const void *fdt, int chosen);

/* After the walk: the interrupts of timer, GIC and UART. */
void fdt_read_interrupts(const void *fdt, const struct fdt_found *found, struct machine *machine);

#endif
