/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a call: version, number, token, right, VM, buffer; then its row's handler.
 */
#include "control/control.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/nospec.h"
#include "base/string.h"
#include "control_private.h"
#include "el2count/el2count.h"
#include "event/event.h"

#define HIGH_SHIFT   32U
#define HALF_MASK    UINT32_C(0xffff)
#define CALL_SHIFT   16U
#define BUFFER_PAGES (CONTROL_MOVE_MAX / PAGE_SIZE + 1U)

#define WANTS_VM 0x1U
#define TAKES	 0x2U /* the buffer's bytes are read before the handler runs */
#define GIVES	 0x4U /* they are written after it */

struct call_row {
	control_fn *serve;
	uint16_t least; /* bytes that the buffer must have */
	uint8_t right;	/* VM_RIGHT_*, or 0 */
	uint8_t flags;
};

#define OBSERVE VM_RIGHT_OBSERVE
#define POWER	VM_RIGHT_POWER
#define CONFIG	VM_RIGHT_CONFIG
#define MEMORY	VM_RIGHT_MEMORY

static const struct call_row rows[CONTROL_CALL_COUNT] = {
	[CONTROL_HELLO] = {control_hello, 0, 0, 0},
	[CONTROL_HOST] = {control_host, sizeof(struct control_host), OBSERVE, GIVES},
	[CONTROL_LIST] = {control_list, sizeof(struct control_vm), OBSERVE, GIVES},
	[CONTROL_INFO] = {control_info, sizeof(struct control_info), OBSERVE, WANTS_VM | GIVES},
	[CONTROL_VCPUS] = {control_vcpus, sizeof(struct control_vcpu), OBSERVE, WANTS_VM | GIVES},
	[CONTROL_COUNTERS] = {control_counters, sizeof(struct control_counters), OBSERVE,
		WANTS_VM | GIVES},
	[CONTROL_GUEST] = {control_guest, sizeof(struct control_guest), OBSERVE, WANTS_VM | GIVES},
	[CONTROL_START] = {control_start, 0, POWER, WANTS_VM},
	[CONTROL_STOP] = {control_stop, 0, POWER, WANTS_VM},
	[CONTROL_RESET] = {control_reset, 0, POWER, WANTS_VM},
	[CONTROL_PAUSE] = {control_pause, 0, POWER, WANTS_VM},
	[CONTROL_RESUME] = {control_resume, 0, POWER, WANTS_VM},
	[CONTROL_SET] = {control_set, 0, CONFIG, WANTS_VM},
	[CONTROL_EVENTS] = {control_events, sizeof(struct control_event), OBSERVE, GIVES},
	[CONTROL_LOG] = {control_log_line, sizeof(struct control_log), OBSERVE, GIVES},
	[CONTROL_TRACE] = {control_trace_read, sizeof(struct control_trace), OBSERVE, GIVES},
	[CONTROL_TRACE_SET] = {control_trace_set, 0, CONFIG, 0},
	[CONTROL_CONSOLE_READ] = {control_console_read, 1, OBSERVE, WANTS_VM | GIVES},
	[CONTROL_CONSOLE_WRITE] = {control_console_write, 1, CONFIG, WANTS_VM | TAKES},
	[CONTROL_INFO_KEY] = {control_info_key, BACKDOOR_KEY_SIZE, OBSERVE, WANTS_VM | GIVES},
	[CONTROL_INFO_GET] = {control_info_get, 1, OBSERVE, WANTS_VM | TAKES | GIVES},
	[CONTROL_INFO_SET] = {control_info_set, 1, CONFIG, WANTS_VM | TAKES},
	[CONTROL_MEMORY_READ] = {control_memory_read, 1, MEMORY, WANTS_VM | GIVES},
	[CONTROL_MEMORY_WRITE] = {control_memory_write, 1, MEMORY, WANTS_VM | TAKES},
	[CONTROL_REGISTERS_READ] = {control_registers_read, sizeof(struct control_registers),
		MEMORY, WANTS_VM | GIVES},
	[CONTROL_REGISTERS_WRITE] = {control_registers_write, sizeof(struct control_registers),
		MEMORY, WANTS_VM | TAKES},
	[CONTROL_LOOK] = {control_look_start, sizeof(struct control_look), MEMORY,
		WANTS_VM | TAKES},
	[CONTROL_LOOK_READ] = {control_look_read, 1, MEMORY, GIVES},
	[CONTROL_LOOK_STOP] = {control_look_stop, 0, MEMORY, 0},
	[CONTROL_NVRAM_READ] = {control_nvram_read, 1, OBSERVE, WANTS_VM | GIVES},
	[CONTROL_NVRAM_WRITE] = {control_nvram_write, 1, CONFIG, WANTS_VM | TAKES},
	[CONTROL_CREATE] = {control_create, sizeof(struct vm_config), CONFIG, TAKES},
	[CONTROL_CREATE_STEP] = {control_create_step, 0, CONFIG, 0},
	[CONTROL_CREATE_PUT] = {control_create_put, 1, CONFIG, TAKES},
	[CONTROL_CREATE_WHY] = {control_create_why, CONTROL_LOG_TEXT, CONFIG, GIVES},
	[CONTROL_DESTROY] = {control_destroy, 0, POWER | CONFIG, 0},
	[CONTROL_DEBUG_ATTACH] = {control_debug_attach, 0, MEMORY | POWER, WANTS_VM},
	[CONTROL_DEBUG_DETACH] = {control_debug_detach, 0, MEMORY | POWER, WANTS_VM},
	[CONTROL_DEBUG_SET] = {control_debug_set, sizeof(struct control_debug_registers),
		MEMORY | POWER, WANTS_VM | TAKES},
	[CONTROL_DEBUG_PATCH] = {control_debug_patch, 0, MEMORY | POWER, WANTS_VM},
	[CONTROL_DEBUG_RESUME] = {control_debug_resume, 0, MEMORY | POWER, WANTS_VM},
	[CONTROL_DEBUG_LOOK] = {control_debug_look, sizeof(struct control_debug_stop),
		MEMORY | POWER, WANTS_VM | GIVES},
};

