/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fake devices for drivers' tests.
 */
#ifndef FAKE_MMIO_H
#define FAKE_MMIO_H

#include <stdint.h>

struct fake_device {
	uint64_t base;
	uint64_t size;
	void *ctx;
	uint64_t (*read)(void *ctx, uint64_t offset, unsigned size);
	void (*write)(void *ctx, uint64_t offset, unsigned size, uint64_t v);
};

#define FAKE_DEVICE_MAX 16U

/* The device must stay where it is until fake_mmio_reset(). */
void fake_mmio_add(const struct fake_device *device);
void fake_mmio_reset(void);

/* An access that no device answers panics. */
uint64_t fake_mmio_read(uint64_t va, unsigned size);
void fake_mmio_write(uint64_t va, unsigned size, uint64_t v);

#endif
