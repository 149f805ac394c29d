/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of single nodes: each takes the walk at its node and fills its part of struct machine.
 */
#ifndef DISCOVER_FDT_NODES_H
#define DISCOVER_FDT_NODES_H

#include "base/status.h"
#include "discover/machine.h"
#include "fdtwalk/fdtwalk.h"

/* Nodes that can be read only once all have been seen; < 0: none. */
struct fdt_found {
	int gic;
	int timer;
	int uart;
	int uart_depth;
	int chosen;
	int aliases;
};

/* Never fail: what is malformed is left out. */
void fdt_read_memory(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_cpu(const struct fdt_walk *walk, struct machine *machine);
void fdt_read_gicv2(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine);
void fdt_read_gicv3(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine);
void fdt_read_psci(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine);
void fdt_read_rtc(const struct fdt_walk *walk, struct fdt_found *found, struct machine *machine);
void fdt_read_chosen(const void *fdt, int chosen, struct machine *machine);

/* A PL011. False: its registers cannot be read. */
bool fdt_read_uart(const struct fdt_walk *walk, struct machine *machine);

/* ENOMEM: no room for another reservation. */
enum plinth_status fdt_read_reserved(const struct fdt_walk *walk, struct machine *machine);
enum plinth_status fdt_read_memreserve(const void *fdt, struct machine *machine);

/* The path that /chosen/stdout-path gives, or the alias there, of *length bytes in a string; NULL:
 * none. found->chosen is there. */
const char *fdt_stdout_path(const void *fdt, const struct fdt_found *found, size_t *length);

/* Is this the path of found->uart, right below the root? */
bool fdt_is_top(const void *fdt, const struct fdt_found *found, const char *path, size_t length);

/* After the walk: the interrupts of timer, GIC and UART. */
void fdt_read_interrupts(const void *fdt, const struct fdt_found *found, struct machine *machine);

#endif
