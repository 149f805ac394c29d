/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the VM goes on, and what is said when it has stopped.
 */
#include <string.h>

#include "server_private.h"

static void run(struct gdb_server *server, const struct gdb_run *how)
{
	if (server->ops->run(server->ctx, how)) {
		server->is_running = true; /* the answer is that it has stopped */
	} else {
		gdb_answer(server, GDB_ERROR_IO);
	}
}

/* c and s name an address to go on at, which gdb has not used for long. */
static void run_plainly(struct gdb_server *server, const char *args, bool steps)
{
	struct gdb_run how = {.vcpu = server->resumed, .steps = steps};

	if (*args != '\0') {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	if (steps && how.vcpu == GDB_NO_VCPU) {
		how.vcpu = server->current;
	}
	how.alone = how.vcpu != GDB_NO_VCPU;
	run(server, &how);
}

void gdb_continue(struct gdb_server *server, const char *args)
{
	run_plainly(server, args, false);
}

void gdb_step(struct gdb_server *server, const char *args)
{
	run_plainly(server, args, true);
}

/* One action of vCont: its letter, and the vCPU that it is for. */
static bool take_action(
	const struct gdb_server *server, const char **args, char *action, uint32_t *vcpu)
{
	uint64_t signal;

	if (!gdb_starts(args, ";")) {
		return false;
	}
	*action = **args;
	if (*action != 'c' && *action != 's' && *action != 'C' && *action != 'S') {
		return false;
	}
	(*args)++;
	/* A VM has no signals: they are let go. */
	if ((*action == 'C' || *action == 'S') && !gdb_number(args, &signal)) {
		return false;
	}
	*vcpu = GDB_NO_VCPU;
	return !gdb_starts(args, ":") || gdb_thread(server, args, vcpu);
}

/* The first action for a thread counts. A step is one thread's; without a default all others wait,
 * as do those that continue by name beside it: gdb in all-stop mode names none. */
static void run_actions(struct gdb_server *server, const char *args)
{
	struct gdb_run how = {.vcpu = GDB_NO_VCPU, .alone = true};
	char action;
	uint32_t vcpu;

	if (*args == '\0') {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	while (*args != '\0') {
		if (!take_action(server, &args, &action, &vcpu)) {
			gdb_answer(server, GDB_ERROR_INVALID);
			return;
		}
		bool steps = action == 's' || action == 'S';

		if (vcpu == GDB_NO_VCPU && !steps) {
			how.alone = false;
			break;
		}
		if (how.vcpu == GDB_NO_VCPU || (steps && !how.steps)) {
			how.vcpu = vcpu != GDB_NO_VCPU ? vcpu : server->current;
			how.steps = steps;
		}
	}
	if (!how.alone && !how.steps) {
		how.vcpu = GDB_NO_VCPU;
	}
	run(server, &how);
}

void gdb_v_packet(struct gdb_server *server, const char *args)
{
	if (gdb_starts(&args, "vCont?")) {
		gdb_answer(server, "vCont;c;C;s;S");
	} else if (gdb_starts(&args, "vCont")) {
		run_actions(server, args);
	} else if (gdb_starts(&args, "vKill")) {
		server->is_over = true;
		gdb_answer(server, "OK");
	} else {
		gdb_answer(server, "");
	}
}

#define SIGNAL_INTERRUPT "T02" /* SIGINT */
#define SIGNAL_TRAP	 "T05"

static void tell_point(struct gdb_server *server, const struct gdb_stop *stop)
{
	static const char *const watches[GDB_POINT_KINDS] = {
		[GDB_POINT_WRITE] = "watch:",
		[GDB_POINT_READ] = "rwatch:",
		[GDB_POINT_ACCESS] = "awatch:",
	};

	if (stop->why == GDB_BY_WATCH && watches[stop->point] != NULL) {
		gdb_answer_more(server, watches[stop->point]);
		gdb_answer_number(server, stop->address);
		gdb_answer_more(server, ";");
	} else if (stop->why == GDB_BY_SOFTWARE && server->tells_points) {
		gdb_answer_more(server, "swbreak:;");
	} else if (stop->why == GDB_BY_HARDWARE && server->tells_points) {
		gdb_answer_more(server, "hwbreak:;");
	}
}

void gdb_tell_stop(struct gdb_server *server)
{
	const struct gdb_stop *stop = &server->last;

	gdb_answer(server, stop->why == GDB_BY_INTERRUPT ? SIGNAL_INTERRUPT : SIGNAL_TRAP);
	tell_point(server, stop);
	gdb_answer_more(server, "thread:");
	gdb_answer_number(server, (uint64_t)stop->vcpu + 1U);
	gdb_answer_more(server, ";");
}
