/* SPDX-License-Identifier: Apache-2.0 */
#include "coherency_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/vm_config.h"
#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "coh/coh.h"
#include "coherency_taps.h"
#include "fake/maintenance.h"
#include "pmem/pmem.h"
#include "s2/s2.h"

/* gmem refuses a VM with overcommit that is larger than the machine. These are, so that memory runs
 * out in the middle: to gmem the machine is large enough. */
void real_get_stats(struct pmem_stats *stats) __asm__("__real_pmem_get_stats");
void wrap_get_stats(struct pmem_stats *stats) __asm__("__wrap_pmem_get_stats");
void wrap_get_stats(struct pmem_stats *stats)
{
	real_get_stats(stats);
	stats->total = UINT64_MAX;
}

#define SMALL_SIZE  KIB(736) /* all that init_pmem() gives out, and little more */
#define BLOCKS_SIZE MIB(8)

#define BUNDLE_PAGES 16U
#define BUNDLE_MARK  (UINT64_C(0xc1) << 56)

struct world world;

/* Images: one in place, one that can't be, random bytes over the first (a copy: its page's content
 * is mixed). With blocks the first is a block of 2 MiB alone. */
#define IMAGE_0	     UINT64_C(0x10000)
#define IMAGE_0_SIZE UINT64_C(0x4000)
#define IMAGE_1	     UINT64_C(0x20010)
#define IMAGE_1_SIZE UINT64_C(0x2800)
#define RANDOM_AT    (IMAGE_0 + UINT64_C(0x27d0)) /* its end covers a followed word */
#define RANDOM_SIZE  UINT64_C(16)
#define RANDOM_BYTE  0xa5

/* Beside RAM: a range to write, whose first pages show an image in place, and a read-only one. */
#define DISK	   (VM_RAM_BASE + BLOCK_1G)
#define DISK_SIZE  (8U * PAGE_SIZE)
#define DISK_IMAGE 10U /* page of the bundle */
#define DISK_PAGES 2U
#define ROM	   (DISK + BLOCK_2M)
#define ROM_SIZE   (2U * PAGE_SIZE)
#define ROM_IMAGE  13U

static const uint32_t page_offset[WORLD_PAGES] = {0x10000, 0x11000, 0x12000, 0x13000, 0x20000,
	0x21000, 0x100000, 0x101000, 0x108000, 0x1fe000, 0x1000, 0x5000, 0x1000};

uint64_t world_ipa(unsigned page)
{
	uint64_t offset = page_offset[page];

	if (page >= WORLD_DISK) {
		return (page == WORLD_ROM ? ROM : DISK) + offset;
	}
	if (page >= (world.config.blocks ? 4U : 6U)) {
		offset += BLOCK_2M; /* another table; with blocks, out of the first image's */
	}
	return VM_RAM_BASE + offset;
}

uint16_t world_serial(unsigned vm, unsigned page)
{
	return page >= WORLD_DISK ? world.vm[vm].disk_serial : world.vm[vm].serial;
}

void world_fail(const char *format, ...)
{
	va_list args;

	if (!world_has_failed()) {
		va_start(args, format);
		/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started above */
		vsnprintf(world.failure, sizeof(world.failure), format, args);
		va_end(args);
		world_say("  ** %s\n", world.failure);
	}
}

void world_say(const char *format, ...)
{
	va_list args;

	if (world.loud) {
		va_start(args, format);
		/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): started above */
		vprintf(format, args);
		va_end(args);
	}
}

static void on_trace(void *ctx, const char *what, unsigned cpu, uint64_t address)
{
	(void)ctx;
	world_say("      hardware: %s (CPU %u, page %u + 0x%x)\n", what, cpu,
		(unsigned)((address - (uint64_t)(uintptr_t)world.arena) / PAGE_SIZE),
		(unsigned)(address % PAGE_SIZE));
}

static void maybe_noise(void)
{
	while (world.random != 0U && fake_below(&world.random, 3) == 0U) {
		world_noise();
	}
}

struct place world_place(void)
{
	uint64_t r = fake_random(&world.random);

	if (r % 2U == 0U) {
		return world.focus;
	}
	return (struct place){
		.page = (uint8_t)(r / 2U % WORLD_PAGES), .word = (uint8_t)((r >> 32) % FAKE_WORDS)};
}

