/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot stage: head.S and boot_main() find out about the machine, and boot_next() is what
 * follows: the core with its VMs (boot/plinth), or any kernel (boot/mpboot). An image links one.
 */
#ifndef MAIN_BOOT_H
#define MAIN_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "base/compiler.h"
#include "discover/machine.h"
#include "memory/memory.h"
#include "paging/paging.h"

/* All of boot's state. There is one, in main.c; one CPU runs boot. */
struct boot {
	struct machine machine;
	struct memory_map map;
	struct paging paging;
	struct boot_range fdt;
	uint64_t start_count;
	const struct machine *given; /* boot_main()'s */
};

/* boot.lds: where we lie. */
extern const uint8_t boot_lds_start[];
extern const uint8_t boot_lds_text_end[];
extern const uint8_t boot_lds_bss[];		   /* from here on nothing outlives a start */
extern uint64_t boot_lds_tables[][PAGING_ENTRIES]; /* up to the end, for paging_init() */
extern const uint8_t boot_lds_end[];

/* For what is written before boot's memory is cleared. */
#define BOOT_KEPT __attribute__((section(".bss.keep")))

struct efi;
struct efi_start;

/* head.S ends here. machine: NULL where boot was started as an Image; else fdt is 0. */
NORETURN void boot_main(uint64_t fdt, uint64_t start_count, struct machine *machine);

/* efi_head.S: leaves whatever address space and stack for boot_main(0, start_count, machine). At
 * EL2, no firmware behind us; machine lies in our image, and is BOOT_KEPT. */
NORETURN void boot_restart(struct machine *machine, uint64_t start_count);

/* What x0 points at, at the Image entry: NULL where that is a devicetree, or anything else that the
 * next stage does not know. Else another run of it has left the machine here, for boot_restart().
 * MMU off, no console. */
struct machine *boot_next_take(uint64_t given);

/* The seam to what follows. The machine is known, the console is there, RAM is not mapped yet:
 * returns where the next stage can run on this machine, else leaves by boot_exit(). */
void boot_next_check(const struct boot *boot);

/* Comes first where boot was started by UEFI: its boot services still run, all that was found out
 * is in *start (efi_collect()), and the firmware's console tells what is wrong.
 * EFI_SUCCESS: the boot services end, and it goes on to boot_next_check() and boot_next().
 * Another status: boot returns to the firmware with it; the reason has been printed. A next stage
 * that is an EFI application itself is started here. */
uint64_t boot_next_efi(const struct efi *efi, struct efi_start *start);

/* RAM is mapped: starts the other CPUs, loads the next stage and enters it. */
NORETURN void boot_next(struct boot *boot);

/* Each of the following prints and leaves by boot_exit() where it can't do its part. */

/* start.c: address space, MMU, and what the firmware says of the machine. */
void boot_start_paging(struct boot *boot, uint64_t fdt, bool has_fdt);
void boot_discover(struct boot *boot);
void boot_take_machine(struct boot *boot, struct machine *machine);

/* start.c: the exception level that boot runs at, 1 or 2. */
uint64_t boot_current_el(void);

/* start.c: EL2's HCR_EL2.E2H is 1, although head.S has written 0. */
bool boot_is_e2h_stuck(void);

/* ram.c: the memory map, and RAM in the address space. */
void boot_map_ram(struct boot *boot);

/* `size` bytes of the given type, with whatever was there: physical and virtual address alike. */
void *boot_alloc(struct boot *boot, uint64_t size, uint64_t align, enum boot_mem_type type);

/* How the next stage wants its CPUs. */
struct boot_start {
	void *parking; /* pages for the parking protocol, see smp/smp.h; NULL: boot_mailbox */
	bool e2h_off;  /* HCR_EL2.E2H must be 0 */
};

/* cpus.c: the other CPUs into the pen; cpus[0 .. machine.cpu_count) is filled. Returns how many
 * run, the boot CPU among them. */
uint32_t boot_start_cpus(struct boot *boot, const struct boot_start *start, struct boot_cpu *cpus);

/* cpus.c: a line of boot/smp's about a CPU. */
void boot_report_cpu(const char *text);

/* ram.c: all RAM in the range becomes of that type. */
void boot_set_type(struct boot *boot, const struct boot_range *range, enum boot_mem_type type,
	const char *what);

/* ram.c: the initrd in place: RAM of its own, at a multiple of 4. Leaves with BOOT_EXIT_BUNDLE
 * where there is none; `what` is what it should hold. */
void boot_check_bundle(const struct boot *boot, const char *what);

#endif
