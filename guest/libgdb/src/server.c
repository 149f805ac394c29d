/* SPDX-License-Identifier: Apache-2.0 */
#include "libgdb/server.h"

#include <string.h>

#include "server_private.h"

#define MEMORY_MAX (GDB_PACKET_MAX / 2U)

bool gdb_starts(const char **text, const char *start)
{
	size_t length = strlen(start);

	if (strncmp(*text, start, length) != 0) {
		return false;
	}
	*text += length;
	return true;
}

bool gdb_thread(const struct gdb_server *server, const char **text, uint32_t *vcpu)
{
	uint64_t id;

	*vcpu = GDB_NO_VCPU;
	if (gdb_starts(text, "-1")) {
		return true;
	}
	if (!gdb_number(text, &id) || id > server->count) {
		return false;
	}
	if (id != 0U) {
		*vcpu = (uint32_t)id - 1U;
	}
	return true;
}

static void choose_thread(struct gdb_server *server, const char *args)
{
	char what = *args;
	uint32_t vcpu;

	if (what != 'g' && what != 'c') {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	args++;
	if (!gdb_thread(server, &args, &vcpu)) {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	if (what == 'c') {
		server->resumed = vcpu;
	} else if (vcpu != GDB_NO_VCPU) {
		server->current = vcpu;
	}
	gdb_answer(server, "OK");
}

static void is_thread(struct gdb_server *server, const char *args)
{
	uint32_t vcpu;

	gdb_answer(server,
		gdb_thread(server, &args, &vcpu) && vcpu != GDB_NO_VCPU ? "OK" : GDB_ERROR_INVALID);
}

/* "ADDRESS,LENGTH", and what ends it. */
static bool take_range(const char **args, uint64_t *address, uint64_t *length, char end)
{
	if (!gdb_number(args, address) || !gdb_starts(args, ",") || !gdb_number(args, length) ||
		**args != end) {
		return false;
	}
	*args += end != '\0' ? 1 : 0;
	return true;
}

static void read_memory(struct gdb_server *server, const char *args)
{
	static uint8_t bytes[MEMORY_MAX];
	uint64_t address;
	uint64_t length;

	if (!take_range(&args, &address, &length, '\0') || length > MEMORY_MAX) {
		gdb_answer(server, GDB_ERROR_INVALID);
	} else if (!server->ops->read(
			   server->ctx, server->current, address, bytes, (size_t)length)) {
		gdb_answer(server, GDB_ERROR_MEMORY);
	} else {
		gdb_answer(server, "");
		gdb_answer_digits(server, bytes, (size_t)length);
	}
}

static void write_memory(struct gdb_server *server, const char *args)
{
	static uint8_t bytes[MEMORY_MAX];
	uint64_t address;
	uint64_t length;

	if (!take_range(&args, &address, &length, ':') || length > MEMORY_MAX ||
		strlen(args) != 2U * length || !gdb_bytes_of(args, bytes, (size_t)length)) {
		gdb_answer(server, GDB_ERROR_INVALID);
	} else {
		gdb_answer(server, server->ops->write(server->ctx, server->current, address, bytes,
					   (size_t)length)
					   ? "OK"
					   : GDB_ERROR_MEMORY);
	}
}

/* "KIND,ADDRESS,LENGTH" */
static void change_point(struct gdb_server *server, const char *args, bool put)
{
	uint64_t kind;
	uint64_t address;
	uint64_t length;
	bool is_done;

	if (!gdb_number(&args, &kind) || !gdb_starts(&args, ",")) {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	if (kind >= GDB_POINT_KINDS) {
		gdb_answer(server, "");
		return;
	}
	/* What follows the length, a condition, was not offered. */
	if (!take_range(&args, &address, &length, '\0')) {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	is_done = put ? server->ops->put(
				server->ctx, server->current, (enum gdb_point)kind, address, length)
		      : server->ops->take(server->ctx, (enum gdb_point)kind, address, length);
	gdb_answer(server, is_done ? "OK" : GDB_ERROR_MEMORY);
}

static void put_point(struct gdb_server *server, const char *args)
{
	change_point(server, args, true);
}

static void take_point(struct gdb_server *server, const char *args)
{
	change_point(server, args, false);
}

static void why(struct gdb_server *server, const char *args)
{
	(void)args;
	gdb_tell_stop(server);
}

static void detach(struct gdb_server *server, const char *args)
{
	(void)args;
	server->is_over = true;
	gdb_answer(server, "OK");
}

/* It has no answer. */
static void kill(struct gdb_server *server, const char *args)
{
	(void)args;
	server->is_over = true;
}

struct packet_row {
	char letter;
	bool is_whole; /* the handler looks at the letter too */
	void (*serve)(struct gdb_server *server, const char *args);
};

static const struct packet_row rows[] = {
	{'?', false, why},
	{'D', false, detach},
	{'G', false, gdb_write_all},
	{'H', false, choose_thread},
	{'M', false, write_memory},
	{'P', false, gdb_write_one},
	{'Q', true, gdb_query},
	{'T', false, is_thread},
	{'Z', false, put_point},
	{'c', false, gdb_continue},
	{'g', false, gdb_read_all},
	{'k', false, kill},
	{'m', false, read_memory},
	{'p', false, gdb_read_one},
	{'q', true, gdb_query},
	{'s', false, gdb_step},
	{'v', true, gdb_v_packet},
	{'z', false, take_point},
};

void gdb_server_init(
	struct gdb_server *server, const struct gdb_ops *ops, void *ctx, uint32_t count)
{
	memset(server, 0, sizeof(*server));
	server->ops = ops;
	server->ctx = ctx;
	server->count = count;
	server->resumed = GDB_NO_VCPU;
	server->has_acks = true;
	server->last.why = GDB_BY_INTERRUPT;
}

void gdb_server_packet(struct gdb_server *server, const char *data, size_t size)
{
	server->is_answered = false;
	if (server->is_running || server->is_over) {
		return; /* in all-stop mode gdb waits, and so may whoever else speaks */
	}
	if (memchr(data, '\0', size) != NULL) {
		gdb_answer(server, GDB_ERROR_INVALID); /* no packet that is known has any */
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (size != 0U && rows[i].letter == data[0]) {
			rows[i].serve(server, data + (rows[i].is_whole ? 0 : 1));
			return;
		}
	}
	gdb_answer(server, "");
}

void gdb_server_interrupt(struct gdb_server *server)
{
	server->is_answered = false;
	if (server->is_running && !server->ops->interrupt(server->ctx)) {
		server->is_running = false;
		gdb_answer(server, GDB_ERROR_IO);
	}
}

void gdb_server_stopped(struct gdb_server *server, const struct gdb_stop *stop)
{
	server->is_running = false;
	server->last = *stop;
	server->current = stop->vcpu;
	gdb_tell_stop(server);
}

void gdb_server_ended(struct gdb_server *server, bool has_crashed)
{
	server->is_over = true;
	server->is_running = false;
	gdb_answer(server, has_crashed ? "X06" : "W00");
}
