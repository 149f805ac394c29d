/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM with `control` whose process has memory of its own, some pages of it absent or read-only,
 * and another VM to be managed.
 */
#ifndef CONTROL_RIG_H
#define CONTROL_RIG_H

#include "abi/control.h"
#include "control/control.h"
#include "vm/vm_table.h"
#include "vm_rig.h"

#define RIG_VA	  UINT64_C(0x400000) /* of the process's memory */
#define RIG_PAGES 4U
#define RIG_WHOLE CONTROL_MOVE_MAX /* a buffer for all that a call can move */

enum rig_access { RIG_READ_WRITE, RIG_READ_ONLY, RIG_ABSENT };

struct rig {
	struct vm *self;
	struct vm *other;
	uint8_t memory[RIG_PAGES * PAGE_SIZE];
	enum rig_access access[RIG_PAGES];
	uint64_t x[BACKDOOR_REGS];
	unsigned copied; /* calls of read and write */
};

extern struct rig rig;

/* The machine, and both VMs running. Once. */
void rig_init(void);

/* Makes and starts those of both that are leaving, once they are gone. */
void rig_revive(void);

/* All rights, all pages, the buffer at RIG_VA; running VMs. */
void rig_reset(void);

/* The same as fixtures of cmocka: of the group, and of each test. */
int rig_group_setup(void **state);
int rig_setup(void **state);

/* The registers of a call on rig.other with `size` bytes at RIG_VA, and a good token. */
void rig_prepare(enum control_call call, uint64_t arg, uint32_t arg2, uint32_t size);

/* Makes the call in rig.x as core/exits would, from EL0. */
enum backdoor_result rig_run(void);

/* Both; the status. A fault fails the test. */
enum control_status rig_call(enum control_call call, uint64_t arg, uint32_t arg2, uint32_t size);

#endif
