/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with a little RAM, a pmem over it, and one VM's config with images in it.
 */
#ifndef GMEM_FIXTURE_H
#define GMEM_FIXTURE_H

#include "abi/vm_config.h"
#include "gmem/gmem.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"

#define FIXTURE_SIZE	   MIB(10)
#define FIXTURE_IMAGE_SIZE MIB(4) /* the front of the arena, not pmem's */
#define FIXTURE_RAM	   MIB(4)
#define FIXTURE_CTR	   UINT64_C(0x8444c004)

struct fixture {
	uint8_t *arena; /* 2 MiB aligned */
	struct percpu cpu[2];
	struct gmem gmem;
	struct vm_config config;
	uint64_t free_before;
	uint64_t reserved_before;
	uint8_t expected[FIXTURE_RAM]; /* what RAM starts with */
};

/* Images: [RAM + 64 KiB, + 2 MiB + 128 KiB + 0x123) in place, an unaligned one behind it, 24 random
 * bytes over the first. `flags`: VM_FLAG_*. */
void fixture_init(struct fixture *f, uint64_t ctr, bool fwb, uint32_t flags);

/* Starts the VM (secret bytes are 0xa5). */
void fixture_start(struct fixture *f);
void fixture_reset(struct fixture *f);

/* Tears the VM down and checks that pmem has everything back. */
void fixture_fini(struct fixture *f);

#define FIXTURE_IMAGE_0	     (VM_RAM_BASE + KIB(64))
#define FIXTURE_IMAGE_0_SIZE (MIB(2) + KIB(128) + 0x123U)
#define FIXTURE_IMAGE_1	     (VM_RAM_BASE + MIB(3) + 0x10U)
#define FIXTURE_IMAGE_1_SIZE 0x3456U
#define FIXTURE_RANDOM	     (VM_RAM_BASE + KIB(64) + 0x2010U)
#define FIXTURE_RANDOM_SIZE  24U

#endif
