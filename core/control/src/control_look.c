/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look into a VM's address space (core/inspect), one at a time: its lines wait here until they
 * are fetched. Who asks and does not fetch for LEFT_SECONDS has left: the look ends, and its ticket
 * is good for nothing any more, so that nobody takes what there is for all.
 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "control_private.h"
#include "event/event.h"
#include "inspect/inspect.h"

#define RING	     4096U
#define LEFT_SECONDS 10U

/* Under the lock of calls. */
static struct {
	uint32_t owner;	 /* its serial; 0: nobody */
	uint32_t ticket; /* 0: it is cut off */
	vm_id_t vm;
	uint64_t fetched; /* CNTPCT_EL0 of the last fetch */
	uint32_t put;
	uint32_t taken;
	bool is_over;
	bool is_told; /* an event says that there are lines */
	char text[RING];
} look;
static uint32_t tickets; /* given so far; under the lock of calls */

/* Whether its owner has left it; then it is cut off. */
static bool is_left(void)
{
	bool left = read_cntpct_el0() - look.fetched >= LEFT_SECONDS * read_cntfrq_el0();

	look.ticket = left ? 0U : look.ticket;
	return left;
}

static bool is_owner(const struct call *call)
{
	return look.owner == call->self->serial && call->arg == look.ticket;
}

static uint32_t room(void)
{
	return RING - (look.put - look.taken);
}

static void tell(void)
{
	if (!look.is_told) {
		look.is_told = true;
		event_post(EVENT_LOOK, look.vm, 0);
	}
}

static void put(char c)
{
	look.text[look.put % RING] = c;
	look.put++;
}

/* core/inspect calls these without a lock. */
static void take_line(void *ctx, const char *text)
{
	size_t length = strlen(text);

	(void)ctx;
	lock_take(&control_lock);
	if (room() > length) {
		for (size_t i = 0; i < length; i++) {
			put(text[i]);
		}
		put('\n');
		tell();
	}
	lock_drop(&control_lock);
}

static bool has_room(void *ctx)
{
	bool left;
	bool has;

	(void)ctx;
	lock_take(&control_lock);
	left = is_left();
	has = room() > INSPECT_LINE_SIZE;
	lock_drop(&control_lock);
	if (left) {
		inspect_stop(&look);
	}
	return has || left;
}

static void take_end(void *ctx)
{
	(void)ctx;
	lock_take(&control_lock);
	look.is_over = true;
	tell();
	lock_drop(&control_lock);
}

static bool decode(const struct control_look *from, struct inspect_request *request)
{
	static const uint8_t kinds[] = {
		[CONTROL_LOOK_SCAN] = INSPECT_SCAN,
		[CONTROL_LOOK_FIND_KERNEL] = INSPECT_FIND_KERNEL,
		[CONTROL_LOOK_TRANSLATE] = INSPECT_TRANSLATE,
		[CONTROL_LOOK_MEMORY] = INSPECT_READ,
	};

	if (from->kind >= ARRAY_SIZE(kinds) || (from->flags & ~CONTROL_LOOK_ALL) != 0U) {
		return false;
	}
	*request = (struct inspect_request){
		.kind = (enum inspect_kind)kinds[from->kind],
		.vcpu = from->vcpu == CONTROL_LOOK_ANY_VCPU ? INSPECT_ANY_VCPU : from->vcpu,
		.from = from->from,
		.to = from->to,
		.view = (from->flags & CONTROL_LOOK_BOTH) != 0U	 ? SCAN_BOTH
			: (from->flags & CONTROL_LOOK_EL0) != 0U ? SCAN_EL0
								 : SCAN_EL1,
		.exec = (from->flags & (CONTROL_LOOK_EXEC | CONTROL_LOOK_WX)) != 0U,
		.writable_and_exec = (from->flags & CONTROL_LOOK_WX) != 0U,
		.split_gpa = (from->flags & CONTROL_LOOK_GPA) != 0U,
	};
	return true;
}

enum control_status control_look_start(struct call *call)
{
	static const struct inspect_user user = {take_line, has_room, take_end, &look};
	struct inspect_request request;

	if (!decode((const struct control_look *)(void *)call->data, &request)) {
		return CONTROL_INVALID;
	}
	if (look.owner != 0U && (!look.is_over || look.taken != look.put)) {
		bool left = is_left();

		if (left && !look.is_over) {
			/* It may have no line to show for long: then nothing else ends it. */
			inspect_stop(&look);
		}
		if (!left || !look.is_over) {
			return CONTROL_BUSY;
		}
	}
	enum plinth_status status = inspect_start(call->vm, &request, &user);

	if (status == PLINTH_OK) {
		tickets++;
		look.owner = call->self->serial;
		look.ticket = tickets;
		call->result[0] = tickets;
		look.vm = call->vm->id;
		look.fetched = read_cntpct_el0();
		look.put = 0;
		look.taken = 0;
		look.is_over = false;
		look.is_told = false;
	}
	return control_of(status);
}

enum control_status control_look_read(struct call *call)
{
	if (!is_owner(call)) {
		return CONTROL_NOT_FOUND;
	}
	look.fetched = read_cntpct_el0();
	look.is_told = false;
	while (call->done < call->size && look.taken != look.put) {
		call->data[call->done] = (uint8_t)look.text[look.taken % RING];
		look.taken++;
		call->done++;
	}
	call->result[0] = look.is_over && look.taken == look.put ? 1U : 0U;
	return CONTROL_OK;
}

enum control_status control_look_stop(struct call *call)
{
	if (!is_owner(call)) {
		return CONTROL_NOT_FOUND;
	}
	look.taken = look.put;
	if (!look.is_over) {
		inspect_stop(&look);
	}
	return CONTROL_OK;
}
