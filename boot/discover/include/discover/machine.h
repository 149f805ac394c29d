/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine as its firmware describes it, whichever table that was. Filled by discover_fdt()
 * (and one day by ACPI's); nothing in it has been touched yet, so all of it may be a lie: sizes
 * and counts are within their bounds, ranges do not wrap, and that is all that is promised.
 */
#ifndef DISCOVER_MACHINE_H
#define DISCOVER_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"

#define MACHINE_RAM_MAX	     64U
#define MACHINE_RESERVED_MAX 64U

/* MPIDR_EL1's affinity: Aff3 in [39:32], Aff2 to Aff0 in [23:0] (DDI 0487, D19.2). */
#define MACHINE_MPIDR_AFFINITY UINT64_C(0xff00ffffff)

enum machine_cpu_method {
	MACHINE_CPU_UNKNOWN = 0, /* a method that boot has no code for, or none given */
	MACHINE_CPU_PSCI,
	MACHINE_CPU_SPIN_TABLE,
	MACHINE_CPU_PARKING, /* "Multiprocessor Startup for ARM Platforms" */
	MACHINE_CPU_EXAMPLE, /* the made-up vendor's, see boot/smp */
};

struct machine_cpu {
	uint64_t mpidr; /* affinity fields alone */
	enum machine_cpu_method method;
	uint32_t interface; /* its GIC CPU interface number, which the parking protocol names */
	uint64_t address;   /* where the method's mailbox or word lies; 0: none */
};

/* Bytes of a devicetree. */
struct machine_bytes {
	uint32_t offset;
	uint32_t size;
};

struct machine {
	struct boot_range ram[MACHINE_RAM_MAX];
	uint32_t ram_count;
	uint32_t ram_ignored; /* ranges beyond MACHINE_RAM_MAX: that memory is not used */
	struct boot_range reserved[MACHINE_RESERVED_MAX]; /* not ours to touch, nor to map */
	uint32_t reserved_count;
	struct machine_cpu cpu[BOOT_CPU_MAX];
	uint32_t cpu_count;
	uint32_t cpu_ignored; /* CPUs beyond BOOT_CPU_MAX */
	struct boot_gic gic;  /* version 0: none that we know */
	struct boot_timer timer;
	struct boot_uart uart; /* type BOOT_UART_NONE: none that we know */
	enum boot_conduit psci_conduit;
	uint64_t rtc;	       /* PL031, 0: none */
	uint64_t wall_seconds; /* since 1970, when the counter was wall_count; 0: unknown */
	uint64_t wall_count;
	struct boot_range initrd; /* size 0: none */
	struct boot_range fdt; /* of its own memory: what it was read from; size 0: ACPI, or gone */
	struct machine_bytes fdt_seed[2]; /* where the devicetree has entropy; size 0: nowhere */
	uint8_t seed[BOOT_SEED_SIZE];
	uint32_t seed_size;
	char cmdline[BOOT_CMDLINE_SIZE];
	bool cmdline_cut;
	struct boot_efi efi; /* services 0: not started by UEFI, or they are not to be used */
};

/* Is all of the range memory by the firmware's tables: RAM, or reserved? */
bool machine_is_memory(const struct machine *machine, uint64_t base, uint64_t size);

/* Is nothing in the range: no memory, nothing that Plinth drives itself, or the firmware does at
 * runtime? */
bool machine_is_spare(const struct machine *machine, uint64_t base, uint64_t size);

#endif
