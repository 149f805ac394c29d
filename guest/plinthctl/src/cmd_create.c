/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plinthctl vm create, vm destroy. The description is loader/'s, as at boot; what it says lies in
 * our memory is sent page after page, and EL2 checks all of it anew.
 */
#include <stdlib.h>
#include <string.h>

#include "abi/vm_config.h"
#include "base/bits.h"
#include "commands.h"
#include "folder.h"
#include "loader/loader.h"
#include "signals.h"

#define ALIGN_MAX (UINT64_C(1) << 21) /* of what may be shown to the guest where it lies */
#define LARGE	  (2U * ALIGN_MAX)
#define IPA_BITS  40U /* no machine's guests have more; with fewer, EL2 refuses */
#define PAGE	  4096U
#define WAIT_MS	  200

/* How long a VM may take to leave. */
#define PATIENCE_MS 120000U

/* The VM that is being made, and its ticket: to be dropped where that fails. */
static uint32_t half_built = CONTROL_NO_VM;
static uint32_t ticket;

/* At the end of the program, however that comes. By its ticket: where somebody has dropped it, its
 * handle is another VM's by now. */
static void drop(void)
{
	struct plinth_control call = {.call = CONTROL_DESTROY, .vm = half_built, .arg2 = ticket};

	if (half_built != CONTROL_NO_VM) {
		(void)ctl_try(&call);
	}
}

static enum plinth_status alloc(void *ctx, uint64_t size, uint64_t align, pa_t *pa, void **va)
{
	(void)ctx;
	*va = aligned_alloc(align, size);
	*pa = pa_init((uintptr_t)*va);
	return *va != NULL ? PLINTH_OK : PLINTH_ENOMEM;
}

static void give_back(void *ctx, uint64_t size, pa_t pa, void *va)
{
	(void)ctx;
	(void)size;
	(void)pa;
	free(va);
}

/* "Physical" are our own addresses, until send() has a place for what is there. */
static pa_t address_of(void *ctx, const void *ptr)
{
	(void)ctx;
	return pa_init((uintptr_t)ptr);
}

static void report(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "plinthctl: %s\n", text);
}

static struct loader_host describe_host(void)
{
	struct control_host host = ctl_host();
	struct plinth_control hello = {.call = CONTROL_HELLO};

	ctl_call(&hello, "vm create");
	bool is_v2 = (ctl_info((uint32_t)hello.result[0]).flags & VM_FLAG_GICV2) != 0U;

	return (struct loader_host){
		.gic_version = is_v2 ? 2U : 3U,
		.cpu_count = host.cpus,
		.ipa_bits = IPA_BITS,
		.has_entropy = true, /* there was some for our token */
		.free_memory = host.memory_free - host.memory_promised,
	};
}

static void describe(const struct folder *folder, struct vm_config *config)
{
	static const struct loader_ops ops = {alloc, give_back, address_of, NULL, report};
	struct loader loader = {.ops = &ops, .host = describe_host()};
	size_t count;

	loader.scratch = aligned_alloc(LOADER_SCRATCH_ALIGN, LOADER_SCRATCH_SIZE);
	if (loader.scratch == NULL) {
		ctl_die(EXIT_FAILED, "out of memory");
	}
	if (loader_load(&loader, folder->bytes, folder->size, config, 1, &count) != PLINTH_OK) {
		exit(EXIT_FAILED); /* report() has said why */
	}
	free(loader.scratch);
}

/* Places the images one behind the other, each where its pages can be shown as they are. */
static uint64_t place(struct vm_config *config, const char **bytes)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < config->image_count; i++) {
		struct vm_image *image = &config->images[i];
		uint64_t align = image->size >= LARGE && image->flags == 0U ? ALIGN_MAX : PAGE;

		if (image->kind != VM_IMAGE_COPY) {
			continue;
		}
		bytes[i] = (const char *)(uintptr_t)image->source;
		image->source =
			align_up(end, PAGE) + ((image->ipa - align_up(end, PAGE)) & (align - 1U));
		end = image->source + image->size;
	}
	return end;
}

static void fill_page(
	const struct vm_config *config, const char *const *bytes, uint64_t at, char page[PAGE])
{
	memset(page, 0, PAGE);
	for (uint32_t i = 0; i < config->image_count; i++) {
		const struct vm_image *image = &config->images[i];
		uint64_t start = max_u64(at, image->source);
		uint64_t end = min_u64(at + PAGE, image->source + image->size);

		if (bytes[i] != NULL && start < end) {
			memcpy(page + (start - at), bytes[i] + (start - image->source),
				end - start);
		}
	}
}

/* A call of those that make the VM; ends the program with Plinth's own reason. */
static void call_or_why(struct plinth_control *call)
{
	char why[CONTROL_LOG_TEXT];
	struct plinth_control ask = {
		.call = CONTROL_CREATE_WHY, .buffer = why, .size = sizeof(why)};
	if (signals_caught() != 0) {
		ctl_die(EXIT_FAILED, "vm create: interrupted");
	}
	uint32_t status = ctl_try(call);

	if (status == CONTROL_OK) {
		return;
	}
	if (status == CONTROL_NO_SUCH_VM) {
		ctl_die(EXIT_FAILED, "vm create: it stood still for ten seconds and more, and was "
				     "dropped for another one; try again");
	}
	if (status == CONTROL_NO_RIGHT || status == CONTROL_BAD_CALL ||
		ctl_try(&ask) != CONTROL_OK || why[0] == '\0') {
		ctl_refused(call, status, "vm create");
	}
	ctl_die(EXIT_FAILED, "vm create: %s", why);
}

