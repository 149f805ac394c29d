/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugger's session on a VM, by control calls (abi/control_debug.h), as libgdb's operations.
 */
#ifndef PLINTHCTL_GDB_H
#define PLINTHCTL_GDB_H

#include "libgdb/server.h"
#include "plinth/control.h"

/* Two addresses of one word are one breakpoint to Plinth. */
#define GDB_SOFT_MAX (2U * CONTROL_DEBUG_PATCHES)

struct gdb_soft {
	bool is_used;
	uint64_t gva;
	uint64_t gpa;
};

/* One of gdb's in registers: those of `slots`, a bit each. */
struct gdb_hard {
	uint32_t slots; /* 0: none */
	enum gdb_point point;
	uint64_t gva;
	uint64_t size;
};

struct gdb_session {
	const char *name;
	uint32_t vm;
	uint32_t ticket;
	uint32_t vcpus;
	uint32_t stepping;    /* GDB_NO_VCPU: none */
	uint32_t breakpoints; /* as many as the CPUs have */
	uint32_t watchpoints;
	struct control_debug_registers set;
	struct gdb_soft soft[GDB_SOFT_MAX];
	struct gdb_hard hard[2U * CONTROL_DEBUG_PAIRS];
	/* of this stop, as far as they were read */
	struct control_registers *registers;
	bool *has_registers;
};

extern const struct gdb_ops gdb_session_ops; /* ctx: struct gdb_session */

/* Stops the VM and takes it over. Detaches at the end of the program, however that comes. */
void gdb_session_begin(struct gdb_session *session, const char *name);

/* The VM runs on, without breakpoints; nothing where the session is over. */
void gdb_session_end(struct gdb_session *session);

enum gdb_look { GDB_LOOK_RUNS, GDB_LOOK_STOPPED, GDB_LOOK_OFF, GDB_LOOK_CRASHED, GDB_LOOK_TAKEN };

/* What has become of it. STOPPED: *stop says why. TAKEN: another debugger has it. To be called
 * every few seconds: Plinth takes who is silent for one that has left. */
enum gdb_look gdb_session_look(struct gdb_session *session, struct gdb_stop *stop);

/* gdb_points.c */
bool gdb_put_point(void *ctx, uint32_t vcpu, enum gdb_point point, uint64_t gva, uint64_t size);
bool gdb_take_point(void *ctx, enum gdb_point point, uint64_t gva, uint64_t size);

/* Which watchpoint an access at `far` has met; false: none. */
bool gdb_find_watch(const struct gdb_session *session, uint64_t far, struct gdb_stop *stop);

/* gdb_memory.c */
bool gdb_read_memory(void *ctx, uint32_t vcpu, uint64_t gva, void *bytes, size_t size);
bool gdb_write_memory(void *ctx, uint32_t vcpu, uint64_t gva, const void *bytes, size_t size);

/* By the vCPU's tables, or by any other's: what one of them has of the kernel another, at EL0, may
 * not have. */
bool gdb_find_page(struct gdb_session *session, uint32_t vcpu, uint64_t gva, uint64_t *gpa,
	uint64_t *together);

/* gdb_session.c: the vCPU's registers as they are now; NULL: they cannot be had. */
const struct control_registers *gdb_registers(struct gdb_session *session, uint32_t vcpu);

/* A call on the session's VM, with its ticket. */
struct plinth_control gdb_call(const struct gdb_session *session, enum control_call call);

#endif
