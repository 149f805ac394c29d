/* SPDX-License-Identifier: Apache-2.0 */
#include "gic_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake/mmio.h"

#define FRAME_MAX    12U
#define GICR_WAKER   0x14U
#define WAKER_SLEEP  0x2U
#define WAKER_ASLEEP 0x4U
#define CTLR_RWP     0x80000000U

struct frame {
	struct fake_device device;
	uint8_t *byte;
};

struct gic_model gic_model;

static struct frame frames[FRAME_MAX];
static unsigned frame_count;

static uint64_t model_read(void *ctx, uint64_t offset, unsigned size)
{
	const struct frame *f = ctx;
	uint64_t value = 0;

	assert_int_equal(offset % size, 0);
	memcpy(&value, f->byte + offset, size);
	if (f->device.base == MODEL_DIST && offset == 0U && gic_model.stuck_dist) {
		value |= CTLR_RWP;
	}
	if (f->device.base >= MODEL_REDIST && offset == GICR_WAKER) {
		bool asleep = (value & WAKER_SLEEP) != 0U || gic_model.stuck_redist;

		value = (value & ~(uint64_t)WAKER_ASLEEP) | (asleep ? WAKER_ASLEEP : 0U);
	}
	return value;
}

static void model_write(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	struct frame *f = ctx;

	assert_int_equal(offset % size, 0);
	assert_true(gic_model.log_count < MODEL_LOG_SIZE);
	gic_model.log[gic_model.log_count++] =
		(struct model_write){f->device.base + offset, size, v};
	memcpy(f->byte + offset, &v, size);
}

void gic_model_reset(void)
{
	fake_mmio_reset();
	for (unsigned i = 0; i < frame_count; i++) {
		free(frames[i].byte);
	}
	frame_count = 0;
	memset(&gic_model, 0, sizeof(gic_model));
}

void gic_model_add(uint64_t base, uint64_t size)
{
	assert_true(frame_count < FRAME_MAX);
	struct frame *f = &frames[frame_count++];

	f->byte = calloc(1, size);
	assert_non_null(f->byte);
	f->device = (struct fake_device){base, size, f, model_read, model_write};
	fake_mmio_add(&f->device);
}

static uint8_t *byte_at(uint64_t address)
{
	for (unsigned i = 0; i < frame_count; i++) {
		const struct fake_device *d = &frames[i].device;

		if (address >= d->base && address - d->base < d->size) {
			return frames[i].byte + (address - d->base);
		}
	}
	fail_msg("no frame at 0x%llx", (unsigned long long)address);
	return NULL;
}

void gic_model_set(uint64_t address, uint32_t value)
{
	memcpy(byte_at(address), &value, sizeof(value));
}

uint32_t gic_model_get(uint64_t address)
{
	uint32_t value;

	memcpy(&value, byte_at(address), sizeof(value));
	return value;
}

unsigned gic_model_count(uint64_t address)
{
	unsigned count = 0;

	for (unsigned i = 0; i < gic_model.log_count; i++) {
		count += gic_model.log[i].address == address ? 1U : 0U;
	}
	return count;
}

int gic_model_last(uint64_t address)
{
	for (unsigned i = gic_model.log_count; i != 0U; i--) {
		if (gic_model.log[i - 1U].address == address) {
			return (int)(i - 1U);
		}
	}
	return -1;
}

bool gic_model_wrote(uint64_t address, uint64_t value)
{
	for (unsigned i = 0; i < gic_model.log_count; i++) {
		if (gic_model.log[i].address == address && gic_model.log[i].value == value) {
			return true;
		}
	}
	return false;
}
