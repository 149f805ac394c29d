/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMs come, start again and go; vCPUs are loaded. As core/vm and core/exits do it.
 */
#include <string.h>

#include "arch/sysreg.h"
#include "base/check.h"
#include "coherency_world.h"

#define ROUNDS_MAX 10000U /* of a bounded step */

static void fill_secret(void *ctx, uint32_t kind, void *buf, size_t size)
{
	(void)ctx;
	(void)kind;
	memset(buf, 0xa5, size);
}

void life_unload(unsigned cpu)
{
	struct cpu_state *c = &world.cpu[cpu];

	if (c->vm != WORLD_NOBODY) {
		world.vm[c->vm].vcpu[c->vcpu].cpu = WORLD_NOBODY;
		c->vm = WORLD_NOBODY;
	}
}

static void stop_all(unsigned vm)
{
	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		if (world.cpu[cpu].vm == vm) {
			life_unload(cpu);
		}
	}
}

bool life_load(unsigned cpu, unsigned vm, unsigned vcpu)
{
	struct vm_state *v = &world.vm[vm];
	struct cpu_state *c = &world.cpu[cpu];

	if (!v->live || !v->vcpu[vcpu].started || v->vcpu[vcpu].cpu != WORLD_NOBODY) {
		return v->live && v->vcpu[vcpu].cpu == cpu;
	}
	life_unload(cpu);
	world_enter(cpu, vm);
	c->vttbr = s2_vmid_load(&v->gmem.space);
	write_vttbr_el2(c->vttbr);
	world_op(FAKE_ISB, 0);
	(void)s2_enter_vcpu(&v->gmem.space, cpu, vcpu);
	c->vm = (uint8_t)vm;
	c->vcpu = (uint8_t)vcpu;
	v->vcpu[vcpu].cpu = (uint8_t)cpu;
	world.tlb.running[cpu].vttbr = c->vttbr;
	world.tlb.running[cpu].vcpu = vm * 8U + vcpu;
	world_leave();
	return true;
}

void life_load_meanwhile(void)
{
	const unsigned cpu = world.el2_cpu;
	const uint8_t busy = world.busy_vm;
	const uint64_t vttbr = read_vttbr_el2();
	const struct late_vmid late = world.late;
	static bool nested;

	if (nested || world.random == 0U || fake_below(&world.random, 2) != 0U) {
		return;
	}
	nested = true;
	(void)life_load(1U - cpu,
		(busy + 1U + fake_below(&world.random, WORLD_VMS - 1U)) % WORLD_VMS,
		fake_below(&world.random, WORLD_VCPUS));
	world_enter(cpu, busy);
	write_vttbr_el2(vttbr);
	world.late = late;
	nested = false;
}

void life_migrate(unsigned cpu, unsigned vm, unsigned vcpu)
{
	uint8_t from = world.vm[vm].vcpu[vcpu].cpu;

	if (world.vm[vm].live && from != WORLD_NOBODY && from != cpu) {
		life_unload(from);
	}
	(void)life_load(cpu, vm, vcpu);
}

/* Images that are copied before the start. */
static void prepare(unsigned cpu, unsigned vm)
{
	enum plinth_status status = PLINTH_EAGAIN;
	ipa_t cursor = ipa_init(0);

	for (unsigned i = 0; i < ROUNDS_MAX && status == PLINTH_EAGAIN; i++) {
		world_enter(cpu, vm);
		status = gmem_prepare_step(&world.vm[vm].gmem, &cursor);
		world_leave();
	}
}

/* vCPU 0 starts with its caches off. */
void life_start(unsigned cpu, unsigned vm)
{
	struct vm_state *v = &world.vm[vm];

	v->serial = ++world.serial;
	v->was_on = false;
	v->caches_off = 0;
	for (unsigned i = 0; i < WORLD_VCPUS; i++) {
		v->vcpu[i] = (struct vcpu_state){.cpu = WORLD_NOBODY};
	}
	for (unsigned p = 0; p < WORLD_DISK; p++) {
		guest_forget(vm, p);
	}
	world_enter(cpu, vm);
	if (gmem_start(&v->gmem, fill_secret, NULL) != PLINTH_OK) {
		world_fail("gmem_start: no memory");
	}
	world_leave();
	prepare(cpu, vm);
	host_vcpu_start(cpu, vm, 0, true);
}

void life_create(unsigned cpu, unsigned vm)
{
	struct vm_state *v = &world.vm[vm];
	enum plinth_status status;

	world_enter(cpu, vm);
	status = gmem_init(&v->gmem, &world.vm_config);
	if (status == PLINTH_OK) {
		tables_take(&v->gmem);
	}
	world_leave();
	v->live = status == PLINTH_OK;
	if (v->live) {
		v->disk_serial = ++world.serial;
		for (unsigned p = WORLD_DISK; p < WORLD_PAGES; p++) {
			guest_forget(vm, p);
		}
		life_start(cpu, vm);
	} else {
		world.no_memory++;
	}
}

/* What was freed just now is scrubbed, small pieces first: the table's page, then what it mapped;
 * at once, or what the first CPU has begun would be through long before. Then a guest gets it. */
static void use_freed(unsigned cpu)
{
	uint64_t random = world.random;

	world.random = 0;
	host_scrub(cpu);
	host_scrub(cpu);
	world.random = random;
	guest_go_on(cpu);
}

static void clear(unsigned cpu, unsigned vm, enum plinth_status (*step)(struct gmem *gmem))
{
	enum plinth_status status = PLINTH_EAGAIN;

	for (unsigned i = 0; i < ROUNDS_MAX && status == PLINTH_EAGAIN; i++) {
		world_enter(cpu, vm);
		status = step(&world.vm[vm].gmem);
		world_leave();
		/* What is free already is others'. */
		if (world.random != 0U && fake_below(&world.random, 2) == 0U) {
			use_freed(1U - cpu);
		}
	}
	if (status != PLINTH_OK) {
		world_fail("a VM's memory can't be taken back: %d", (int)status);
	}
}

void life_reset(unsigned cpu, unsigned vm)
{
	stop_all(vm);
	clear(cpu, vm, gmem_reset_step);
	if (world.random != 0U && fake_below(&world.random, 2) == 0U) {
		cpu = 1U - cpu; /* no barrier of the one that cleared it comes before */
	}
	for (unsigned p = WORLD_DISK; p < WORLD_PAGES; p++) {
		guest_carry_over(vm, p);
	}
	life_start(cpu, vm);
}

void life_destroy(unsigned cpu, unsigned vm)
{
	stop_all(vm);
	world.vm[vm].live = false;
	clear(cpu, vm, gmem_fini_step);
}
