/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A space's VMID, stored by the CPU that loads it first, may be seen late by a CPU that changes the
 * space's tables meanwhile, while the loading CPU's walks fill its TLB already (DDI 0487, B2.3: a
 * store and the loads behind it are ordered by a DSB alone).
 */
#include "coherency_world.h"

void vmid_load_begins(struct s2_space *space)
{
	world.late =
		(struct late_vmid){.space = space, .before = space->vmid, .cpu = world.el2_cpu};
}

void vmid_load_ends(struct s2_space *space)
{
	if (world.late.space == space && space->vmid == world.late.before) {
		world.late.space = NULL;
	}
}

void vmid_space_ends(const struct s2_space *space)
{
	if (world.late.space == space) {
		world.late.space = NULL;
	}
}

void vmid_barrier(unsigned cpu)
{
	if (world.late.space != NULL && world.late.cpu == cpu &&
		world.late.space->vmid != world.late.before) {
		world.late.space = NULL;
	}
}

void vmid_enter(unsigned cpu)
{
	struct late_vmid *late = &world.late;

	if (late->space == NULL) {
		return;
	}
	if (late->cpu == cpu) {
		late->space = NULL; /* it gives the lock away, and the VMID with it */
	} else if (world.random != 0U && fake_below(&world.random, 2) == 0U) {
		late->now = late->space->vmid;
		late->space->vmid = late->before;
		late->hidden = true;
	}
}

void vmid_leave(void)
{
	struct late_vmid *late = &world.late;

	if (late->hidden && late->space != NULL) {
		late->space->vmid = late->now;
	}
	late->hidden = false;
}
