/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What boot/ hands to the core: everything about the machine that the core needs to know, so that
 * the core parses neither devicetree nor ACPI. docs/boot-contract.md has the state of the CPUs at
 * the hand-over. All addresses are physical, all structures lie in BOOT_MEM_BOOT memory, which
 * the core may take over once it has copied what it keeps.
 */
#ifndef ABI_BOOT_INFO_H
#define ABI_BOOT_INFO_H

#include <stdint.h>

#define BOOT_INFO_MAGIC	  UINT64_C(0x4f464e4948544c50) /* "PLTHINFO" read as bytes */
#define BOOT_INFO_VERSION 4U

#define BOOT_MEM_MAX	  128U
#define BOOT_CPU_MAX	  64U
#define BOOT_GICR_MAX	  8U
#define BOOT_VM_MAX	  256U
#define BOOT_SEED_SIZE	  64U
#define BOOT_CMDLINE_SIZE 512U
#define BOOT_EFI_MAX	  64U

enum boot_mem_type {
	BOOT_MEM_FREE = 1,     /* RAM without use */
	BOOT_MEM_RESERVED = 2, /* RAM that is not ours to touch (firmware, reserved-memory) */
	BOOT_MEM_CORE = 3,     /* the core's image and .bss */
	BOOT_MEM_BOOT = 4,     /* boot's own image, stacks, tables, boot_info, vm_configs */
	BOOT_MEM_IMAGE = 5,    /* bytes that vm_config.images name, and RAM that is a VM's own
				* (VM_FLAG_MEMORY_DIRECT): kept as long as the VMs */
	BOOT_MEM_PEN = 6,      /* mailboxes, the pen's code, boot itself: kept for ever */
};

/* Ranges are page-aligned, sorted by base, disjoint; together they are all the RAM there is. */
struct boot_mem {
	uint64_t base;
	uint64_t size;
	uint32_t type; /* enum boot_mem_type */
	uint32_t pad;
};

struct boot_cpu {
	uint64_t mpidr;
	uint64_t mailbox;	  /* struct boot_mailbox of this CPU; the boot CPU has one too */
	uint32_t status;	  /* enum boot_cpu_status */
	uint32_t gicv2_interface; /* GICv2: CPU interface number; else 0 */
};

enum boot_cpu_status {
	BOOT_CPU_PARKED = 1,  /* waits in the pen on its mailbox */
	BOOT_CPU_PRIMARY = 2, /* runs boot, enters the core first */
	BOOT_CPU_FAILED = 3,  /* did not come up; reported, left out */
};

/* A parked CPU polls `entry` (WFE, or WFI where it has an interrupt interface), and when it is not
 * 0 jumps to it with x0 = `arg`, MMU and caches off, at EL2, all exceptions masked. Written by the
 * core with arg first, entry with release order, then cleaned to PoC, DSB, SEV. */
struct boot_mailbox {
	uint64_t entry;
	uint64_t arg;
	uint64_t returned; /* 1: the CPU waits here again (struct boot_again); else 0 */
	uint64_t pad[5];   /* a cache line of 64 bytes of its own */
};

struct boot_range {
	uint64_t base;
	uint64_t size;
};

/* How the core leaves for another run of boot, without the firmware (soft restart). All CPUs are at
 * EL2 with MMU and caches off, HCR_EL2 = RW, everything masked, no interrupt enabled at the GIC,
 * timers off. Each CPU but the primary, in any order, enters `pen` with x0 = its mailbox, all of
 * which is 0 and clean to PoC. When all have returned the primary enters `entry`. Nothing is taken
 * over: boot describes the machine's memory as it did the first time. */
struct boot_again {
	uint64_t pen;
	uint64_t entry;
	uint64_t seed;	 /* BOOT_SEED_SIZE bytes: random ones, where the core has entropy */
	uint64_t bundle; /* struct boot_range: the next run's bundle, in RAM, at a multiple of 2 MiB
			  */
	uint64_t image;	 /* uint64_t: 1: the next run is that of the plinth.img in this bundle */
};