struct lock control_lock = LOCK_INIT(LOCK_RANK_CALL);
uint32_t control_longest;
uint32_t control_longest_id;

/* What goes between the caller's buffer and a handler; under the lock, as all calls are. */
static union {
	uint8_t bytes[CONTROL_MOVE_MAX];
	uint64_t align;
} stage;

enum control_status control_of(enum plinth_status status)
{
	static const uint8_t table[] = {
		[PLINTH_OK] = CONTROL_OK,
		[PLINTH_EINVAL] = CONTROL_INVALID,
		[PLINTH_ENOMEM] = CONTROL_NO_MEMORY,
		[PLINTH_EBUSY] = CONTROL_BUSY,
		[PLINTH_EPERM] = CONTROL_BAD_STATE,
		[PLINTH_ENOENT] = CONTROL_NOT_FOUND,
		[PLINTH_EEXIST] = CONTROL_INVALID,
		[PLINTH_ERANGE] = CONTROL_NOT_FOUND,
		[PLINTH_EFAULT] = CONTROL_BAD_ADDRESS,
		[PLINTH_ENOTSUP] = CONTROL_NOT_SUPPORTED,
		[PLINTH_ETIMEDOUT] = CONTROL_BUSY,
		[PLINTH_EAGAIN] = CONTROL_BUSY,
	};

	return (enum control_status)table[status];
}

static void tell(void)
{
	struct vm *vm;

	for (uint32_t id = 0; (vm = vm_next(&id)) != NULL;) {
		if ((vm->config.flags & VM_FLAG_CONTROL) != 0U) {
			vgpio_set_events(&vm->gpio, true);
		}
	}
}

void control_init(void)
{
	event_listen(tell);
}

struct vm *control_find(const struct call *call)
{
	return call->id < VM_MAX ? vm_get((vm_id_t)index_nospec(call->id, VM_MAX)) : NULL;
}

/* The row of the call, and its VM; or why it is not served, with *detail for X1. */
static enum control_status admit(
	struct call *call, const uint64_t *x, const struct call_row **found, uint64_t *detail)
{
	uint32_t number = (uint32_t)x[1] >> CALL_SHIFT;

	if (((uint32_t)x[1] & HALF_MASK) != CONTROL_VERSION) {
		*detail = CONTROL_VERSION;
		return CONTROL_BAD_VERSION;
	}
	if (!vm_is_token(call->self, x[5], x[6])) {
		return CONTROL_DENIED;
	}
	if (number >= CONTROL_CALL_COUNT) {
		return CONTROL_BAD_CALL;
	}
	const struct call_row *row = &rows[index_nospec(number, CONTROL_CALL_COUNT)];

