/* SPDX-License-Identifier: Apache-2.0 */
/* plinthctl gdb: memory by virtual addresses. */
#include "ctl.h"
#include "gdb.h"
#include "libgdb/walk.h"

static bool access_physical(
	const struct gdb_session *session, uint64_t gpa, void *bytes, size_t size, bool is_write)
{
	struct plinth_control call = {
		.call = is_write ? CONTROL_MEMORY_WRITE : CONTROL_MEMORY_READ,
		.vm = session->vm,
		.arg = gpa,
		.buffer = bytes,
		.size = size,
	};

	return ctl_try(&call) == CONTROL_OK && call.done == size;
}

static bool read_descriptor(void *ctx, uint64_t gpa, uint64_t *descriptor)
{
	return access_physical(ctx, gpa, descriptor, sizeof(*descriptor), false);
}

bool gdb_find_page(
	struct gdb_session *session, uint32_t vcpu, uint64_t gva, uint64_t *gpa, uint64_t *together)
{
	for (uint32_t i = 0; i < session->vcpus; i++) {
		uint32_t one = (vcpu + i) % session->vcpus;
		const struct control_registers *r = gdb_registers(session, one);

		if (r != NULL && gdb_walk(r, gva, read_descriptor, session, gpa, together)) {
			return true;
		}
	}
	return false;
}

static bool access_virtual(struct gdb_session *session, uint32_t vcpu, uint64_t gva, uint8_t *bytes,
	size_t size, bool is_write)
{
	while (size != 0U) {
		uint64_t gpa;
		uint64_t together;

		if (!gdb_find_page(session, vcpu, gva, &gpa, &together)) {
			return false;
		}
		size_t part = size < CONTROL_MOVE_MAX ? size : CONTROL_MOVE_MAX;

		part = part < together ? part : (size_t)together;
		if (!access_physical(session, gpa, bytes, part, is_write)) {
			return false;
		}
		gva += part;
		bytes += part;
		size -= part;
	}
	return true;
}

bool gdb_read_memory(void *ctx, uint32_t vcpu, uint64_t gva, void *bytes, size_t size)
{
	return access_virtual(ctx, vcpu, gva, bytes, size, false);
}

bool gdb_write_memory(void *ctx, uint32_t vcpu, uint64_t gva, const void *bytes, size_t size)
{
	/* The call reads it alone. */
	return access_virtual(ctx, vcpu, gva, (uint8_t *)(uintptr_t)bytes, size, true);
}
