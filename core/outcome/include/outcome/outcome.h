/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to happen after a handler has run. Handlers return it instead of calling up; the run
 * loop in core/exits alone acts on it.
 */
#ifndef OUTCOME_OUTCOME_H
#define OUTCOME_OUTCOME_H

enum outcome {
	OUTCOME_RESUME,	  /* the guest goes on */
	OUTCOME_RESCHED,  /* the vCPU may have blocked, or another one is due: ask the scheduler */
	OUTCOME_VM_OFF,	  /* the VM has powered itself off */
	OUTCOME_VM_RESET, /* the VM is to start again */
	OUTCOME_VM_CRASH, /* the VM can't go on: report and stop it */
};

#endif