	uint32_t missing = row->right & ~call->self->config.rights;

	if (missing != 0U) {
		*detail = BIT(bit_lowest(missing));
		return CONTROL_NO_RIGHT;
	}
	call->id = (uint32_t)(x[0] >> HIGH_SHIFT);
	if ((row->flags & WANTS_VM) != 0U) {
		call->vm = control_find(call);
		if (call->vm == NULL) {
			return CONTROL_NO_SUCH_VM;
		}
	}
	if (call->size < row->least) {
		return CONTROL_INVALID;
	}
	*found = row;
	return CONTROL_OK;
}

static uint32_t part_of(uint64_t va, uint32_t left)
{
	return (uint32_t)min_u64(left, PAGE_SIZE - (va & (PAGE_SIZE - 1U)));
}

/* All pages of the buffer. EFAULT: the guest gets a fault. */
static enum plinth_status translate(const struct call *call, const struct caller *caller,
	uint64_t va, bool is_write, ipa_t *pages)
{
	uint32_t done = 0;

	for (unsigned i = 0; done < call->size; i++) {
		enum plinth_status status =
			caller->memory->translate(caller->ctx, va + done, is_write, &pages[i]);

		if (status != PLINTH_OK) {
			return status;
		}
		done += part_of(va + done, call->size - done);
	}
	return PLINTH_OK;
}

static enum plinth_status copy(
	const struct caller *caller, uint64_t va, const ipa_t *pages, uint32_t size, bool to_guest)
{
	enum plinth_status status = PLINTH_OK;
	uint32_t done = 0;

	for (unsigned i = 0; done < size && status == PLINTH_OK; i++) {
		uint32_t part = part_of(va + done, size - done);
		uint8_t *at = &stage.bytes[done];

		status = to_guest ? caller_copy_ipa(caller, pages[i], NULL, at, part)
				  : caller_copy_ipa(caller, pages[i], at, NULL, part);
		done += part;
	}
	return status;
}

/* False: the guest gets the fault of its buffer instead. */
static bool serve(struct call *call, const struct call_row *row, uint64_t va,
	const struct caller *caller, enum control_status *status)
{
	ipa_t pages[BUFFER_PAGES] = {0};

	if ((row->flags & (TAKES | GIVES)) == 0U) {
		*status = row->serve(call);
		return true;
	}
	if (translate(call, caller, va, (row->flags & GIVES) != 0U, pages) != PLINTH_OK) {
		return false;
	}
	if ((row->flags & TAKES) != 0U) {
		*status = control_of(copy(caller, va, pages, call->size, false));
		if (*status != CONTROL_OK) {
			return true;
		}
	}
	*status = row->serve(call);
	if (*status == CONTROL_OK && (row->flags & GIVES) != 0U) {
		*status = control_of(copy(caller, va, pages, call->done, true));
	}
	return true;
}

static void note_longest(uint32_t since, uint32_t number)
{
	uint32_t took = el2count_now() - since;

	if (took > control_longest) {
		control_longest = took;
		control_longest_id = number;
	}
}

enum backdoor_result control_call(
	struct vm *vm, uint64_t x[BACKDOOR_REGS], const struct caller *caller)
{
	struct call call = {
		.self = vm,
		.arg = x[2],
		.arg2 = (uint32_t)(x[3] >> HIGH_SHIFT),
		.data = stage.bytes,
		.size = (uint32_t)min_u64(x[1] >> HIGH_SHIFT, CONTROL_MOVE_MAX),
	};
	const struct call_row *row = NULL;
	uint64_t detail = 0;
	uint32_t since = el2count_now();
	enum control_status status = admit(&call, x, &row, &detail);

	if (row != NULL) {
		lock_take(&control_lock);
		bool is_served = serve(&call, row, x[4], caller, &status);

		note_longest(since, (uint32_t)x[1] >> CALL_SHIFT);
		lock_drop(&control_lock);
		if (!is_served) {
			return BACKDOOR_FAULT;
		}
		detail = status == CONTROL_OK ? call.done : 0U;
	}
	x[0] = status;
	x[1] = detail;
	x[2] = call.result[0];
	x[3] = call.result[1];
	return BACKDOOR_DONE;
}