/* A CPU in a guest fetches ahead, by any translation that its TLB or the tables have. */
static void speculate(void)
{
	unsigned cpu = fake_below(&world.random, FAKE_CPUS);
	const struct cpu_state *c = &world.cpu[cpu];
	struct place at = world_place();
	uint64_t ipa = world_ipa(at.page) + fake_word_offset[at.word];
	uint64_t pa;

	if (c->vm == WORLD_NOBODY || (world.in_engine && cpu == world.el2_cpu)) {
		return;
	}
	world.tlb.cpu = cpu;
	if (fake_tlb_access(&world.tlb, c->vttbr, c->vm * 8U + c->vcpu, ipa, FAKE_FETCH, &pa) ==
		FAKE_WALK_OK) {
		fake_cache_prefetch(&world.cache, cpu, pa,
			fake_cache_tag(&world.cache, ipa, (uint16_t)(c->vttbr >> 48)),
			world.vm[c->vm].vcpu[c->vcpu].off && !world.config.fwb);
	}
}

/* A barrier or a TLBI matters to all models. */
static void apply_op(enum fake_op op, uint64_t address)
{
	fake_cache_op(&world.cache, world.el2_cpu, op, address);
	world.tlb.cpu = world.el2_cpu;
	fake_tlb_op(&world.tlb, op, address);
	if (op == FAKE_DSB_ISH || op == FAKE_DSB_ISHST || op == FAKE_DSB_SY) {
		world.barriers++;
		vmid_barrier(world.el2_cpu);
		/* Nothing says that stores before a DSB are seen before invalidations are done. */
		maybe_noise();
		tables_publish();
	}
}

/* The walkers of another CPU see new entries before the barrier behind them, and use them. */
static void walk_early(void)
{
	if (world.random != 0U && fake_below(&world.random, 2) == 0U) {
		tables_leak();
		speculate();
		guest_peek(1U - world.el2_cpu);
	}
}

void world_op(enum fake_op op, uint64_t address)
{
	maybe_noise();
	if (op == FAKE_DSB_ISHST) {
		walk_early();
	}
	apply_op(op, address);
	maybe_noise();
}

void world_nothing(void)
{
	maybe_noise();
}

void world_range(enum fake_op op, uint64_t start, uint64_t size, uint64_t stride)
{
	const uint64_t size_and_stride[2] = {size, stride};

	maybe_noise();
	fake_cache_range(&world.cache, world.el2_cpu, op, start, size_and_stride);
	maybe_noise();
}

static uint64_t random_page(void)
{
	const struct vm_state *vm = &world.vm[fake_below(&world.random, WORLD_STARTS)];
	unsigned page = fake_below(&world.random, WORLD_PAGES);
	unsigned choice = fake_below(&world.random, 8);
	struct fake_translation t;

	if (choice == 0U) {
		return (uint64_t)(uintptr_t)world.arena +
		       fake_random(&world.random) % world.arena_size;
	}
	if (choice < 3U || !vm->live ||
		fake_tlb_walk(&world.tlb, vm->gmem.space.root.v, world_ipa(page), &t) !=
			FAKE_WALK_OK) {
		return (uint64_t)(uintptr_t)world.arena + world.recent[choice] * PAGE_SIZE;
	}
	world.recent[world.recent_next++ % 8U] =
		(uint32_t)((t.pa - (uint64_t)(uintptr_t)world.arena) / PAGE_SIZE);
	return t.pa;
}

void world_noise(void)
{
	uint64_t *random = &world.random;
	unsigned choice = fake_below(random, 10);

	world.cache.random = fake_random(random);
	world.tlb.random = fake_random(random);
	if (choice < 4U) {
		fake_cache_noise(&world.cache, random_page());
	} else if (choice < 7U) {
		speculate();
	} else if (choice == 7U) {
		fake_tlb_noise(&world.tlb);
	} else if (choice == 8U) {
		tables_leak();
	} else if (world.in_engine) {
		guest_peek(1U - world.el2_cpu);
	}
	world.tlb.cpu = world.el2_cpu;
}

void world_enter(unsigned cpu, unsigned vm)
{
	world.el2_cpu = (uint8_t)cpu;
	world.busy_vm = (uint8_t)vm;
	world.in_engine = true;
	world.tlb.cpu = cpu;
	fake_cache_begin(&world.cache, cpu);
	arch_percpu_set(&world.cpu[cpu].percpu);
	write_vttbr_el2(world.cpu[cpu].vttbr);
	fake_tlb_begin(&world.tlb);
	taps_begin();
	vmid_enter(cpu);
}

void world_leave(void)
{
	world.in_engine = false;
	vmid_leave();
	fake_cache_end(&world.cache);
	tables_check();
	if (world.busy_vm != WORLD_NOBODY && world.vm[world.busy_vm].live) {
		guest_note_moves(world.busy_vm);
	}
	if (world.tlb.conflicts != 0U) {
		world_fail("a TLB has two translations of one address");
	}
	if (read_vttbr_el2() != world.cpu[world.el2_cpu].vttbr) {
		world_fail("VTTBR_EL2 is another one than before");
	}
	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		if (world.cpu[cpu].vm != WORLD_NOBODY &&
			fake_tlb_stale(&world.tlb, world.cpu[cpu].vttbr) != 0U) {
			world_fail("a TLB holds what the tables don't say any more");
		}
	}
}

