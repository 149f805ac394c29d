/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile gdb: the input is what it sends, as it comes; a byte 0xfe lets a VM that runs stop. No
 * operation is asked for out of its range, or while the VM runs, and answers fit a packet.
 */
#include <stdlib.h>
#include <string.h>

#include "libgdb/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VCPUS 3U
#define STOPS 0xfeU

static struct gdb_server server;
static struct control_registers registers[VCPUS];

static void check(uint32_t vcpu)
{
	if (vcpu >= VCPUS || server.is_running) {
		abort();
	}
}

static bool read_registers(void *ctx, uint32_t vcpu, struct control_registers *r)
{
	(void)ctx;
	check(vcpu);
	*r = registers[vcpu];
	return true;
}

static bool write_registers(void *ctx, uint32_t vcpu, const struct control_registers *r)
{
	(void)ctx;
	check(vcpu);
	registers[vcpu] = *r;
	return true;
}

static bool read_memory(void *ctx, uint32_t vcpu, uint64_t gva, void *bytes, size_t size)
{
	(void)ctx;
	check(vcpu);
	memset(bytes, (int)gva, size);
	return (gva & 1U) == 0U;
}

static bool write_memory(void *ctx, uint32_t vcpu, uint64_t gva, const void *bytes, size_t size)
{
	uint8_t sum = 0;

	(void)ctx;
	check(vcpu);
	for (size_t i = 0; i < size; i++) {
		sum = (uint8_t)(sum + ((const uint8_t *)bytes)[i]);
	}
	return ((gva + sum) & 1U) == 0U;
}

static bool put(void *ctx, uint32_t vcpu, enum gdb_point point, uint64_t gva, uint64_t size)
{
	(void)ctx;
	check(vcpu);
	if (point >= GDB_POINT_KINDS) {
		abort();
	}
	return ((gva + size) & 1U) == 0U;
}

static bool take(void *ctx, enum gdb_point point, uint64_t gva, uint64_t size)
{
	return put(ctx, 0, point, gva, size);
}

static bool run(void *ctx, const struct gdb_run *how)
{
	(void)ctx;
	check(how->vcpu == GDB_NO_VCPU ? 0 : how->vcpu);
	if (how->vcpu == GDB_NO_VCPU && (how->steps || how->alone)) {
		abort();
	}
	return true;
}

static bool interrupt(void *ctx)
{
	(void)ctx;
	if (!server.is_running) {
		abort();
	}
	return true;
}

static void describe(void *ctx, uint32_t vcpu, char *text, size_t room)
{
	(void)ctx;
	check(vcpu);
	memset(text, 'x', room - 1U);
	text[room - 1U] = '\0';
}

static void one_byte(struct gdb_reader *reader, uint8_t byte)
{
	static char frame[GDB_FRAME_MAX];

	if (byte == STOPS && server.is_running) {
		const struct gdb_stop stop = {.vcpu = reader->size % VCPUS,
			.why = (enum gdb_why)(reader->size % (GDB_BY_WATCH + 1U)),
			.point = (enum gdb_point)(reader->size % GDB_POINT_KINDS),
			.address = reader->size};

		gdb_server_stopped(&server, &stop);
	}
	switch (gdb_take(reader, byte)) {
	case GDB_PACKET:
		gdb_server_packet(&server, reader->data, reader->size);
		break;
	case GDB_INTERRUPT:
		gdb_server_interrupt(&server);
		break;
	case GDB_NOTHING:
	case GDB_BROKEN:
	case GDB_ACK:
	case GDB_NAK:
		return;
	}
	if (server.is_answered) {
		size_t length = gdb_frame(server.reply, server.reply_size, frame);

		if (server.reply_size > GDB_PACKET_MAX || length > sizeof(frame) ||
			frame[length - 3U] != '#') {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gdb_ops ops = {read_registers, write_registers, read_memory,
		write_memory, put, take, run, interrupt, describe};
	static struct gdb_reader reader;

	memset(&reader, 0, sizeof(reader));
	gdb_server_init(&server, &ops, NULL, VCPUS);
	for (size_t i = 0; i < size; i++) {
		one_byte(&reader, data[i]);
	}
	return 0;
}
