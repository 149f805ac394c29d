/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs made and taken away on the machine of vm_rig.h, one named "made" at a time, and whether
 * anything is left of them.
 */
#ifndef MAKE_RIG_H
#define MAKE_RIG_H

#include <stdint.h>

#include "pmem/pmem.h"
#include "vm/vm.h"
#include "vm_rig.h"

#define RIG_IMAGE_SIZE	8292U /* two pages, and some of a third */
#define RIG_IMAGE	(VM_RAM_BASE + MIB(1))
#define RIG_OTHER_IMAGE (VM_RAM_BASE + MIB(2))

struct make_rig {
	struct vm_config config; /* of the next one */
	uint8_t image[RIG_IMAGE_SIZE];
	const char *why; /* the last one was refused */
};

extern struct make_rig rig;

/* Fixtures of cmocka: the machine, on which one VM has come and gone already; a good config. */
int rig_group_setup(void **state);
int rig_setup(void **state);

/* Three vCPUs, the backdoor, an image in place (page by page) and one across pages. */
void rig_good_config(void);

/* As vm_rig_settle(), for as long as it takes a VM to go. */
void rig_settle(void);

/* vm_make_begin() with that config. */
enum plinth_status rig_begin(struct vm **vm);

/* Steps until it wants its bytes. */
enum plinth_status rig_build(void);

/* All its bytes. */
void rig_put_all(void);

/* All of it: a VM that is off. */
struct vm *rig_make(void);

/* It has gone afterwards, unless somebody uses it. */
void rig_destroy(struct vm *vm);

struct rig_counts {
	struct pmem_stats memory;
	uint32_t vms;
};

struct rig_counts rig_count(void);

/* As it was `before`, when there were no VMs: every page and promise, and none has come. */
void rig_check_all_is_back(const struct rig_counts *before);

#endif
