/* SPDX-License-Identifier: Apache-2.0 */
#include "gmem_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "coh/coh.h"
#include "s2/s2.h"

static void add_image(
	struct fixture *f, uint64_t ipa, uint64_t size, uint8_t *source, uint32_t kind)
{
	struct vm_image *image = &f->config.images[f->config.image_count++];

	*image = (struct vm_image){.ipa = ipa, .size = size, .kind = kind};
	if (kind == VM_IMAGE_COPY) {
		image->source = (uint64_t)(uintptr_t)source;
		memcpy(&f->expected[ipa - VM_RAM_BASE], source, size);
	} else {
		memset(&f->expected[ipa - VM_RAM_BASE], 0xa5, size);
	}
}

void fixture_init(struct fixture *f, uint64_t ctr, bool fwb, uint32_t flags)
{
	struct pmem_stats stats;

	memset(f, 0, sizeof(*f));
	f->arena = aligned_alloc(BLOCK_2M, FIXTURE_SIZE);
	assert_non_null(f->arena);
	for (uint64_t i = 0; i < FIXTURE_SIZE; i++) {
		f->arena[i] = (uint8_t)(i * 7U + (i >> 12) * 3U + 1U);
	}
	for (cpu_id_t cpu = 0; cpu < 2U; cpu++) {
		f->cpu[cpu].id = cpu;
	}
	arch_percpu_set(&f->cpu[0]);
	write_vttbr_el2(0);

	uint64_t base = (uint64_t)(uintptr_t)f->arena;
	const struct pmem_range ram = {base, FIXTURE_SIZE};
	const struct pmem_range free = {
		base + FIXTURE_IMAGE_SIZE, FIXTURE_SIZE - FIXTURE_IMAGE_SIZE};

	assert_int_equal(pmem_init(&ram, 1, &free, 1), PLINTH_OK);
	pmem_get_stats(&stats);
	f->free_before = stats.free;
	f->reserved_before = stats.reserved;

	const struct s2_features features = {
		.pa_bits = 48, .ipa_bits = 40, .vmid_bits = 8, .fwb = fwb};

	s2_setup(&features);
	coh_setup(ctr, fwb);
	f->config.ram_size = FIXTURE_RAM;
	f->config.ram_base = VM_RAM_BASE;
	f->config.flags = flags;
	add_image(f, FIXTURE_IMAGE_0, FIXTURE_IMAGE_0_SIZE, f->arena + KIB(64), VM_IMAGE_COPY);
	add_image(
		f, FIXTURE_IMAGE_1, FIXTURE_IMAGE_1_SIZE, f->arena + MIB(3) + 0x24U, VM_IMAGE_COPY);
	add_image(f, FIXTURE_RANDOM, FIXTURE_RANDOM_SIZE, NULL, VM_IMAGE_RANDOM);
	assert_int_equal(gmem_init(&f->gmem, &f->config), PLINTH_OK);
}

static void fill_secret(void *ctx, uint32_t kind, void *buf, size_t size)
{
	(void)ctx;
	assert_int_equal(kind, VM_IMAGE_RANDOM);
	memset(buf, 0xa5, size);
}

void fixture_start(struct fixture *f)
{
	assert_int_equal(gmem_start(&f->gmem, fill_secret, NULL), PLINTH_OK);
}

void fixture_reset(struct fixture *f)
{
	while (gmem_reset_step(&f->gmem) == PLINTH_EAGAIN) {
	}
	assert_int_equal(f->gmem.used, 0);
}

void fixture_fini(struct fixture *f)
{
	struct pmem_stats stats;

	while (gmem_fini_step(&f->gmem) == PLINTH_EAGAIN) {
	}
	assert_int_equal(gmem_fini_step(&f->gmem), PLINTH_OK);
	pmem_get_stats(&stats);
	assert_int_equal(stats.free, f->free_before);
	assert_int_equal(stats.reserved, f->reserved_before);
	free(f->arena);
}
