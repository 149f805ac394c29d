/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "server_private.h"

#define DESCRIPTION_SIZE 128U

static void tell_features(struct gdb_server *server, const char *args)
{
	server->tells_points = strstr(args, "swbreak+") != NULL && strstr(args, "hwbreak+") != NULL;
	gdb_answer(server, "PacketSize=4000;qXfer:features:read+;QStartNoAckMode+;"
			   "vContSupported+;swbreak+;hwbreak+");
}

static void list_threads(struct gdb_server *server, const char *args)
{
	(void)args;
	gdb_answer(server, "");
	for (uint32_t i = 0; i < server->count; i++) {
		gdb_answer_more(server, i == 0U ? "m" : ",");
		gdb_answer_number(server, (uint64_t)i + 1U);
	}
}

static void end_of_threads(struct gdb_server *server, const char *args)
{
	(void)args;
	gdb_answer(server, "l");
}

static void current_thread(struct gdb_server *server, const char *args)
{
	(void)args;
	gdb_answer(server, "QC");
	gdb_answer_number(server, (uint64_t)server->current + 1U);
}

static void describe_thread(struct gdb_server *server, const char *args)
{
	char text[DESCRIPTION_SIZE] = "";
	uint32_t vcpu;

	if (!gdb_thread(server, &args, &vcpu) || vcpu == GDB_NO_VCPU) {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	server->ops->describe(server->ctx, vcpu, text, sizeof(text));
	gdb_answer(server, "");
	gdb_answer_digits(server, text, strnlen(text, sizeof(text)));
}

static void read_description(struct gdb_server *server, const char *args)
{
	uint64_t offset;
	uint64_t length;

	if (!gdb_number(&args, &offset) || !gdb_starts(&args, ",") || !gdb_number(&args, &length)) {
		gdb_answer(server, GDB_ERROR_INVALID);
		return;
	}
	gdb_describe_target(server, offset, length);
}

/* It was there before gdb came: gdb detaches when it quits. */
static void was_there(struct gdb_server *server, const char *args)
{
	(void)args;
	gdb_answer(server, "1");
}

static void no_symbols(struct gdb_server *server, const char *args)
{
	(void)args;
	gdb_answer(server, "OK");
}

static void stop_acks(struct gdb_server *server, const char *args)
{
	(void)args;
	server->has_acks = false;
	gdb_answer(server, "OK");
}

struct query_row {
	const char *start;
	void (*serve)(struct gdb_server *server, const char *args);
};

static const struct query_row rows[] = {
	{"qSupported", tell_features},
	{"qfThreadInfo", list_threads},
	{"qsThreadInfo", end_of_threads},
	{"qThreadExtraInfo,", describe_thread},
	{"qXfer:features:read:target.xml:", read_description},
	{"qAttached", was_there},
	{"qSymbol::", no_symbols},
	{"qC", current_thread},
	{"QStartNoAckMode", stop_acks},
};

void gdb_query(struct gdb_server *server, const char *args)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (gdb_starts(&args, rows[i].start)) {
			rows[i].serve(server, args);
			return;
		}
	}
	gdb_answer(server, "");
}
