/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl gdb: the session on the VM, its registers, and how it runs. */
#include "gdb.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl.h"
#include "libgdb/watch.h"

#define TRIES	 1000U /* of a call that says "not yet" */
#define PAUSE_NS 1000000L

static void pause_a_little(void)
{
	const struct timespec time = {.tv_nsec = PAUSE_NS};

	(void)nanosleep(&time, NULL);
}

struct plinth_control gdb_call(const struct gdb_session *session, enum control_call call)
{
	return (struct plinth_control){.call = call, .vm = session->vm, .arg2 = session->ticket};
}

/* The status, when it is no longer BUSY. */
static uint32_t insist(struct plinth_control *call)
{
	uint32_t status = ctl_try(call);

	for (unsigned i = 0; status == CONTROL_BUSY && i < TRIES; i++) {
		pause_a_little();
		status = ctl_try(call);
	}
	return status;
}

const struct control_registers *gdb_registers(struct gdb_session *session, uint32_t vcpu)
{
	struct plinth_control call = {
		.call = CONTROL_REGISTERS_READ,
		.vm = session->vm,
		.arg2 = vcpu,
		.buffer = &session->registers[vcpu],
		.size = sizeof(session->registers[vcpu]),
	};

	if (!session->has_registers[vcpu]) {
		session->has_registers[vcpu] = insist(&call) == CONTROL_OK;
	}
	return session->has_registers[vcpu] ? &session->registers[vcpu] : NULL;
}

static bool read_registers(void *ctx, uint32_t vcpu, struct control_registers *registers)
{
	const struct control_registers *r = gdb_registers(ctx, vcpu);

	if (r != NULL) {
		*registers = *r;
	}
	return r != NULL;
}

static bool write_registers(void *ctx, uint32_t vcpu, const struct control_registers *registers)
{
	struct gdb_session *session = ctx;
	struct control_registers copy = *registers;
	struct plinth_control call = {
		.call = CONTROL_REGISTERS_WRITE,
		.vm = session->vm,
		.arg2 = vcpu,
		.buffer = &copy,
		.size = sizeof(copy),
	};

	session->has_registers[vcpu] = false;
	return insist(&call) == CONTROL_OK;
}

/* A step is to end behind the instruction, and not in the handler of an interrupt that happened to
 * wait: it is masked, where the instruction can't tell. Plinth unmasks, whatever becomes of us. */
static bool step_masks(struct gdb_session *session, uint32_t vcpu)
{
	const struct control_registers *r = gdb_registers(session, vcpu);
	uint32_t instruction = 0;

	return r != NULL &&
	       gdb_read_memory(session, vcpu, r->pc, &instruction, sizeof(instruction)) &&
	       gdb_step_masks(instruction);
}

static bool run(void *ctx, const struct gdb_run *how)
{
	struct gdb_session *session = ctx;
	struct plinth_control call = gdb_call(session, CONTROL_DEBUG_RESUME);

	call.arg = how->vcpu == GDB_NO_VCPU ? CONTROL_DEBUG_NO_VCPU
					    : how->vcpu | (how->steps ? CONTROL_DEBUG_STEPS : 0U) |
						      (how->alone ? CONTROL_DEBUG_ALONE : 0U);
	session->stepping = how->steps ? how->vcpu : GDB_NO_VCPU;
	if (how->steps && step_masks(session, how->vcpu)) {
		call.arg |= CONTROL_DEBUG_MASKED;
	}
	memset(session->has_registers, 0, session->vcpus * sizeof(session->has_registers[0]));
	return insist(&call) == CONTROL_OK;
}

/* Where it has stopped by itself already, that is what will be told. */
static bool interrupt(void *ctx)
{
	struct plinth_control call = gdb_call(ctx, CONTROL_PAUSE);
	uint32_t status = ctl_try(&call);

	return status == CONTROL_OK || status == CONTROL_BAD_STATE;
}

static void describe(void *ctx, uint32_t vcpu, char *text, size_t room)
{
	const struct control_registers *r = gdb_registers(ctx, vcpu);

	if (r == NULL) {
		(void)snprintf(text, room, "vCPU %u", vcpu);
	} else {
		(void)snprintf(text, room, "vCPU %u, EL%llu", vcpu,
			(unsigned long long)(r->pstate >> 2U & 3U));
	}
}

const struct gdb_ops gdb_session_ops = {
	.read_registers = read_registers,
	.write_registers = write_registers,
	.read = gdb_read_memory,
	.write = gdb_write_memory,
	.put = gdb_put_point,
	.take = gdb_take_point,
	.run = run,
	.interrupt = interrupt,
	.describe = describe,
};

/* Of all that have stopped: the one that steps, or the first. The others have done nothing yet, and
 * stop again when they run. */
