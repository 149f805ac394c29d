/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MAIN_MAIN_PRIVATE_H
#define MAIN_MAIN_PRIVATE_H

#include <stdint.h>

#include "abi/boot_info.h"
#include "abi/vm_config.h"
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
	struct boot_info *info; /* in BOOT memory: the core gets it */
	struct vm_config *vms;	/* BOOT_VM_MAX of them, behind info */
};

/* boot.lds: where we lie. */
extern const uint8_t boot_lds_start[];
extern const uint8_t boot_lds_text_end[];
extern const uint8_t boot_lds_end[];

/* core_image.S */
extern const uint8_t core_image[];
extern const uint8_t core_image_end[];

/* head.S ends here. */
NORETURN void boot_main(uint64_t fdt, uint64_t start_count);

/* Each of the following prints and leaves by boot_exit() where it can't do its part. */

/* start.c: address space, MMU, and what the firmware says of the machine. */
void boot_start_paging(struct boot *boot, uint64_t fdt);
void boot_discover(struct boot *boot);
void boot_refuse_machine(const struct boot *boot);

/* ram.c: the memory map, and RAM in the address space. */
void boot_map_ram(struct boot *boot);

/* `size` bytes of zeroes of the given type: physical and virtual address alike. */
void *boot_alloc(struct boot *boot, uint64_t size, uint64_t align, enum boot_mem_type type);

/* cpus.c: the other CPUs, into info->cpu. Returns how many run. */
uint32_t boot_start_cpus(struct boot *boot);

/* vms.c: the bundle, into info->vm_config. */
void boot_load_vms(struct boot *boot);

/* enter.c: places the core, completes boot_info, leaves. */
NORETURN void boot_enter_core(struct boot *boot);

#endif
