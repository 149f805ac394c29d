/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GDB server for a VM, after gdb's remote serial protocol (GDB manual, appendix E), in all-stop
 * mode: each vCPU is a thread, its id plus 1. It knows the protocol and the registers; the VM is
 * reached through operations, so that it runs anywhere, and against anything. No allocation.
 */
#ifndef LIBGDB_SERVER_H
#define LIBGDB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/control_registers.h"
#include "libgdb/packet.h"

/* As in Z and z packets. */
enum gdb_point {
	GDB_POINT_SOFTWARE,
	GDB_POINT_HARDWARE,
	GDB_POINT_WRITE,
	GDB_POINT_READ,
	GDB_POINT_ACCESS,
	GDB_POINT_KINDS
};

#define GDB_NO_VCPU UINT32_MAX

/* How the VM is to run: `vcpu`, or GDB_NO_VCPU, takes a step; all others wait. */
struct gdb_run {
	uint32_t vcpu;
	bool steps;
	bool alone;
};

/* Why a vCPU has stopped. */
enum gdb_why { GDB_BY_INTERRUPT, GDB_BY_STEP, GDB_BY_SOFTWARE, GDB_BY_HARDWARE, GDB_BY_WATCH };

struct gdb_stop {
	uint32_t vcpu;
	enum gdb_why why;
	enum gdb_point point; /* of a watchpoint */
	uint64_t address;     /* that it watches */
};

/* The VM; false: not possible. All but interrupt() are called while it is stopped alone. `vcpu` is
 * below `count`. */
struct gdb_ops {
	bool (*read_registers)(void *ctx, uint32_t vcpu, struct control_registers *registers);
	bool (*write_registers)(
		void *ctx, uint32_t vcpu, const struct control_registers *registers);
	/* By the vCPU's own translation; all of it, or nothing is told. */
	bool (*read)(void *ctx, uint32_t vcpu, uint64_t gva, void *bytes, size_t size);
	bool (*write)(void *ctx, uint32_t vcpu, uint64_t gva, const void *bytes, size_t size);
	bool (*put)(void *ctx, uint32_t vcpu, enum gdb_point point, uint64_t gva, uint64_t size);
	bool (*take)(void *ctx, enum gdb_point point, uint64_t gva, uint64_t size);
	bool (*run)(void *ctx, const struct gdb_run *run);
	bool (*interrupt)(void *ctx); /* it is to stop: gdb_server_stopped() tells when */
	/* What is said of the thread, at most `room` bytes with the NUL. */
	void (*describe)(void *ctx, uint32_t vcpu, char *text, size_t room);
};

struct gdb_server {
	const struct gdb_ops *ops;
	void *ctx;
	uint32_t count;	  /* vCPUs */
	uint32_t current; /* of g, m, and such */
	uint32_t resumed; /* of c and s */
	bool is_running;
	bool is_over; /* gdb has detached, or killed it: the VM runs on */
	bool has_acks;
	bool tells_points; /* gdb knows swbreak and hwbreak */
	struct gdb_stop last;
	struct control_registers registers; /* of the packet that is served */
	char reply[GDB_PACKET_MAX + 1U];
	size_t reply_size;
	bool is_answered; /* with reply, which may be empty */
};

/* The VM is stopped. */
void gdb_server_init(
	struct gdb_server *server, const struct gdb_ops *ops, void *ctx, uint32_t count);

/* A packet of gdb's. Afterwards, where is_answered is set, reply is to be sent. */
void gdb_server_packet(struct gdb_server *server, const char *data, size_t size);

/* An interrupt of gdb's. */
void gdb_server_interrupt(struct gdb_server *server);

/* A VM that ran has stopped; reply is to be sent. */
void gdb_server_stopped(struct gdb_server *server, const struct gdb_stop *stop);

/* The VM is gone, or begins anew: no session any more. reply is to be sent where it ran; else it is
 * the answer to whatever gdb asks next. */
void gdb_server_ended(struct gdb_server *server, bool has_crashed);

#endif
