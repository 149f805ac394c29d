/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secondary CPUs: each is started by the protocol that its firmware offers into the pen, where it
 * waits on its mailbox (struct boot_mailbox). One const struct smp_method per protocol.
 */
#ifndef SMP_SMP_H
#define SMP_SMP_H

#include <stdint.h>

#include "abi/boot_info.h"
#include "base/status.h"
#include "discover/machine.h"

/* Memory that the pen takes: its code, and the mailboxes behind it. */
#define SMP_PEN_CODE_SIZE UINT64_C(0x1000)
#define SMP_PEN_SIZE	  (SMP_PEN_CODE_SIZE + BOOT_CPU_MAX * sizeof(struct boot_mailbox))

/* How long the started CPUs, all together, may take to reach the pen. Real ones take microseconds;
 * 64 of them emulated on a busy machine of two have taken more than a second. */
#define SMP_TIMEOUT_MS 5000U

struct smp_start {
	enum boot_conduit conduit;
	uint64_t mpidr;
	uint64_t entry;	  /* physical address of the pen's code */
	uint64_t mailbox; /* of this CPU: the pen gets it in x0 */
};

struct smp_method {
	enum machine_cpu_method id;
	const char *name;
	/* Asks the firmware to start one CPU; does not wait for it. PLINTH_ENOTSUP: the machine
	 * lacks what the method needs. Other failures: refused. *answer is the firmware's own
	 * code, for messages. */
	enum plinth_status (*start)(const struct smp_start *start, int64_t *answer);
};

extern const struct smp_method smp_psci;

struct smp_request {
	const struct machine *machine;
	uint64_t boot_mpidr; /* of the CPU that runs boot */
	void *pen;	     /* SMP_PEN_SIZE bytes, page-aligned, identity-mapped write-back RAM */
	uint32_t frequency;  /* of CNTPCT_EL0, Hz */
	/* One line about a CPU that did not come up. */
	void (*report)(const char *text);
};

/* Builds the pen, starts every CPU of the machine, and waits until each has arrived or its time
 * is over. cpus[0 .. machine->cpu_count) is filled; a CPU that fails is reported and
 * BOOT_CPU_FAILED. Returns the number of CPUs that run, the boot CPU among them: 0 where the
 * machine does not name the boot CPU.
 *
 * Everything that a CPU in the pen reads is cleaned to PoC. */
uint32_t smp_start_all(const struct smp_request *request, struct boot_cpu *cpus);

/* PSCI's version, as PSCI_VERSION answers; 0: there is no PSCI. */
uint32_t smp_psci_version(enum boot_conduit conduit);

/* One PSCI call by the conduit; NOT_SUPPORTED (-1) where there is none. */
int64_t smp_psci_call(enum boot_conduit conduit, uint32_t function, const uint64_t args[3]);

#endif
