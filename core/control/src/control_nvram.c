/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM's UEFI variables, there and back: what takes several calls is one transfer, of a copy, so
 * that the guest's changes meanwhile do not tear it. There is one transfer at a time; a new one
 * ends that before it, whose caller is told BUSY and begins anew.
 */
#include "base/atomic.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "control_private.h"
#include "nvstore/nvstore.h"

#define HEAD_SIZE sizeof(struct control_nvram)

/* What a call takes of an image, however much it brings: records are looked at as they come, and
 * the shortest take more time than their bytes. */
#define WRITE_STEP 512U

STATIC_ASSERT(CONTROL_NVRAM_MAX == UEFIRT_KEPT_MAX, "an image");
STATIC_ASSERT(HEAD_SIZE % sizeof(uint64_t) == 0U, "the image is aligned");

/* Under the lock of calls. */
static struct {
	uint32_t serial; /* of the VM; 0: there is no transfer */
	uint32_t ticket;
	bool is_write;
	uint32_t size;		    /* of head and image */
	uint32_t done;		    /* written so far */
	struct nvstore_check check; /* of these */
	uint16_t place[UEFIRT_KEPT_MAX / NVSTORE_LEAST];
	uint64_t words[(HEAD_SIZE + UEFIRT_KEPT_MAX) / sizeof(uint64_t)];
} transfer;

static uint8_t *bytes(void)
{
	return (uint8_t *)transfer.words;
}

static uint64_t *image(void)
{
	return &transfer.words[HEAD_SIZE / sizeof(uint64_t)];
}

static void begin(const struct vm *vm, bool is_write, uint32_t image_size)
{
	transfer.serial = vm->serial;
	transfer.is_write = is_write;
	transfer.size = HEAD_SIZE + image_size;
	transfer.done = 0;
	transfer.check = (struct nvstore_check){.place = transfer.place};
	transfer.ticket++;
	transfer.ticket += transfer.ticket == 0U ? 1U : 0U;
}

static bool is_under_way(const struct call *call, bool is_write)
{
	return transfer.serial == call->vm->serial && transfer.ticket == call->arg2 &&
	       transfer.is_write == is_write;
}

/* Told of the next change from here on, before they are copied: none is missed. */
static enum plinth_status take_copy(struct vm *vm)
{
	struct control_nvram head = {.magic = CONTROL_NVRAM_MAGIC};

	store_release(&vm->nvram.is_watched, 1U);
	enum plinth_status status = uefirt_export(&vm->uefirt, image(), &head.size, &head.meta);

	if (status == PLINTH_OK) {
		begin(vm, false, head.size);
		memcpy(bytes(), &head, sizeof(head));
	} else {
		transfer.serial = 0; /* nothing is left of that before */
	}
	return status;
}

/* A VM without UEFI is told so. */
static enum control_status status_of(enum plinth_status status)
{
	return status == PLINTH_ENOENT ? CONTROL_NOT_SUPPORTED : control_of(status);
}

enum control_status control_nvram_read(struct call *call)
{
	if (call->arg2 == 0U) {
		enum plinth_status status = take_copy(call->vm);

		if (status != PLINTH_OK) {
			return status_of(status);
		}
	} else if (!is_under_way(call, false)) {
		return CONTROL_BUSY;
	}
	if (call->arg > transfer.size) {
		return CONTROL_INVALID;
	}
	call->done = (uint32_t)min_u64(call->size, transfer.size - call->arg);
	memcpy(call->data, bytes() + call->arg, call->done);
	call->result[0] = transfer.size;
	call->result[1] = transfer.ticket;
	return CONTROL_OK;
}

static enum control_status begin_write(const struct call *call)
{
	const struct control_nvram *head = (const struct control_nvram *)(const void *)call->data;

	if (!uefirt_is_on(&call->vm->uefirt)) {
		return CONTROL_NOT_SUPPORTED;
	}
	if (call->arg != 0U || call->size < sizeof(*head) || head->magic != CONTROL_NVRAM_MAGIC ||
		head->size > UEFIRT_KEPT_MAX || call->size - sizeof(*head) > head->size) {
		return CONTROL_INVALID;
	}
	begin(call->vm, true, head->size);
	return CONTROL_OK;
}

/* More of it has come. */
static enum control_status look(struct vm *vm)
{
	uint32_t have = transfer.done - (uint32_t)HEAD_SIZE;
	uint32_t size = transfer.size - (uint32_t)HEAD_SIZE;
	enum plinth_status status = nvstore_check(&transfer.check, image(), have, size);

	if (status == PLINTH_OK && have < size) {
		return CONTROL_OK;
	}
	transfer.serial = 0;
	if (status == PLINTH_OK) {
		struct control_nvram head;

		memcpy(&head, bytes(), sizeof(head));
		status = vm_take_variables(vm, image(), &transfer.check, head.meta);
	}
	return status_of(status);
}

enum control_status control_nvram_write(struct call *call)
{
	enum control_status status = CONTROL_OK;

	if (call->arg2 == 0U) {
		status = begin_write(call);
	} else if (!is_under_way(call, true)) {
		status = CONTROL_BUSY;
	}
	if (status != CONTROL_OK) {
		return status;
	}
	if (call->arg != transfer.done || call->size > transfer.size - transfer.done) {
		return CONTROL_INVALID;
	}
	call->done = (uint32_t)min_u64(call->size, WRITE_STEP);
	memcpy(bytes() + transfer.done, call->data, call->done);
	transfer.done += call->done;
	call->result[0] = transfer.done;
	call->result[1] = transfer.ticket;
	return look(call->vm);
}