static void choose_stop(struct gdb_session *session, const struct control_debug_stop *list,
	size_t count, struct gdb_stop *stop)
{
	const struct control_debug_stop *found = count != 0U ? &list[0] : NULL;

	*stop = (struct gdb_stop){.why = GDB_BY_INTERRUPT};
	for (size_t i = 0; i < count; i++) {
		if (list[i].vcpu == session->stepping && list[i].vcpu < session->vcpus) {
			found = &list[i];
		}
	}
	if (found == NULL || found->vcpu >= session->vcpus) {
		return;
	}
	stop->vcpu = found->vcpu;
	switch (found->why) {
	case CONTROL_DEBUG_BY_PATCH:
		stop->why = GDB_BY_SOFTWARE;
		break;
	case CONTROL_DEBUG_BY_BREAKPOINT:
		stop->why = GDB_BY_HARDWARE;
		break;
	case CONTROL_DEBUG_BY_WATCHPOINT:
		stop->why = gdb_find_watch(session, found->far, stop) ? GDB_BY_WATCH : GDB_BY_STEP;
		break;
	default:
		stop->why = GDB_BY_STEP;
		break;
	}
}

/* Why there is no session any more. */
static enum gdb_look what_is_left(const struct gdb_session *session)
{
	struct control_info info;
	struct plinth_control call = {
		.call = CONTROL_INFO, .vm = session->vm, .buffer = &info, .size = sizeof(info)};

	if (ctl_try(&call) != CONTROL_OK) {
		return GDB_LOOK_OFF;
	}
	switch (info.vm.state) {
	case CONTROL_STATE_CRASHED:
		return GDB_LOOK_CRASHED;
	case CONTROL_STATE_RUNNING:
	case CONTROL_STATE_PAUSED:
		return GDB_LOOK_TAKEN;
	default:
		return GDB_LOOK_OFF;
	}
}

enum gdb_look gdb_session_look(struct gdb_session *session, struct gdb_stop *stop)
{
	struct control_debug_stop list[CONTROL_MOVE_MAX / sizeof(struct control_debug_stop)];
	struct plinth_control call = gdb_call(session, CONTROL_DEBUG_LOOK);

	call.buffer = list;
	call.size = sizeof(list);
	if (ctl_try(&call) != CONTROL_OK) {
		session->ticket = 0;
		return what_is_left(session);
	}
	if (call.result[1] == 0U) {
		return GDB_LOOK_RUNS;
	}
	choose_stop(session, list, (size_t)call.done / sizeof(list[0]), stop);
	return GDB_LOOK_STOPPED;
}

static struct gdb_session *to_be_ended;

static void end_it(void)
{
	if (to_be_ended != NULL) {
		gdb_session_end(to_be_ended);
	}
}

static void attach(struct gdb_session *session)
{
	struct plinth_control call = gdb_call(session, CONTROL_DEBUG_ATTACH);

	for (unsigned i = 0; i < TRIES; i++) {
		ctl_call(&call, "gdb");
		session->ticket = (uint32_t)call.result[0];
		call.arg2 = session->ticket;
		if (call.result[1] == 0U) {
			return;
		}
		pause_a_little();
	}
	ctl_die(EXIT_FAILED, "%s does not come to rest", session->name);
}

/* No breakpoints; and how many there are. */
static void set_up_registers(struct gdb_session *session)
{
	struct plinth_control call = gdb_call(session, CONTROL_DEBUG_SET);

	call.buffer = &session->set;
	call.size = sizeof(session->set);
	ctl_call(&call, "gdb");
	session->breakpoints = (uint32_t)call.result[0];
	session->watchpoints = (uint32_t)call.result[1];
}

void gdb_session_begin(struct gdb_session *session, const char *name)
{
	struct control_vm vm = ctl_find(name);

	*session = (struct gdb_session){
		.name = name, .vm = vm.vm, .vcpus = vm.vcpus, .stepping = GDB_NO_VCPU};
	session->registers = ctl_alloc(NULL, vm.vcpus * sizeof(session->registers[0]));
	session->has_registers = ctl_alloc(NULL, vm.vcpus * sizeof(session->has_registers[0]));
	memset(session->has_registers, 0, vm.vcpus * sizeof(session->has_registers[0]));
	to_be_ended = session;
	(void)atexit(end_it);
	attach(session);
	set_up_registers(session);
}

void gdb_session_end(struct gdb_session *session)
{
	struct plinth_control call = gdb_call(session, CONTROL_DEBUG_DETACH);

	to_be_ended = NULL;
	for (unsigned i = 0; session->ticket != 0U && i < TRIES; i++) {
		if (ctl_try(&call) != CONTROL_OK || call.result[1] == 0U) {
			session->ticket = 0;
		} else {
			pause_a_little();
		}
	}
	free(session->registers);
	free(session->has_registers);
	session->registers = NULL;
	session->has_registers = NULL;
}
