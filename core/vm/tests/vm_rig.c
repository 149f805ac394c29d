/* SPDX-License-Identifier: Apache-2.0 */
#include "vm_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "coh/coh.h"
#include "fake/mmio.h"
#include "gic/gic.h"
#include "pmem/pmem.h"
#include "s2/s2.h"
#include "timerq/timerq.h"

#define ARENA	     MIB(96)
#define DIST	     UINT64_C(0x08000000)
#define REDIST	     UINT64_C(0x080a0000)
#define SETTLE_STEPS 1000U

struct percpu vm_rig_cpu;
uint64_t vm_rig_lr[4];
struct vm_rig_gic vm_rig_gic;

static uint32_t hcr;
static uint32_t vmcr;

static uint64_t read_lr(unsigned n)
{
	return vm_rig_lr[n];
}

static void write_lr(unsigned n, uint64_t lr)
{
	vm_rig_lr[n] = lr;
}

static uint32_t read_hcr(void)
{
	return hcr;
}

static void write_hcr(uint32_t v)
{
	hcr = v;
}

static uint32_t read_vmcr(void)
{
	return vmcr;
}

static void write_vmcr(uint32_t v)
{
	vmcr = v;
}

static uint32_t read_apr(unsigned group, unsigned n)
{
	(void)group;
	(void)n;
	return 0;
}

static void write_apr(unsigned group, unsigned n, uint32_t v)
{
	(void)group;
	(void)n;
	(void)v;
}

static uint32_t read_elrsr(void)
{
	uint32_t empty = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(vm_rig_lr); i++) {
		empty |= vm_rig_lr[i] == 0U ? 1U << i : 0U;
	}
	return empty;
}

static uint32_t read_none(void)
{
	return 0;
}

static const struct vgic_hw hw = {
	.lr_count = 4,
	.priority_bits = 5,
	.apr_count = 1,
	.has_tdir = 1,
	.read_lr = read_lr,
	.write_lr = write_lr,
	.read_hcr = read_hcr,
	.write_hcr = write_hcr,
	.read_vmcr = read_vmcr,
	.write_vmcr = write_vmcr,
	.read_apr = read_apr,
	.write_apr = write_apr,
	.read_elrsr = read_elrsr,
	.read_eisr = read_none,
	.read_vtr = read_none,
};

static void no_kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	fail_msg("kick of CPU %u", cpu);
}

static const struct sched_ops sched_test_ops = {.kick = no_kick};
static const struct timerq_ops timerq_test_ops = {.kick = no_kick};

static uint64_t read_zero(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	(void)offset;
	(void)size;
	return 0;
}

static void write_nothing(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	(void)ctx;
	(void)offset;
	(void)size;
	(void)v;
}

/* IHI 0069, 12.9 */
static uint64_t read_dist(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	(void)size;
	if (offset == 0x4U) {
		return VM_RIG_INTIDS / 32U - 1U; /* GICD_TYPER.ITLinesNumber */
	}
	return offset >= 0xc00U && offset < 0xc00U + sizeof(vm_rig_gic.config)
		       ? vm_rig_gic.config[(offset - 0xc00U) / 4U]
		       : 0U;
}

static void write_dist(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	static const struct {
		uint64_t offset;
		uint32_t *words;
		bool set;
	} rows[] = {
		{0x100, vm_rig_gic.enabled, true},
		{0x180, vm_rig_gic.enabled, false},
		{0x280, vm_rig_gic.pending, false},
		{0x300, vm_rig_gic.active, true},
		{0x380, vm_rig_gic.active, false},
	};

	(void)ctx;
	(void)size;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t at = offset - rows[i].offset;

		if (at < sizeof(vm_rig_gic.enabled)) {
			rows[i].words[at / 4U] = rows[i].set
							 ? rows[i].words[at / 4U] | (uint32_t)v
							 : rows[i].words[at / 4U] & ~(uint32_t)v;
		}
	}
	if (offset >= 0x6000U && offset < 0x6000U + sizeof(vm_rig_gic.route)) {
		vm_rig_gic.route[(offset - 0x6000U) / 8U] = v;
	}
	if (offset >= 0xc00U && offset < 0xc00U + sizeof(vm_rig_gic.config)) {
		vm_rig_gic.config[(offset - 0xc00U) / 4U] = (uint32_t)v;
	}
}

static void init_gic(void)
{
	static const struct fake_device dist = {DIST, 0x10000, NULL, read_dist, write_dist};
	static const struct fake_device redist = {REDIST, 0x20000, NULL, read_zero, write_nothing};
	const struct boot_gic gic = {.version = 3, .dist = {DIST, 0x10000}};

	fake_mmio_add(&dist);
	fake_mmio_add(&redist);
	vm_rig_cpu.gicr = REDIST;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	fake_sysregs.icc_iar1_el1 = 1023;
}

