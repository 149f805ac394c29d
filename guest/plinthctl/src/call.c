/* SPDX-License-Identifier: Apache-2.0 */
/* The way to Plinth: the token, and what its answers mean. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/vm_config.h"
#include "base/compiler.h"
#include "ctl.h"

static uint8_t token[CONTROL_TOKEN_SIZE];
static bool has_token;

static void take_token(void)
{
	FILE *file = fopen(CONTROL_TOKEN_FILE, "rb");

	if (file == NULL && errno == EACCES) {
		ctl_die(EXIT_ACCESS, "only root may control Plinth; try: sudo plinthctl");
	}
	if (file == NULL || fread(token, 1, sizeof(token), file) != sizeof(token)) {
		ctl_die(EXIT_ACCESS,
			"this VM has no control rights (no %s); write `control;` in its vm.dts",
			CONTROL_TOKEN_FILE);
	}
	fclose(file);
	has_token = true;
}

uint32_t ctl_try(struct plinth_control *control)
{
	uint8_t *bytes = control->buffer;

	if (!has_token) {
		take_token();
	}
	control->token = token;
	/* Pages that are there and our own: Plinth would have the kernel fetch them, one by one. */
	for (size_t i = 0; i < control->size && i < CONTROL_MOVE_MAX; i += 1024U) {
		__asm__ volatile("" : "+m"(bytes[i]));
	}
	return plinth_control(control);
}

static const char *right_name(uint64_t right)
{
	switch (right) {
	case VM_RIGHT_OBSERVE:
		return "observe";
	case VM_RIGHT_POWER:
		return "power";
	case VM_RIGHT_CONFIG:
		return "config";
	default:
		return "memory";
	}
}

void ctl_refused(const struct plinth_control *control, uint32_t status, const char *what)
{
	static const char *const reasons[] = {
		[CONTROL_DENIED] = "no entropy for a token? see Plinth's monitor (Ctrl-T m), `log`",
		[CONTROL_BAD_CALL] = "this Plinth is older than plinthctl and has no such call",
		[CONTROL_NO_SUCH_VM] = "no such VM any more; `plinthctl vm list` shows them",
		[CONTROL_INVALID] = "a value is out of range",
		[CONTROL_BAD_STATE] = "not possible in its state; `plinthctl vm list` shows it",
		[CONTROL_NOT_FOUND] = "there is none",
		[CONTROL_NO_MEMORY] = "no memory left for it; `plinthctl host` shows what is used",
		[CONTROL_BUSY] = "busy with something else; try again",
		[CONTROL_BAD_ADDRESS] = "no memory of that VM is there",
		[CONTROL_NOT_SUPPORTED] = "this Plinth does not offer it",
	};

	if (status == PLINTH_NO_CONTROL) {
		ctl_die(EXIT_ACCESS, "%s: Plinth does not answer", what);
	}
	if (status == CONTROL_BAD_VERSION) {
		ctl_die(EXIT_ACCESS, "%s: Plinth speaks version %u, plinthctl %u", what,
			(unsigned)control->done, CONTROL_VERSION);
	}
	if (status == CONTROL_NO_RIGHT) {
		ctl_die(EXIT_ACCESS,
			"%s: this VM lacks the right `%s` (control = ... in its vm.dts)", what,
			right_name(control->done));
	}
	if (status < ARRAY_SIZE(reasons) && reasons[status] != NULL) {
		ctl_die(EXIT_FAILED, "%s: %s", what, reasons[status]);
	}
	ctl_die(EXIT_FAILED, "%s: status %u", what, status);
}

void ctl_call(struct plinth_control *control, const char *what)
{
	uint32_t status = ctl_try(control);

	if (status != CONTROL_OK) {
		ctl_refused(control, status, what);
	}
}

void *ctl_alloc(void *old, size_t size)
{
	void *memory = realloc(old, size == 0U ? 1U : size);

	if (memory == NULL) {
		ctl_die(EXIT_FAILED, "out of memory");
	}
	return memory;
}

