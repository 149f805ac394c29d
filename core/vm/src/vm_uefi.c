/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's UEFI runtime services, and what keeps its non-volatile variables over Plinth's end: the
 * host's own UEFI variables, where there are some, NAME#SLOT-PIECE for each piece of an image
 * (lib/nvstore). Changes are gathered for a second; then one VM after the other is written, in
 * turn, a piece at a time with pauses in between, by one timer.
 */
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/fmt.h"
#include "event/event.h"
#include "hostuefi/hostuefi.h"
#include "nvstore/nvstore_slots.h"
#include "percpu/percpu.h"

#include "vm_private.h"

/* Between two pieces: this many times as long as the host's firmware took for one. */
#define PAUSE	 8U
#define GATHER_S 1U
/* Between two images of a VM, so that none wears the host's flash out; and after a failure. */
#define REST_S	5U
#define RETRY_S 30U

/* No VM's own lock of that rank is taken inside. */
static struct lock lock = LOCK_INIT(LOCK_RANK_CONTROL);

/* Under the lock, but for what is said. */
static struct {
	struct timer timer;
	uint32_t is_armed; /* atomic: the timer will run */
	struct vm *vm;	   /* whose image is being written; NULL: nobody's */
	uint32_t last;	   /* id of the VM whose turn it was */
	struct nvstore_image image;
	uint32_t index; /* of its next piece */
	union nvstore_buffer buffer;
	uint64_t bytes[UEFIRT_KEPT_MAX / sizeof(uint64_t)];
} keeper;

static void name_piece(char *name, const struct vm *vm, unsigned slot, uint32_t index)
{
	(void)fmt_buf(name, HOSTUEFI_NAME_SIZE, "%s#%u-%u", vm->config.name, slot, index);
}

static enum plinth_status read_piece(
	void *ctx, unsigned slot, uint32_t index, void *buf, uint32_t max, uint32_t *size)
{
	char name[HOSTUEFI_NAME_SIZE];

	name_piece(name, ctx, slot, index);
	return hostuefi_get(name, buf, max, size);
}

static enum plinth_status write_piece(
	void *ctx, unsigned slot, uint32_t index, const void *buf, uint32_t size)
{
	char name[HOSTUEFI_NAME_SIZE];

	name_piece(name, ctx, slot, index);
	return hostuefi_set(name, buf, size);
}

static bool take_image(void *ctx, const struct nvstore_image *image)
{
	struct vm *vm = ctx;

	return uefirt_import(&vm->uefirt, image->bytes, image->size, image->meta) == PLINTH_OK;
}

static struct nvstore_slots slots_of(struct vm *vm)
{
	static const struct nvstore_medium medium = {read_piece, write_piece, take_image};

	return (struct nvstore_slots){.medium = &medium, .ctx = vm, .buffer = &keeper.buffer};
}

static void arm_in(uint64_t ticks)
{
	timer_arm(&keeper.timer, cpu_this(), read_cntpct_el0() + ticks);
}

static uint64_t seconds(unsigned s)
{
	return s * vm_host()->ticks_per_second;
}

/* Begins with the VM's image. False: it has no changes. */
static bool begin(struct vm *vm)
{
	if (exchange_acq_rel(&vm->nvram.is_dirty, 0U) == 0U ||
		uefirt_export(&vm->uefirt, keeper.bytes, &keeper.image.size, &keeper.image.meta) !=
			PLINTH_OK) {
		return false;
	}
	vm_hold(vm);
	keeper.vm = vm;
	keeper.index = 0;
	keeper.image.bytes = (uint8_t *)keeper.bytes;
	keeper.image.slot = vm->nvram.slot ^ 1U;
	keeper.image.generation = ++vm->nvram.generation;
	return true;
}

/* Begins with the next VM, in turn, whose changes are due. False: there is none; *is_waiting: but
 * one will be. Where the host's firmware has failed for good, each VM's log says so once. */
static bool choose(bool *is_waiting)
{
	uint64_t now = read_cntpct_el0();

	for (uint32_t i = 1; i <= VM_MAX; i++) {
		uint32_t id = (keeper.last + i) % VM_MAX;
		struct vm *vm = vm_get((vm_id_t)id);

		if (vm == NULL || load_acquire(&vm->nvram.is_dirty) == 0U) {
			continue;
		}
		if (now < vm->nvram.due) {
			*is_waiting = true;
		} else if (begin(vm)) {
			keeper.last = id;
			return true;
		}
	}
	return false;
}

static void failed(struct vm *vm, enum plinth_status status)
{
	log_limited(&vm->log_limit, LOG_WARNING, "vm %s: its variables are not kept: %s",
		vm->config.name,
		status == PLINTH_ENOMEM	   ? "the host's firmware has no room"
		: status == PLINTH_ENOTSUP ? "the host's firmware has failed for good"
					   : "the host's firmware refuses");
	store_release(&vm->nvram.is_dirty, status != PLINTH_ENOTSUP ? 1U : 0U);
}

