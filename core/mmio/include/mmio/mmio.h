/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which emulated device answers a guest's access to an address without memory. One map for each
 * VM, filled when the VM is made, read without a lock afterwards.
 */
#ifndef MMIO_MMIO_H
#define MMIO_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/types.h"

enum mmio_result {
	MMIO_DONE,    /* value holds what a read got; a write was done */
	MMIO_FAULT,   /* refused: the guest gets an external abort */
	MMIO_PENDING, /* another VM will answer: the vCPU waits (reserved, no handler returns it) */
};

struct mmio_access {
	uint64_t offset; /* from the region's base */
	uint64_t value;	 /* to write, or read: both no wider than size, the handler sees to the
			    latter */
	vcpu_id_t vcpu;	 /* who accesses */
	uint8_t size;	 /* 1, 2, 4 or 8; offset is a multiple of it, and the whole lies inside */
	bool write;
};

typedef enum mmio_result mmio_handler_fn(void *ctx, struct mmio_access *access);

struct mmio_region {
	uint64_t base;
	uint64_t size;
	mmio_handler_fn *handler;
	void *ctx;
	const char *name; /* for the monitor */
};

#define MMIO_REGION_MAX 24U
#define MMIO_ALIGNMENT	8U /* of regions: the widest access */

struct mmio_map {
	struct mmio_region region[MMIO_REGION_MAX]; /* sorted by base, disjoint */
	uint32_t count;
};

/* EINVAL: size 0 or wraps, or base and size are not multiples of MMIO_ALIGNMENT. EEXIST: overlaps
 * another region. ENOMEM: no slot left. */
enum plinth_status mmio_add(struct mmio_map *map, ipa_t base, uint64_t size,
	mmio_handler_fn *handler, void *ctx, const char *name);

/* Is `ipa` in the region? With it all of an aligned access is, for none is wider than
 * MMIO_ALIGNMENT. */
static inline bool mmio_region_has(const struct mmio_region *region, ipa_t ipa)
{
	return ipa.v - region->base < region->size;
}

/* The region that `ipa` is in, or NULL. */
const struct mmio_region *mmio_find(const struct mmio_map *map, ipa_t ipa);

#endif