/* Until it is built; the bytes that are still to come. */
static uint64_t step(void)
{
	struct plinth_control call = {
		.call = CONTROL_CREATE_STEP, .vm = half_built, .arg2 = ticket};

	do {
		call_or_why(&call);
	} while (call.result[1] != 0U);
	return call.result[0];
}

static uint32_t send(struct vm_config *config)
{
	static char page[PAGE];
	const char *bytes[VM_IMAGE_MAX] = {NULL};
	struct vm_config sent = *config;
	uint64_t size = place(&sent, bytes);
	struct plinth_control create = {.call = CONTROL_CREATE, .arg = size};
	struct plinth_control put = {.call = CONTROL_CREATE_PUT, .buffer = page};

	sent.guestinfo = 0;
	sent.guestinfo_count = 0;
	create.buffer = &sent;
	create.size = sizeof(sent);
	signals_catch();
	(void)atexit(drop);
	call_or_why(&create);
	put.vm = half_built = (uint32_t)create.result[0];
	put.arg2 = ticket = (uint32_t)create.result[1];
	(void)step();
	for (put.arg = 0; put.arg < size; put.arg += PAGE) {
		fill_page(&sent, bytes, put.arg, page);
		put.size = (uint32_t)min_u64(PAGE, size - put.arg);
		call_or_why(&put);
	}
	(void)step();
	half_built = CONTROL_NO_VM;
	signals_release();
	return put.vm;
}

static const struct vm_guestinfo *guestinfo_of(const struct vm_config *config, uint32_t index)
{
	return (const struct vm_guestinfo *)(uintptr_t)config->guestinfo + index;
}

static void check_guestinfo(const struct vm_config *config)
{
	for (uint32_t i = 0; i < config->guestinfo_count; i++) {
		const struct vm_guestinfo *info = guestinfo_of(config, i);

		if (info->key_size + 1U + info->value_size > CONTROL_MOVE_MAX) {
			ctl_die(EXIT_FAILED,
				"vm create: guestinfo %.*s: with its value more than %u bytes, "
				"which "
				"only a VM of the bundle can have",
				(int)info->key_size, (const char *)(uintptr_t)info->key,
				CONTROL_MOVE_MAX);
		}
	}
}

static void set_guestinfo(const struct vm_config *config, uint32_t vm)
{
	for (uint32_t i = 0; i < config->guestinfo_count; i++) {
		const struct vm_guestinfo *info = guestinfo_of(config, i);
		char text[CONTROL_MOVE_MAX];
		struct plinth_control call = {.call = CONTROL_INFO_SET,
			.vm = vm,
			.buffer = text,
			.size = info->key_size + 1U + info->value_size};

		memcpy(text, (const char *)(uintptr_t)info->key, info->key_size);
		text[info->key_size] = '\0';
		memcpy(text + info->key_size + 1U, (const char *)(uintptr_t)info->value,
			info->value_size);
		ctl_call(&call, "vm create: guestinfo");
	}
}

static void tell(const char *name, uint32_t vm, const char *what)
{
	if (ctl_json) {
		json_open(NULL, '{');
		json_string("name", name);
		json_number("id", vm);
		json_string("verb", what);
		json_close('}');
		json_end();
	}
}

int vm_create(int count, char **words)
{
	static struct vm_config config;
	const char *name = NULL;
	bool is_started = false;

	for (int i = 3; i < count; i++) {
		const char *value = ctl_value(count, words, &i, "--name");

		if (value != NULL) {
			name = value;
		} else if (ctl_flag(words[i], "--start")) {
			is_started = true;
		} else {
			ctl_usage("vm");
		}
	}
	struct folder folder = folder_read(words[2], name);

	describe(&folder, &config);
	check_guestinfo(&config);
	uint32_t vm = send(&config);

	set_guestinfo(&config, vm);
	if (is_started) {
		struct plinth_control start = {.call = CONTROL_START, .vm = vm};

		ctl_call(&start, "vm start");
	}
	free(folder.bytes);
	tell(folder.name, vm, "create");
	return EXIT_OK;
}

/* Whether the events from *number on say that it is gone; where some are lost, the list has to. */
static bool is_gone(const struct control_vm *vm, uint64_t *number)
{
	struct control_event events[CONTROL_MOVE_MAX / sizeof(struct control_event)];
	struct plinth_control call = {
		.call = CONTROL_EVENTS, .arg = *number, .buffer = events, .size = sizeof(events)};

	ctl_call(&call, "vm destroy");
	*number = call.result[0];
	for (size_t i = 0; i < call.done / sizeof(events[0]); i++) {
		if (events[i].kind == CONTROL_EVENT_STATE && events[i].vm == vm->vm &&
			events[i].value == CONTROL_STATE_GONE) {
			return true;
		}
	}
	return call.result[1] != 0U && !ctl_is_there(vm);
}

int vm_destroy(int count, char **words)
{
	uint64_t number = UINT64_MAX;
	int line = ctl_wait_open();

	if (count != 3) {
		ctl_usage("vm");
	}
	struct control_vm vm = ctl_find(words[2]);
	struct plinth_control call = {.call = CONTROL_DESTROY, .vm = vm.vm};

	(void)is_gone(&vm, &number);
	ctl_call(&call, "vm destroy");
	uint64_t since = ctl_now();

	while (!is_gone(&vm, &number)) {
		if (ctl_now() - since > PATIENCE_MS) {
			ctl_die(EXIT_FAILED,
				"vm destroy: %s is still leaving; `plinthctl vm list` shows it "
				"until it has left, `plinthctl host` what memory is back",
				words[2]);
		}
		(void)ctl_wait(line, -1, WAIT_MS);
	}
	tell(words[2], vm.vm, "destroy");
	return EXIT_OK;
}