/* One piece of the image that has begun; keeper.vm is NULL behind the last. */
static void write_one(void)
{
	struct vm *vm = keeper.vm;
	struct nvstore_slots slots = slots_of(vm);
	enum plinth_status status = nvstore_save_step(&slots, &keeper.image, &keeper.index);

	if (status == PLINTH_EAGAIN) {
		return;
	}
	keeper.vm = NULL;
	vm->nvram.due = read_cntpct_el0() + seconds(status == PLINTH_OK ? REST_S : RETRY_S);
	vm->nvram.has_failed = status != PLINTH_OK;
	if (status == PLINTH_OK) {
		vm->nvram.slot = keeper.image.slot;
	} else {
		failed(vm, status);
	}
	vm_release(vm);
}

static void expired(struct timer *timer, void *ctx, uint64_t now)
{
	uint64_t start = read_cntpct_el0();
	bool is_waiting = false;
	bool has_written;

	(void)timer;
	(void)ctx;
	(void)now;
	/* Before looking for changes: who makes one that is not found arms it anew. */
	store_release(&keeper.is_armed, 0U);
	lock_take(&lock);
	has_written = keeper.vm != NULL || choose(&is_waiting);
	if (has_written) {
		write_one();
	}
	lock_drop(&lock);
	if ((has_written || is_waiting) && exchange_acq_rel(&keeper.is_armed, 1U) == 0U) {
		arm_in(has_written ? PAUSE * (read_cntpct_el0() - start) : seconds(GATHER_S));
	}
}

static void changed(void *ctx)
{
	struct vm *vm = ctx;

	if (exchange_acq_rel(&vm->nvram.is_watched, 0U) != 0U) {
		event_post(EVENT_NVRAM, vm->id, 0);
	}
	if (!vm->nvram.is_persistent || !hostuefi_is_there()) {
		return;
	}
	store_release(&vm->nvram.is_dirty, 1U);
	if (exchange_acq_rel(&keeper.is_armed, 1U) == 0U) {
		arm_in(seconds(GATHER_S));
	}
}

enum plinth_status vm_take_variables(
	struct vm *vm, const void *image, const struct nvstore_check *check, uint64_t meta)
{
	if (load_acquire(&vm->leaves) != 0U) {
		return PLINTH_EPERM; /* it goes with what it has */
	}
	enum plinth_status status = uefirt_take(&vm->uefirt, image, check, meta);

	if (status == PLINTH_OK) {
		changed(vm);
	}
	return status;
}

void vm_keep_variables(void)
{
	struct vm *vm = NULL;
	uint32_t id = 0;

	/* What has begun, then each VM once: one that changes on and on holds nobody up. */
	lock_take(&lock);
	while (keeper.vm != NULL || (vm = vm_next(&id)) != NULL) {
		if (keeper.vm != NULL || begin(vm)) {
			write_one();
		}
	}
	lock_drop(&lock);
}

bool vm_uefi_leave(struct vm *vm)
{
	/* While the host's firmware writes, this CPU has better things to do. */
	if (!lock_try(&lock)) {
		return false;
	}
	bool is_done = keeper.vm != vm &&
		       (load_acquire(&vm->nvram.is_dirty) == 0U || vm->nvram.has_failed);

	lock_drop(&lock);
	return is_done;
}

/* What the host has of the VM's variables. */
static void load(struct vm *vm)
{
	struct nvstore_slots slots = slots_of(vm);
	struct nvstore_image image = {.bytes = (uint8_t *)keeper.bytes};
	enum plinth_status status =
		nvstore_load(&slots, &image, UEFIRT_KEPT_MAX, &vm->nvram.generation);

	if (status == PLINTH_OK) {
		vm->nvram.slot = image.slot;
	} else if (status != PLINTH_ENOENT) {
		log_warning("vm %s: the host's firmware has no whole image of its variables",
			vm->config.name);
	}
}

/* Until the host's firmware fails for good (hostuefi.h). */
static bool keeps(void *ctx)
{
	const struct vm *vm = ctx;

	return (vm->config.flags & VM_FLAG_NVRAM_VOLATILE) != 0U || hostuefi_is_there();
}

static const struct uefirt_ops ops = {.keeps = keeps, .changed = changed};

enum plinth_status vm_uefi_init(struct vm *vm)
{
	const struct uefirt_config config = {
		.rtc = &vm->rtc,
		.ops = &ops,
		.ctx = vm,
	};

	return (vm->config.flags & VM_FLAG_UEFI) != 0U ? uefirt_init(&vm->uefirt, &config)
						       : PLINTH_OK;
}

void vm_uefi_setup(void)
{
	timer_init(&keeper.timer, expired, NULL);
}

void vm_uefi_load(struct vm *vm)
{
	vm->nvram.is_persistent = uefirt_is_on(&vm->uefirt) && hostuefi_is_there() &&
				  (vm->config.flags & VM_FLAG_NVRAM_VOLATILE) == 0U;
	if (vm->nvram.is_persistent) {
		load(vm);
	}
}
