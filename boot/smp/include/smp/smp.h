/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secondary CPUs: each is started by the protocol that its firmware offers into the pen, where it
 * waits on its mailbox. A protocol is one file with a const struct smp_method, one row of the
 * table in smp.c, and one of the table of enable-methods in boot/discover.
 *
 * Two kinds of mailbox: struct boot_mailbox, whose `entry` is a devicetree's spin-table word too,
 * and the ACPI parking protocol's page.
 */
#ifndef SMP_SMP_H
#define SMP_SMP_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "base/status.h"
#include "discover/machine.h"

/* Memory that the pen takes: its code, and the mailboxes behind it. */
#define SMP_PEN_CODE_SIZE UINT64_C(0x1000)
#define SMP_PEN_SIZE	  (SMP_PEN_CODE_SIZE + BOOT_CPU_MAX * sizeof(struct boot_mailbox))

/* How long the started CPUs, all together, may take to reach the pen (base/patience.h). Real ones
 * take microseconds; 64 of them emulated on a busy machine of two have taken more than a second. */
#define SMP_TIMEOUT_MS 5000U

/* How long a CPU may take to acknowledge a protocol's call, where the protocol has that. */
#define SMP_ANSWER_MS 500U

/* "Multiprocessor Startup for ARM Platforms" 1.2, 2.1: the page of a parked CPU. */
#define SMP_PARKING_PAGE_SIZE UINT64_C(0x1000)
#define SMP_PARKING_ID	      0U /* u32: SMP_PARKING_READY, or the number of the CPU to start */
#define SMP_PARKING_JUMP      8U /* u64: where to; the CPU makes it 0 when it goes */
#define SMP_PARKING_READY     UINT32_MAX

struct smp_start {
	const struct machine *machine;
	const struct machine_cpu *cpu;
	uint64_t entry;	    /* physical address of the pen's code, which finds its mailbox itself */
	uint32_t frequency; /* of CNTPCT_EL0, Hz */
};

struct smp_method {
	enum machine_cpu_method id;
	const char *name;
	/* Asks the firmware, or whoever holds the CPU, to start it; does not wait for its arrival.
	 * PLINTH_ENOTSUP: the machine lacks what the method needs. PLINTH_EFAULT: the mailbox is
	 * not in memory, or misaligned. PLINTH_EBUSY: the CPU does not wait there.
	 * PLINTH_ETIMEDOUT: it did not acknowledge. PLINTH_EPERM: refused; *answer is the
	 * firmware's own code. */
	enum plinth_status (*start)(const struct smp_start *start, int64_t *answer);
};

extern const struct smp_method smp_psci;
extern const struct smp_method smp_spin_table;
extern const struct smp_method smp_parking;
extern const struct smp_method smp_example;

struct smp_request {
	const struct machine *machine;
	uint64_t boot_mpidr; /* of the CPU that runs boot */
	void *pen;	     /* SMP_PEN_SIZE bytes, page-aligned, identity-mapped write-back RAM */
	/* machine->cpu_count pages of the same kind: the CPUs wait by the parking protocol, each
	 * on its own, for the number machine->cpu[i].interface. NULL: on their boot_mailbox. */
	void *parking;
	uint64_t level;	    /* the exception level that each CPU has to arrive at: boot's own */
	bool e2h_off;	    /* a CPU whose HCR_EL2.E2H stays 1 is refused */
	uint32_t frequency; /* of CNTPCT_EL0, Hz */
	/* One line about a CPU that did not come up. */
	void (*report)(const char *text);
};

/* Builds the pen, starts every CPU of the machine, and waits until each has arrived or its time
 * is over. cpus[0 .. machine->cpu_count) is filled; a CPU that fails is reported and
 * BOOT_CPU_FAILED. Returns the number of CPUs that run, the boot CPU among them: 0 where the
 * machine does not name the boot CPU.
 *
 * The mailboxes that the methods write (machine_cpu.address) are mapped, as device memory or as
 * RAM. Everything that a CPU in the pen reads is cleaned to PoC. */
uint32_t smp_start_all(const struct smp_request *request, struct boot_cpu *cpus);

/* Where a CPU goes back into a pen that smp_start_all() has built (struct boot_again). */
uint64_t smp_back_entry(const void *pen);

/* The same CPUs again, after a soft restart: `cpus` is as smp_start_all() filled it. Who is not
 * back on its boot_mailbox is reported and becomes BOOT_CPU_FAILED. Returns how many run, the boot
 * CPU among them. Waits for nobody: the core has. */
uint32_t smp_take_back(struct boot_cpu *cpus, uint32_t count, void (*report)(const char *text));

/* PSCI's version, as PSCI_VERSION answers; 0: there is no PSCI. */
uint32_t smp_psci_version(enum boot_conduit conduit);

/* One PSCI call by the conduit; NOT_SUPPORTED (-1) where there is none. */
int64_t smp_psci_call(enum boot_conduit conduit, uint32_t function, const uint64_t args[3]);

#endif