/* Where what is small begins: images' sources, then free memory. */
static uint64_t bundle(void)
{
	return world.config.blocks ? BLOCK_2M : 0U;
}

static void init_arena(void)
{
	world.arena_size = world.config.blocks ? BLOCKS_SIZE : SMALL_SIZE;
	if (world.arena == NULL) {
		world.arena = aligned_alloc(BLOCK_2M, BLOCKS_SIZE);
		world.table_at = calloc(BLOCKS_SIZE / PAGE_SIZE, 1);
		PLINTH_CHECK(world.arena != NULL && world.table_at != NULL);
	}
	memset(world.table_at, 0, BLOCKS_SIZE / PAGE_SIZE);
	for (size_t p = 0; p < world.arena_size / PAGE_SIZE; p++) {
		uint64_t *page = (uint64_t *)(void *)(world.arena + p * PAGE_SIZE);

		for (unsigned w = 0; w < FAKE_WORDS; w++) {
			page[fake_word_offset[w] / 8U] = BOOT_GARBAGE | p << 8 | w;
		}
	}
	for (size_t i = 0; i < BUNDLE_PAGES * PAGE_SIZE / 8U; i++) {
		((uint64_t *)(void *)(world.arena + bundle()))[i] = BUNDLE_MARK | i;
	}
}

static size_t image_page(void)
{
	return world.config.blocks ? 0U : 1U;
}

static uint64_t image_1_source(void)
{
	return bundle() + 0x6024U;
}

static void add_image(uint64_t offset, uint64_t size, uint64_t source, uint32_t kind)
{
	struct vm_image *image = &world.vm_config.images[world.vm_config.image_count++];

	*image = (struct vm_image){.ipa = VM_RAM_BASE + offset, .size = size, .kind = kind};
	if (kind == VM_IMAGE_COPY) {
		image->source = (uint64_t)(uintptr_t)world.arena + source;
	}
}

static void add_range(uint64_t ipa, uint64_t size, uint32_t flags)
{
	world.vm_config.ranges[world.vm_config.range_count++] =
		(struct vm_range){.ipa = ipa, .size = size, .flags = flags};
}

static void init_config(void)
{
	struct vm_config *c = &world.vm_config;

	memset(c, 0, sizeof(*c));
	c->ram_size = 2U * BLOCK_2M;
	c->ram_base = VM_RAM_BASE;
	c->vcpu_count = world.config.vcpus;
	c->flags = VM_FLAG_OVERCOMMIT | (world.config.eager ? VM_FLAG_COHERENCY_EAGER : 0U);
	if (world.config.blocks) {
		add_image(0, BLOCK_2M, 0, VM_IMAGE_COPY);
		add_image(BLOCK_2M + IMAGE_1, IMAGE_1_SIZE, image_1_source(), VM_IMAGE_COPY);
		c->images[0].flags = world.config.prepare ? VM_IMAGE_FLAG_WRITTEN : 0U;
	} else {
		add_image(IMAGE_0, IMAGE_0_SIZE, image_page() * PAGE_SIZE, VM_IMAGE_COPY);
		add_image(IMAGE_1, IMAGE_1_SIZE, image_1_source(), VM_IMAGE_COPY);
		add_image(RANDOM_AT, RANDOM_SIZE, 0, VM_IMAGE_RANDOM);
	}
	add_range(DISK, DISK_SIZE, 0);
	add_range(ROM, ROM_SIZE, VM_RANGE_READ_ONLY);
	add_image(DISK - VM_RAM_BASE, DISK_PAGES * PAGE_SIZE, bundle() + DISK_IMAGE * PAGE_SIZE,
		VM_IMAGE_COPY);
	add_image(ROM - VM_RAM_BASE, ROM_SIZE, bundle() + ROM_IMAGE * PAGE_SIZE, VM_IMAGE_COPY);
}

static uint8_t initial_byte(uint64_t ipa)
{
	uint8_t byte = 0;

	for (uint32_t i = 0; i < world.vm_config.image_count; i++) {
		const struct vm_image *image = &world.vm_config.images[i];

		if (ipa - image->ipa < image->size) {
			byte = image->kind == VM_IMAGE_COPY
				       ? *(uint8_t *)(uintptr_t)(image->source + (ipa - image->ipa))
				       : RANDOM_BYTE;
		}
	}
	return byte;
}

static void init_initial(void)
{
	for (unsigned p = 0; p < WORLD_PAGES; p++) {
		for (unsigned w = 0; w < FAKE_WORDS; w++) {
			uint8_t bytes[8];

			for (unsigned i = 0; i < 8U; i++) {
				bytes[i] = initial_byte(world_ipa(p) + fake_word_offset[w] + i);
			}
			memcpy(&world.initial[p][w], bytes, 8);
		}
	}
}