struct control_vm *ctl_list(size_t *count)
{
	struct control_vm batch[CONTROL_MOVE_MAX / sizeof(struct control_vm)];
	struct plinth_control call = {.call = CONTROL_LIST, .buffer = batch, .size = sizeof(batch)};
	struct control_vm *list = NULL;

	for (*count = 0;;) {
		ctl_call(&call, "vm list");
		size_t got = (size_t)call.done / sizeof(batch[0]);

		list = ctl_alloc(list, (*count + got) * sizeof(*list));
		memcpy(list + *count, batch, got * sizeof(*list));
		*count += got;
		if (got == 0U) {
			return list;
		}
		call.arg = call.result[0];
	}
}

/* Of two with one name: a half-built one has not got it yet, one that leaves has given it up. */
static unsigned rank(const struct control_vm *vm)
{
	switch (vm->state) {
	case CONTROL_STATE_MAKING:
		return 1;
	case CONTROL_STATE_LEAVING:
		return 2;
	default:
		return 3;
	}
}

struct control_vm ctl_find(const char *name)
{
	size_t count;
	struct control_vm *list = ctl_list(&count);
	struct control_vm found = {.vm = CONTROL_NO_VM};
	unsigned best = 0;

	for (size_t i = 0; i < count; i++) {
		if (strncmp(list[i].name, name, sizeof(list[i].name)) == 0 &&
			rank(&list[i]) > best) {
			best = rank(&list[i]);
			found = list[i];
		}
	}
	free(list);
	if (found.vm == CONTROL_NO_VM) {
		ctl_die(EXIT_FAILED, "no VM is called %s; `plinthctl vm list` shows them", name);
	}
	return found;
}

bool ctl_is_there(const struct control_vm *vm)
{
	size_t count;
	struct control_vm *list = ctl_list(&count);
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		found = found || (list[i].vm == vm->vm && strcmp(list[i].name, vm->name) == 0);
	}
	free(list);
	return found;
}

const char *ctl_name(uint32_t vm)
{
	static struct control_info info;
	struct plinth_control call = {
		.call = CONTROL_INFO, .vm = vm, .buffer = &info, .size = sizeof(info)};

	return vm != CONTROL_NO_VM && ctl_try(&call) == CONTROL_OK ? info.vm.name : "-";
}

struct control_host ctl_host(void)
{
	struct control_host host;
	struct plinth_control call = {.call = CONTROL_HOST, .buffer = &host, .size = sizeof(host)};

	ctl_call(&call, "host");
	return host;
}

struct control_info ctl_info(uint32_t vm)
{
	struct control_info info;
	struct plinth_control call = {
		.call = CONTROL_INFO, .vm = vm, .buffer = &info, .size = sizeof(info)};

	ctl_call(&call, "vm info");
	return info;
}

struct control_vcpu *ctl_vcpus(uint32_t vm, size_t *count)
{
	struct control_vcpu batch[CONTROL_MOVE_MAX / sizeof(struct control_vcpu)];
	struct plinth_control call = {
		.call = CONTROL_VCPUS, .vm = vm, .buffer = batch, .size = sizeof(batch)};
	struct control_vcpu *list = NULL;

	for (*count = 0;;) {
		uint32_t status = ctl_try(&call);

		if (status == CONTROL_NO_SUCH_VM) {
			free(list);
			*count = 0;
			return NULL;
		}
		if (status != CONTROL_OK) {
			ctl_refused(&call, status, "vm info");
		}
		size_t got = (size_t)call.done / sizeof(batch[0]);

		list = ctl_alloc(list, (*count + got) * sizeof(*list));
		memcpy(list + *count, batch, got * sizeof(*list));
		*count += got;
		if (got == 0U) {
			return list;
		}
		call.arg = call.result[0];
	}
}

const char *ctl_state_name(uint64_t state)
{
	static const char *const names[] = {"off", "running", "paused", "stopping", "crashed",
		"starting", "making", "leaving", "gone", "starved"};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}
