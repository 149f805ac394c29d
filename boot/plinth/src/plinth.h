/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLINTH_PLINTH_H
#define PLINTH_PLINTH_H

#include "abi/vm_config.h"
#include "handoff/image.h"
#include "main/boot.h"

/* What the core is to get. */
struct plinth {
	struct boot *boot;
	struct boot_info *info; /* in BOOT memory */
	struct vm_config *vms;	/* BOOT_VM_MAX of them, behind info */
};

/* core_image.S */
extern const uint8_t core_image[];
extern const uint8_t core_image_end[];

/* What outlives a soft restart, and what another image of Plinth takes over: another meaning of any
 * of it, of the pen, or of its mailboxes is another PLINTH_KEPT_VERSION. */
struct plinth_kept {
	struct handoff_head head;
	struct machine machine; /* as found; no seed, until the core puts one there */
	struct boot_cpu cpu[BOOT_CPU_MAX];
	uint64_t pen;		  /* made by the first image, and never moved */
	uint64_t back;		  /* struct boot_again.pen */
	struct boot_range former; /* the bundle that the last run had */
	uint64_t image;		  /* struct boot_again.image */
};

#define PLINTH_KEPT_VERSION 3U
#define PLINTH_KEPT_HEAD                                                                           \
	{                                                                                          \
		.magic = HANDOFF_MAGIC, .version = PLINTH_KEPT_VERSION,                            \
		.size = sizeof(struct plinth_kept),                                                \
	}

extern struct plinth_kept plinth_kept __attribute__((visibility("hidden")));

/* Each of the following prints and leaves by boot_exit() where it can't do its part. */

/* again.c: sets the memory aside that the next start needs. Before the first boot_alloc(). */
void plinth_keep(struct boot *boot);

/* image.c: after a soft restart that is to be one into another image, enters that. Returns where
 * there is nothing to enter, or with the former bundle where it must not be entered. */
void plinth_enter_image(struct boot *boot);

/* again.c: the other CPUs, started or back in the pen, into info->cpu; the way back into
 * info->again. Returns how many run. */
uint32_t plinth_start_cpus(struct plinth *plinth);

/* again.c: the former bundle in the place of a new one that is no good. False: it is the same. */
bool plinth_take_former(struct boot *boot);

/* again.c: the bundle is good: the next run has it too, or may come back to it. */
void plinth_keep_bundle(const struct boot *boot);

/* vms.c: the bundle, into info->vm_config. */
void plinth_load_vms(struct plinth *plinth);

/* enter.c: places the core, completes boot_info, leaves. */
NORETURN void plinth_enter_core(struct plinth *plinth);

#endif