static size_t swallow(void *ctx, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	(void)bytes;
	return size;
}

static bool no_input(void *ctx, uint8_t *byte)
{
	(void)ctx;
	(void)byte;
	return false;
}

static void init_memory(void)
{
	void *arena = aligned_alloc(BLOCK_2M, ARENA);
	const struct pmem_range ram = {(uint64_t)(uintptr_t)arena, ARENA};
	const struct s2_features features = {.pa_bits = 48, .ipa_bits = 40, .vmid_bits = 8};

	assert_non_null(arena);
	assert_int_equal(pmem_init(&ram, 1, &ram, 1), PLINTH_OK);
	s2_setup(&features);
	coh_setup(fake_sysregs.ctr_el0, false);
}

void vm_rig_init(void)
{
	static const struct console_device device = {.write = swallow, .read = no_input};
	const struct vm_host host = {
		.gic_version = 3,
		.cpu_count = 1,
		.ticks_per_second = VM_RIG_HZ,
		.virt_timer_intid = 27,
		.gic = &hw,
	};

	percpu_table[0] = &vm_rig_cpu;
	percpu_count = 1;
	arch_percpu_set(&vm_rig_cpu);
	fake_sysregs.cntpct_el0 = 1000;
	fake_sysregs.cntfrq_el0 = VM_RIG_HZ;
	init_memory();
	init_gic();
	console_init(&device, NULL);
	timerq_init(&timerq_test_ops, NULL, 1);
	timerq_cpu_init();
	sched_init(&sched_test_ops, NULL, VM_RIG_HZ);
	sched_cpu_online();
	vcpu_features_init();
	assert_int_equal(vm_setup(&host), PLINTH_OK);
}

int vm_rig_group_setup(void **state)
{
	(void)state;
	vm_rig_init();
	return 0;
}

void vm_rig_config(struct vm_config *c, const char *name)
{
	memset(c, 0, sizeof(*c));
	c->magic = VM_CONFIG_MAGIC;
	c->version = VM_CONFIG_VERSION;
	c->size = sizeof(*c);
	c->vcpu_count = 1;
	c->weight = VM_WEIGHT_DEFAULT;
	c->ram_size = VM_RIG_RAM;
	c->ram_base = VM_RAM_BASE;
	c->overhead = VM_OVERHEAD_DEFAULT;
	c->entry = VM_RAM_BASE;
	c->arg = 0x1234;
	c->range_count = 1;
	c->ranges[0] = (struct vm_range){VM_RIG_ROM, VM_RIG_ROM_SIZE, VM_RANGE_READ_ONLY, 0};
	memcpy(c->name, name, strlen(name));
}

struct vm *vm_rig_create(const char *name, uint32_t vcpu_count, uint32_t flags)
{
	static struct vm_config config; /* too large for a frame */
	struct vm *vm = NULL;
	const char *why = NULL;

	vm_rig_config(&config, name);
	config.vcpu_count = vcpu_count;
	config.flags = flags;
	assert_int_equal(vm_create(&config, &vm, &why), PLINTH_OK);
	assert_non_null(vm);
	return vm;
}

struct vm *vm_rig_new(uint32_t vcpu_count)
{
	static unsigned number;
	char name[VM_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "vm-%u", number++);
	return vm_rig_create(name, vcpu_count, 0);
}

static void unload(struct vcpu *vcpu)
{
	vgic_put(&vcpu->gic);
	vtimer_put(&vcpu->timer, false);
	debugregs_put(&vcpu->debug);
	vcpu_context_put(&vcpu->ctx);
	vm_rig_cpu.current = NULL;
	sched_unloaded(&vcpu->sched);
}

struct vcpu *vm_rig_run(void)
{
	struct sched_entity *e = sched_pick(0);
	struct vcpu *vcpu = e == NULL ? NULL : CONTAINER_OF(e, struct vcpu, sched);
	struct vcpu *loaded = vcpu_current();

	if (loaded != NULL && loaded != vcpu &&
		(vcpu != NULL || sched_must_unload(&loaded->sched))) {
		unload(loaded);
	}
	if (vcpu != NULL && vcpu_current() == NULL) {
		vcpu_context_load(&vcpu->ctx);
		debugregs_load(&vcpu->debug);
		vtimer_load(&vcpu->timer);
		vgic_load(&vcpu->gic);
		vm_rig_cpu.current = vcpu;
	}
	return vcpu;
}

void vm_rig_settle(void)
{
	for (unsigned i = 0; i < SETTLE_STEPS; i++) {
		(void)vm_rig_run();
		fake_sysregs.cntpct_el0 += VM_RIG_HZ / 10000U;
		timerq_run(fake_sysregs.cntpct_el0);
	}
}

uint64_t vm_rig_free_pages(void)
{
	struct pmem_stats stats;

	pmem_get_stats(&stats);
	return stats.free;
}
