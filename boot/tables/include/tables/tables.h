/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Technique 2's other half: the firmware's table of CPUs, rewritten so that it names the mailbox
 * protocol by which they now wait in the pen, and no other. Pure.
 */
#ifndef TABLES_TABLES_H
#define TABLES_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "base/status.h"

enum tables_target {
	TABLES_SPIN_TABLE, /* each CPU polls a word: devicetree */
	TABLES_PARKING,	   /* each CPU polls its page: ACPI; for devicetrees our own binding */
};

struct tables_cpu {
	uint64_t mpidr;	    /* affinity fields alone */
	uint64_t mailbox;   /* address of its word or page */
	uint32_t interface; /* parking protocol: the number that it waits for */
	bool present;	    /* false: it did not come up, and is taken out */
};

struct tables_cpus {
	enum tables_target target;
	const struct tables_cpu *cpu;
	uint32_t count;
};

/* Room that a rewritten devicetree may need beyond the original. */
#define TABLES_FDT_SLACK (32U * 1024U)

struct tables_fdt {
	struct tables_cpus cpus;
	const struct boot_range *reserve; /* memory that the next stage must leave alone */
	uint32_t reserve_count;
	struct boot_range initrd; /* size 0: there is none */
};

/* Copies the devicetree `from`, which discover_fdt() has passed, to `to` (8-byte aligned, `size`
 * bytes, not overlapping) and changes the copy:
 * - the nodes of /cpus that are CPUs of the list and present get the target's enable-method and
 *   mailbox; every other CPU goes, and with the first that does, /cpus/cpu-map;
 * - PSCI goes: its nodes, and the idle states and power domains of CPUs, which rest on it;
 * - each reserved range gets a node of /reserved-memory, with a /memreserve/ entry for spin tables
 *   and with no-map for parking pages;
 * - /chosen names the initrd, or none.
 * PLINTH_ENOMEM: it does not fit. PLINTH_EINVAL: there is no /cpus, or /reserved-memory has cells
 * that its addresses do not fit. *why, a constant string, is set on failure alone. */
enum plinth_status tables_rewrite_fdt(const void *from, void *to, size_t size,
	const struct tables_fdt *request, const char **why);

#endif
