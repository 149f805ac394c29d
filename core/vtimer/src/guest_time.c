/* SPDX-License-Identifier: Apache-2.0 */
/* The counter that a VM sees. */
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/checked.h"
#include "vtimer_private.h"

void vtimer_vm_init(struct vtimer_vm *vm)
{
	*vm = (struct vtimer_vm){0};
}

/* Not earlier than what the guest did before it trapped (DDI 0487, D12.1.2: reads of the counter
 * can be made ahead of program order). */
static uint64_t counter(void)
{
	arch_isb();
	return read_cntpct_el0();
}

void vtimer_vm_resume(struct vtimer_vm *vm)
{
	if (load_relaxed(&vm->running) == 0U) {
		store_relaxed(&vm->offset, counter() - load_relaxed(&vm->frozen));
		/* Pairs with vtimer_vm_now: whoever sees it run has the offset. */
		store_release(&vm->running, 1U);
	}
}

void vtimer_vm_stop(struct vtimer_vm *vm)
{
	if (load_relaxed(&vm->running) != 0U) {
		store_relaxed(&vm->frozen, counter() - load_relaxed(&vm->offset));
		store_release(&vm->running, 0U);
	}
}

uint64_t vtimer_vm_now(const struct vtimer_vm *vm)
{
	if (load_acquire(&vm->running) == 0U) {
		return load_relaxed(&vm->frozen);
	}
	return counter() - load_relaxed(&vm->offset);
}

uint64_t vtimer_host_deadline(const struct vtimer_vm *vm, uint64_t guest_time)
{
	uint64_t now = vtimer_vm_now(vm);
	uint64_t deadline;

	if (guest_time <= now) {
		return read_cntpct_el0();
	}
	/* By the distance, since the offset itself may be "negative" (a restored VM). */
	return add_overflows(read_cntpct_el0(), guest_time - now, &deadline) ? UINT64_MAX
									     : deadline;
}