struct boot_gic {
	uint32_t version; /* 2 or 3 */
	uint32_t maintenance_intid;
	struct boot_range dist;
	struct boot_range redist[BOOT_GICR_MAX]; /* GICv3 */
	uint32_t redist_count;
	uint32_t pad;
	uint64_t redist_stride;	    /* 0: as GICR_TYPER.VLPIS says */
	struct boot_range cpu_if;   /* GICv2 GICC; GICv3: 0 or the legacy one */
	struct boot_range hyp_if;   /* GICv2 GICH */
	struct boot_range guest_if; /* GICv2 GICV */
};

struct boot_timer {
	uint32_t virt_intid;
	uint32_t phys_intid; /* the non-secure EL1 physical timer */
	uint32_t hyp_intid;
	uint32_t frequency; /* Hz; 0: CNTFRQ_EL0 is right */
};

struct boot_uart {
	struct boot_range regs; /* base 0: there is none */
	uint32_t intid;		/* 0: poll it */
	uint32_t type;		/* BOOT_UART_* */
};

#define BOOT_UART_NONE	0U
#define BOOT_UART_PL011 1U

enum boot_conduit {
	BOOT_CONDUIT_NONE = 0,
	BOOT_CONDUIT_SMC = 1,
	BOOT_CONDUIT_HVC = 2,
};

/* Memory that the host's UEFI keeps for its runtime services, never writable and executable. */
enum boot_efi_kind {
	BOOT_EFI_CODE = 1,   /* read and execute */
	BOOT_EFI_RODATA = 2, /* read */
	BOOT_EFI_DATA = 3,   /* read and write */
	BOOT_EFI_DEVICE = 4, /* the same, Device memory */
};

struct boot_efi_region {
	uint64_t base;
	uint64_t size; /* both of whole pages */
	uint64_t kind; /* enum boot_efi_kind */
};

/* The host's runtime services, to be called at physical addresses, at EL2, by one CPU at a time. */
struct boot_efi {
	uint64_t services; /* EFI_RUNTIME_SERVICES (UEFI 2.10, 4.5); 0: there are none to be used */
	uint32_t region_count;
	uint32_t pad;
	struct boot_efi_region region[BOOT_EFI_MAX];
};

struct boot_info {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* sizeof(struct boot_info) */
	struct boot_mem mem[BOOT_MEM_MAX];
	uint32_t mem_count;
	uint32_t cpu_count;
	struct boot_cpu cpu[BOOT_CPU_MAX];
	struct boot_gic gic;
	struct boot_timer timer;
	struct boot_uart uart;
	uint32_t psci_conduit; /* enum boot_conduit */
	uint32_t psci_version; /* as PSCI_VERSION answers; 0: no PSCI */
	uint32_t seed_size;    /* bytes of entropy in seed; 0: the firmware gave none */
	uint32_t vm_count;
	uint8_t seed[BOOT_SEED_SIZE];	 /* /chosen/rng-seed, EFI_RNG; the core wipes it */
	uint64_t vm_config[BOOT_VM_MAX]; /* struct vm_config each */
	uint64_t rtc;			 /* PL031 of the host, 0: none */
	uint64_t start_count;		 /* CNTPCT_EL0 at boot's first instruction */
	char cmdline[BOOT_CMDLINE_SIZE]; /* Plinth's own, NUL-terminated */
	uint64_t cache_lines;		 /* maintenance by boot's CPU: DC instructions by line, */
	uint64_t icache_all;		 /* and IC IALLU and IALLUIS */
	uint64_t wall_seconds;		 /* since 1970, by the firmware; 0: unknown */
	uint64_t wall_count;		 /* CNTPCT_EL0 at that moment */
	struct boot_again again;
	struct boot_efi efi;
};

#endif
