/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/vm_debug.h"

#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "base/nospec.h"
#include "event/event.h"
#include "percpu/percpu.h"

#include "vm_private.h"

/* How often vCPUs that are to come to rest are looked at. */
#define POLL_HZ 2000U

#define VECTORS_SIZE UINT64_C(0x800) /* bytes behind VBAR_EL1 */

static uint32_t last_ticket; /* atomic */

static void look_at(struct vm *vm, uint64_t when)
{
	timer_arm(&vm->debug.timer, cpu_this(), when);
}

static bool has_memory(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_PAUSED || vm->state == VM_STARVED;
}

static const struct vm_debug_run all_run = {.id = VM_DEBUG_NONE};

/* Where the instruction has ended in an exception, the guest has its PSTATE in SPSR_EL1, and the
 * masks of PSTATE are the exception's own. */
static void unmask(const struct vm_debug *debug, struct vcpu_context *ctx)
{
	bool is_exception =
		ctx->pc - ctx->sys.vbar_el1 < VECTORS_SIZE && ctx->sys.elr_el1 == debug->from_pc;
	uint64_t *pstate = is_exception ? &ctx->sys.spsr_el1 : &ctx->pstate;

	*pstate &= ~debug->masked;
}

/* PSTATE.SS is ours while it steps, and the masks: what a step that never came to its end has left
 * goes too. The vCPUs are at rest. */
static void end_step(struct vm *vm)
{
	uint32_t id = vm->debug.meant;

	if (id < vm->config.vcpu_count) {
		struct vcpu *vcpu = &vm->vcpu[index_nospec(id, VM_VCPU_MAX)];

		if (vcpu->debug.steps) {
			vcpu->ctx.pstate &= ~PSTATE_SS;
			unmask(&vm->debug, &vcpu->ctx);
			debugregs_step(&vcpu->debug, false);
		}
	}
}

static void begin_step(struct vm_debug *debug, struct vcpu *vcpu, bool masks)
{
	struct vcpu_context *ctx = &vcpu->ctx;

	debug->masked = masks ? ~ctx->pstate & (PSTATE_I | PSTATE_F) : 0U;
	debug->from_pc = ctx->pc;
	ctx->pstate |= PSTATE_SS | debug->masked;
	debugregs_step(&vcpu->debug, true);
}

/* How the VM, which is at rest, is to run. However many vCPUs it has: one steps at most, stops of
 * former runs count no more, and the others' holds follow when the VM runs (vm_hold.c). */
static void prepare(struct vm *vm, const struct vm_debug_run *run)
{
	end_step(vm);
	vm->debug.meant = run->id;
	vm->debug.runs_alone = run->alone;
	vm->debug.runs++;
	if (run->steps && run->id < vm->config.vcpu_count) {
		begin_step(&vm->debug, &vm->vcpu[index_nospec(run->id, VM_VCPU_MAX)], run->masks);
	}
}

/* All vCPUs are the debugger's, or (NULL) their guest's. They are at rest. */
static void give_vcpus(struct vm *vm, const struct debugregs_debugger *debugger)
{
	prepare(vm, &all_run);
	for (vcpu_id_t i = 0; i < vm->config.vcpu_count; i++) {
		debugregs_attach(&vm->vcpu[i].debug, debugger);
	}
}

/* Where it is paused already, that is somebody else's. */
static bool pause_for_debugger(struct vm *vm)
{
	bool runs = vm->state == VM_RUNNING || vm->state == VM_STARVED;

	if (runs) {
		vm_pause_locked(vm);
		vm->debug.has_paused = true;
	}
	return runs;
}

/* One step towards a VM that is paused, at rest, and without breakpoints. */
static enum plinth_status calm_down(struct vm *vm)
{
	(void)pause_for_debugger(vm);
	return vm_is_at_rest(vm) ? gmem_unpatch_step(&vm->gmem) : PLINTH_EAGAIN;
}

static enum plinth_status leave(struct vm *vm)
{
	enum plinth_status status = calm_down(vm);

	if (status == PLINTH_OK) {
		bool runs_on = vm->debug.has_paused;

		vm_debug_end(vm);
		if (runs_on) {
			vm_resume_locked(vm);
		}
	}
	return status;
}

void vm_debug_end(struct vm *vm)
{
	if (vm->debug.ticket != 0U) {
		vm->debug.ticket = 0;
		vm->debug.is_attached = false;
		vm->debug.has_paused = false;
		give_vcpus(vm, NULL);
	}
}

/* Under vm->lock; the session is the ticket's, and whoever has it is there. */
static bool is_session(struct vm *vm, uint32_t ticket)
{
	struct vm_debug *debug = &vm->debug;

	if (ticket == 0U || ticket != debug->ticket || !has_memory(vm)) {
		return false;
	}
	debug->heard = read_cntpct_el0();
	return true;
}

/* The same, and the VM's vCPUs are at rest. */
static enum plinth_status is_ready(struct vm *vm, uint32_t ticket)
{
	if (!is_session(vm, ticket) || !vm->debug.is_attached) {
		return PLINTH_ENOENT;
	}
	if (vm->state != VM_PAUSED) {
		return PLINTH_EPERM;
	}
	return vm_is_at_rest(vm) ? PLINTH_OK : PLINTH_EBUSY;
}

static void begin(struct vm *vm, uint32_t *ticket)
{
	do {
		*ticket = fetch_add_relaxed(&last_ticket, 1U) + 1U;
	} while (*ticket == 0U);
	vm->debug.ticket = *ticket;
	vm->debug.is_attached = false;
	look_at(vm, read_cntpct_el0() + vm_host()->ticks_per_second);
}

