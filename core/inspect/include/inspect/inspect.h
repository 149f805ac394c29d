/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into a VM's address space: scanning it, finding a Linux kernel in it, translating and
 * reading. One request at a time, in bounded steps of a soft timer on whichever CPU has the vCPU's
 * registers, so that the VM goes on in between; answered by lines of text (docs/monitor.md).
 *
 * - The vCPU is loaded on a CPU: the step runs there, the registers are live.
 * - It is not: it is held (SCHED_HOLD_INSPECT) and the CPU borrows its registers for the step.
 * What a guest can see of itself is put back: PAR_EL1, and all that was borrowed.
 *
 * A scan is of one address space: while the vCPU has another one in its TTBR, the scan waits, and
 * gives up after a while, which it says.
 *
 * Locks: vm->lock during a step. The user's functions are called with no lock held, one at a time,
 * on any CPU.
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "scan/scan.h"
#include "vm/vm.h"

#define INSPECT_ANY_VCPU  UINT32_MAX
#define INSPECT_LINE_SIZE 192U
#define INSPECT_READ_MAX  UINT64_C(0x100000)

enum inspect_kind {
	INSPECT_SCAN,	     /* from to to */
	INSPECT_FIND_KERNEL, /* Linux 5.4 or later */
	INSPECT_TRANSLATE,   /* from */
	INSPECT_READ,	     /* from from to to, INSPECT_READ_MAX bytes at most */
};

struct inspect_request {
	enum inspect_kind kind;
	vcpu_id_t vcpu; /* or INSPECT_ANY_VCPU: the first that is on */
	uint64_t from;
	uint64_t to; /* inclusive */
	/* INSPECT_SCAN */
	enum scan_view view;
	bool exec;		/* execute permission and leaf sizes too, from the descriptors */
	bool writable_and_exec; /* of those only ranges that may be written and executed */
	bool split_gpa;
};

struct inspect_user {
	void (*line)(void *ctx, const char *text); /* without a line end */
	bool (*has_room)(void *ctx);		   /* for one more line; asked again if not */
	void (*done)(void *ctx);		   /* the last call: inspect_start() may follow */
	void *ctx; /* not NULL: the user's own, by which it is known */
};

/* Boot CPU, before any other call. */
void inspect_init(void);

/* Begins; the answer comes by *user (copied). EBUSY: another one is not done. EPERM: the VM is off
 * (or about to be, or to start), or no vCPU of it is on. ENOENT: no such vCPU. EINVAL: to < from,
 * or too much to read. Any CPU. */
enum plinth_status inspect_start(
	struct vm *vm, const struct inspect_request *request, const struct inspect_user *user);

/* The request that is under way, if it is that user's, ends soon: with a line that says so, and
 * done(). Any CPU. */
void inspect_stop(const void *ctx);

#endif