/* Free memory in pieces, so that every size of granule is used and pages come back soon. */
static void init_pmem(void)
{
	const uint64_t base = (uint64_t)(uintptr_t)world.arena;
	const uint64_t small = base + bundle();
	const struct pmem_range ram = {base, world.arena_size};
	struct pmem_range free[40];
	unsigned count = 0;

	free[count++] = (struct pmem_range){small + 16U * PAGE_SIZE, PAGE_SIZE};
	free[count++] = (struct pmem_range){small + 32U * PAGE_SIZE, 16U * PAGE_SIZE};
	for (uint64_t i = 0; i < 6U; i++) {
		free[count++] =
			(struct pmem_range){small + (64U + 8U * i) * PAGE_SIZE, 4U * PAGE_SIZE};
	}
	for (uint64_t i = 0; i < 27U; i++) {
		free[count++] = (struct pmem_range){small + (129U + 2U * i) * PAGE_SIZE, PAGE_SIZE};
	}
	if (world.config.blocks) {
		free[count++] = (struct pmem_range){base + 2U * BLOCK_2M, 2U * BLOCK_2M};
	}
	PLINTH_CHECK(pmem_init(&ram, 1, free, count) == PLINTH_OK);
}

static uint64_t ctr_of(const struct config *c)
{
	return (uint64_t)(bit_lowest(c->cache.iline) - 2U) |
	       (uint64_t)(bit_lowest(c->cache.dline) - 2U) << 16 | (uint64_t)c->cache.icache << 14 |
	       (c->cache.idc ? BIT(28) : 0U) | (c->cache.dic ? BIT(29) : 0U) | BIT(31);
}

static void on_maintenance(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	taps_instruction(op, address);
}

static void init_machine(void)
{
	const struct config *c = &world.config;
	const struct s2_features features = {
		.pa_bits = 48, .ipa_bits = 40, .vmid_bits = c->vmid_bits, .fwb = c->fwb};

	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		memset(&world.cpu[cpu], 0, sizeof(world.cpu[cpu]));
		world.cpu[cpu].percpu.id = cpu;
		world.cpu[cpu].vm = WORLD_NOBODY;
	}
	arch_percpu_set(&world.cpu[0].percpu);
	fake_sysregs.ctr_el0 = ctr_of(c);
	write_vttbr_el2(0);
	init_pmem();
	s2_setup(&features);
	coh_setup(ctr_of(c), c->fwb);
}

static void init_caches(void)
{
	const size_t pages = world.config.blocks ? 512U : 5U;
	const size_t image_1 = image_1_source() / PAGE_SIZE;

	if (world.cache.page == NULL) {
		fake_cache_init(&world.cache, world.arena, BLOCKS_SIZE, &world.config.cache);
	}
	world.cache.page_count = world.arena_size / PAGE_SIZE;
	world.cache.random = 0;
	fake_cache_reset(&world.cache, &world.config.cache);
	fake_cache_leave_dirty(&world.cache, image_page(), pages, BOOT_GARBAGE);
	fake_cache_leave_dirty(&world.cache, image_1, 3, BOOT_GARBAGE);
	fake_cache_leave_dirty(
		&world.cache, bundle() / PAGE_SIZE + DISK_IMAGE, DISK_PAGES, BOOT_GARBAGE);
	fake_cache_leave_dirty(&world.cache, bundle() / PAGE_SIZE + ROM_IMAGE, 2, BOOT_GARBAGE);
	world.cache.trace = world.loud ? on_trace : NULL;
	fake_tlb_init(&world.tlb, 40);
	world.tlb.walk_caches = true;
}

void world_init(const struct config *config)
{
	world.config = *config;
	world.random = 0;
	world.stamp = 0;
	world.serial = 0;
	world.in_engine = false;
	world.failure[0] = '\0';
	world.recent_next = 0;
	world.late = (struct late_vmid){0};
	world.barriers = 0;
	memset(world.recent, 0, sizeof(world.recent));
	memset(world.table, 0, sizeof(world.table));
	init_arena();
	init_caches();
	init_config();
	init_initial();
	tables_init();
	init_machine();
	taps_install(on_maintenance);
	for (unsigned vm = 0; vm < WORLD_VMS; vm++) {
		world.vm[vm].live = false;
	}
	for (unsigned vm = 0; vm < WORLD_STARTS; vm++) {
		life_create(vm, vm);
	}
}

void world_fini(void)
{
	world.random = 0;
	for (unsigned vm = 0; vm < WORLD_VMS && !world_has_failed(); vm++) {
		if (world.vm[vm].live) {
			life_destroy(0, vm);
		}
	}
	taps_remove();
}