static enum plinth_status attach(struct vm *vm, uint32_t *ticket)
{
	if (!has_memory(vm)) {
		return PLINTH_EPERM;
	}
	if (*ticket == 0U) {
		begin(vm, ticket);
	}
	if (!is_session(vm, *ticket)) {
		return PLINTH_ENOENT;
	}
	enum plinth_status status = calm_down(vm);

	if (status == PLINTH_OK) {
		vm->debug.registers = (struct debugregs_debugger){0};
		vm->debug.is_attached = true;
		give_vcpus(vm, &vm->debug.registers);
	}
	return status;
}

enum plinth_status vm_debug_attach(struct vm *vm, uint32_t *ticket)
{
	lock_take(&vm->lock);
	enum plinth_status status = attach(vm, ticket);

	lock_drop(&vm->lock);
	return status;
}

enum plinth_status vm_debug_detach(struct vm *vm, uint32_t ticket)
{
	lock_take(&vm->lock);
	enum plinth_status status = is_session(vm, ticket) ? leave(vm) : PLINTH_ENOENT;

	lock_drop(&vm->lock);
	return status;
}

enum plinth_status vm_debug_set(
	struct vm *vm, uint32_t ticket, const struct debugregs_debugger *registers)
{
	lock_take(&vm->lock);
	enum plinth_status status = is_ready(vm, ticket);

	if (status == PLINTH_OK) {
		vm->debug.registers = *registers;
	}
	lock_drop(&vm->lock);
	return status;
}

enum plinth_status vm_debug_patch(struct vm *vm, uint32_t ticket, ipa_t ipa, bool put)
{
	lock_take(&vm->lock);
	enum plinth_status status = is_ready(vm, ticket);

	if (status == PLINTH_OK) {
		status = put ? gmem_patch(&vm->gmem, ipa) : gmem_unpatch(&vm->gmem, ipa);
	}
	lock_drop(&vm->lock);
	return status;
}

enum plinth_status vm_debug_resume(struct vm *vm, uint32_t ticket, const struct vm_debug_run *run)
{
	if (run->id != VM_DEBUG_NONE && run->id >= vm->config.vcpu_count) {
		return PLINTH_ERANGE;
	}
	lock_take(&vm->lock);
	enum plinth_status status = is_ready(vm, ticket);

	if (status == PLINTH_OK) {
		prepare(vm, run);
		vm_resume_locked(vm);
	}
	lock_drop(&vm->lock);
	return status;
}

void vm_debug_let_all_run(struct vm *vm)
{
	if (vm->debug.is_attached && vm_is_at_rest(vm)) {
		prepare(vm, &all_run);
	} else if (vm->debug.is_attached) {
		/* What is on a CPU still goes on as it was: with its step, too. */
		vm->debug.runs_alone = false;
	}
}

enum plinth_status vm_debug_pause(struct vm *vm, uint32_t ticket)
{
	enum plinth_status status = PLINTH_ENOENT;

	lock_take(&vm->lock);
	if (is_session(vm, ticket)) {
		status = pause_for_debugger(vm) ? PLINTH_OK : PLINTH_EPERM;
	}
	lock_drop(&vm->lock);
	return status;
}

/* Of a VM at rest. */
static void list_stops(struct vm *vm, struct vm_debug_look *look)
{
	for (; look->count < look->room && look->next < vm->config.vcpu_count; look->next++) {
		const struct vcpu *vcpu = &vm->vcpu[index_nospec(look->next, VM_VCPU_MAX)];

		if (vcpu->stop.why != VM_DEBUG_NO_STOP && vcpu->stop.run == vm->debug.runs) {
			look->to[look->count] = (struct vm_debug_stopped){
				vcpu->id, vcpu->stop.why, vcpu->stop.esr, vcpu->stop.far};
			look->count++;
		}
	}
}

enum plinth_status vm_debug_look(struct vm *vm, uint32_t ticket, struct vm_debug_look *look)
{
	lock_take(&vm->lock);
	bool is_own = is_session(vm, ticket);

	look->at_rest = is_own && vm->state == VM_PAUSED && vm_is_at_rest(vm);
	if (look->at_rest) {
		end_step(vm);
		list_stops(vm, look);
	}
	lock_drop(&vm->lock);
	return is_own ? PLINTH_OK : PLINTH_ENOENT;
}

void vm_debug_stop(struct vcpu *vcpu, enum vm_debug_why why, uint64_t esr, uint64_t far)
{
	struct vm *vm = vcpu->vm;

	lock_take(&vm->lock);
	vcpu->stop = (struct vm_debug_stop){why, esr, far, vm->debug.runs};
	(void)pause_for_debugger(vm);
	vm_hold_own(vm);
	lock_drop(&vm->lock);
	event_post(EVENT_DEBUG, vm->id, vcpu->id | (uint64_t)why << 32);
}

void vm_debug_expired(struct timer *timer, void *ctx, uint64_t now)
{
	struct vm *vm = ctx;
	uint64_t patience = VM_DEBUG_LEFT_SECONDS * vm_host()->ticks_per_second;
	bool has_left = false;
	bool runs_on = false;

	(void)timer;
	lock_take(&vm->lock);
	if (vm->debug.ticket != 0U && has_memory(vm)) {
		/* It may have been heard since `now`, which is of before the lock. */
		if (now < vm->debug.heard + patience) {
			look_at(vm, vm->debug.heard + patience);
		} else if (leave(vm) == PLINTH_OK) {
			has_left = true;
			runs_on = vm->state == VM_RUNNING;
		} else {
			look_at(vm, now + vm_host()->ticks_per_second / POLL_HZ);
		}
	}
	lock_drop(&vm->lock);
	if (has_left) {
		log_info("vm %s: its debugger has left; it %s", vm->config.name,
			runs_on ? "runs on" : "stays paused");
	}
}
