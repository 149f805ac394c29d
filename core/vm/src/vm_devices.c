/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of the machine that are a VM's own. Its stage 2 has their pages; their interrupts are
 * linked (core/vgic) and enabled as long as the VM runs. When it does not, those that Plinth knows
 * how to reset are reset. RAM of a VM with devices is never anybody else's, so that one that goes
 * on writing harms nobody; only a soft restart would give that memory to others.
 */
#include "vm/vm_devices.h"

#include "arch/cpu.h"
#include "arch/mmio.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/checked.h"
#include "base/nospec.h"
#include "gic/gic.h"
#include "hypmap/hypmap.h"
#include "log/log.h"
#include "percpu/percpu.h"
#include "s2/s2.h"
#include "sched/sched.h"

#include "vm_private.h"

/* Registers of virtio-mmio (virtio 1.2, 4.2.2). */
#define VIRTIO_MAGIC	   0x000U
#define VIRTIO_STATUS	   0x070U
#define VIRTIO_MAGIC_VALUE 0x74726976U /* "virt" */
#define VIRTIO_MMIO_SIZE   0x100U      /* with the registers that every device has */

/* A device resets at once, or as soon as what it does is done: nobody waits for that. */
#define RESET_POLLS 100U

/* Whose the SPI is: id + 1, 0: nobody's. Atomic: interrupts come on any CPU. */
static uint16_t owners[VGIC_SPI_MAX];

/* The CPU that takes it. Under the lock of its VM's vGIC while that runs. */
static uint8_t cpus[VGIC_SPI_MAX];

/* A device may still write to memory when its VM is off. Atomic; stays. */
static uint32_t any_loud;

static uint64_t first_page(const struct vm_device *d)
{
	return align_down(d->base, PAGE_SIZE);
}

static uint64_t end_of_pages(const struct vm_device *d)
{
	return align_up(d->base + d->size, PAGE_SIZE);
}

bool vm_devices_fit(const struct vm_config *c)
{
	if ((c->flags & VM_FLAG_MEMORY_DIRECT) == 0U) {
		return c->ram_base == VM_RAM_BASE && c->device_count == 0U &&
		       c->interrupt_count == 0U;
	}
	return c->range_count == 0U && (c->flags & VM_FLAG_OVERCOMMIT) == 0U &&
	       c->ram_base >= VM_RAM_BASE && is_aligned(c->ram_base, BLOCK_2M) &&
	       c->device_count <= VM_DEVICE_MAX && c->interrupt_count <= VM_INTERRUPT_MAX;
}

/* Does one of the first `count` devices lie in its page? */
static bool is_in_pages(const struct vm *vm, uint32_t count, uint64_t address)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct vm_device *d = &vm->config.devices[i];

		if (address >= first_page(d) && address < end_of_pages(d)) {
			return true;
		}
	}
	return false;
}

bool vm_has_device(const struct vm *vm, ipa_t ipa)
{
	return is_in_pages(vm, vm->config.device_count, ipa.v);
}

/* Several devices may lie in a page; nothing else of the VM's may. */
static enum plinth_status map_pages(struct vm *vm, const struct vm_device *d)
{
	uint32_t before = (uint32_t)(d - vm->config.devices);
	enum plinth_status status = PLINTH_OK;

	for (uint64_t page = first_page(d); page < end_of_pages(d) && status == PLINTH_OK;
		page += PAGE_SIZE) {
		if (!is_in_pages(vm, before, page)) {
			status = gmem_map_device(
				&vm->gmem, ipa_init(page), pa_init(page), PAGE_SIZE);
		}
	}
	return status;
}

/* False: it may still do what the guest has told it to. */
static bool reset_device(const struct vm_device *d)
{
	uintptr_t regs = (uintptr_t)pa_to_va(pa_init(d->base));

	if ((d->flags & VM_DEVICE_VIRTIO) == 0U) {
		return false;
	}
	if (arch_mmio_read32(regs + VIRTIO_MAGIC) != VIRTIO_MAGIC_VALUE) {
		return true; /* nothing there */
	}
	arch_mmio_write32(regs + VIRTIO_STATUS, 0);
	for (unsigned i = 0; i < RESET_POLLS; i++) {
		if (arch_mmio_read32(regs + VIRTIO_STATUS) == 0U) {
			return true;
		}
		arch_yield();
	}
	return false;
}

/* Has another VM something in its pages? One that is half-built, too. */
static bool is_anothers(const struct vm *vm, const struct vm_device *d)
{
	const struct vm *other;

	for (uint32_t id = 0; (other = vm_next_slot(&id)) != NULL;) {
		for (uint32_t i = 0; other != vm && i < other->config.device_count; i++) {
			const struct vm_device *its = &other->config.devices[i];

			if (first_page(d) < end_of_pages(its) &&
				first_page(its) < end_of_pages(d)) {
				return true;
			}
		}
	}
	return false;
}

static enum plinth_status take_device(struct vm *vm, const struct vm_device *d)
{
	enum plinth_status status = PLINTH_OK;

	if (is_anothers(vm, d)) {
		return PLINTH_EEXIST;
	}
	if ((d->flags & VM_DEVICE_VIRTIO) != 0U) {
		bool is_good = d->size >= VIRTIO_MMIO_SIZE && is_aligned(d->base, sizeof(uint32_t));

		status = is_good ? hypmap_device(pa_init(d->base), d->size) : PLINTH_EINVAL;
		/* Whatever used it before may have left it at work. */
		if (status == PLINTH_OK && !reset_device(d)) {
			status = PLINTH_EINVAL;
		}
	}
	return status == PLINTH_OK ? map_pages(vm, d) : status;
}

static enum plinth_status take_interrupts(struct vm *vm)
{
	for (uint32_t i = 0; i < vm->config.interrupt_count; i++) {
		intid_t intid = vm->config.interrupts[i].intid;

		/* The link first: it says whether a VM can have that one at all. */
		if (vgic_link_spi(&vm->vgic, intid) != PLINTH_OK ||
			intid - VGIC_SPI_FIRST >= gic_spi_count() ||
			owners[intid - VGIC_SPI_FIRST] != 0U) {
			return PLINTH_EEXIST;
		}
		gic_set_edge(intid, (vm->config.interrupts[i].flags & VM_INTERRUPT_EDGE) != 0U);
		store_release(&owners[intid - VGIC_SPI_FIRST], (uint16_t)(vm->id + 1U));
	}
	return PLINTH_OK;
}

uint32_t vm_devices_spi_count(const struct vm_config *config)
{
	uint64_t count = VM_SPI_COUNT;

	for (uint32_t i = 0; i < config->interrupt_count; i++) {
		count = max_u64(count, config->interrupts[i].intid - VGIC_SPI_FIRST + 1U);
	}
	return (uint32_t)align_up(count, 32U);
}

enum plinth_status vm_devices_init(struct vm *vm, const char **why)
{
	enum plinth_status status = PLINTH_OK;

	*why = "a device of the machine, or an interrupt, is another VM's, or cannot be had";
	for (uint32_t i = 0; i < vm->config.device_count && status == PLINTH_OK; i++) {
		status = take_device(vm, &vm->config.devices[i]);
	}
	if (status == PLINTH_OK) {
		status = take_interrupts(vm);
	}
	if (status == PLINTH_OK && (vm->config.flags & VM_FLAG_MEMORY_DIRECT) != 0U) {
		log_warning("vm %s: trusted: its devices reach all of the machine's memory",
			vm->config.name);
	}
	return status;
}

void vm_devices_fini(const struct vm *vm)
{
	/* By owner: of a VM that is half-built nobody may have checked the config. */
	for (uint32_t i = 0; i < VGIC_SPI_MAX; i++) {
		if (owners[i] == vm->id + 1U) {
			store_relaxed(&owners[i], (uint16_t)0);
		}
	}
}

/* The first CPU that the VM may run on. */
static cpu_id_t near_cpu(const struct vm *vm)
{
	uint64_t cpus_left = vm->config.affinity;

	while (cpus_left != 0U && !sched_is_online(bit_lowest(cpus_left))) {
		cpus_left &= cpus_left - 1U;
	}
	return cpus_left == 0U ? 0U : bit_lowest(cpus_left);
}

static void be_loud(struct vm *vm)
{
	store_relaxed(&any_loud, 1U);
	vm->devices.is_loud = true;
}

/* What a guest had not ended, and edges that came meanwhile. */
static void forget(intid_t intid)
{
	gic_clear_pending(intid);
	gic_set_active(intid, false);
}

/* Once more forgotten: another CPU may have acknowledged one just before the interrupts were
 * disabled. */
void vm_devices_start(struct vm *vm)
{
	vm->devices.stopped = 0;
	for (uint32_t i = 0; i < vm->config.device_count; i++) {
		if ((vm->config.devices[i].flags & VM_DEVICE_VIRTIO) == 0U) {
			be_loud(vm); /* nobody can silence it from now on */
		}
	}
	for (uint32_t i = 0; i < vm->config.interrupt_count; i++) {
		intid_t intid = vm->config.interrupts[i].intid;

		forget(intid);
		cpus[intid - VGIC_SPI_FIRST] = (uint8_t)near_cpu(vm);
		gic_route_spi(intid, near_cpu(vm));
		gic_enable(intid);
	}
}

void vm_device_adopt(intid_t intid)
{
	uint8_t *cpu = &cpus[index_nospec(intid - VGIC_SPI_FIRST, VGIC_SPI_MAX)];

	if (*cpu != cpu_this()) {
		*cpu = (uint8_t)cpu_this();
		gic_move_active(intid, cpu_this());
	}
}

/* One device after the other: its registers may be slow. */
enum plinth_status vm_devices_stop_step(struct vm *vm)
{
	const struct vm_config *c = &vm->config;
	uint32_t next = vm->devices.stopped;

	for (uint32_t i = 0; next == 0U && i < c->interrupt_count; i++) {
		gic_disable(c->interrupts[i].intid);
	}
	if (next < c->device_count) {
		if (!reset_device(&c->devices[next])) {
			be_loud(vm);
		}
		vm->devices.stopped++;
		return PLINTH_EAGAIN;
	}
	for (uint32_t i = 0; i < c->interrupt_count; i++) {
		forget(c->interrupts[i].intid);
	}
	vm->devices.run = false;
	return PLINTH_OK;
}

void vm_devices_report(struct vm *vm)
{
	if (vm->devices.is_loud && !vm->devices.is_reported) {
		vm->devices.is_reported = true;
		log_limited(&vm->log_limit, LOG_WARNING,
			"vm %s: a device of it cannot be reset: no soft restart from now on",
			vm->config.name);
	}
}

bool vm_devices_are_quiet(void)
{
	return load_relaxed(&any_loud) == 0U;
}

bool vm_device_interrupt(intid_t intid)
{
	uint32_t index = intid - VGIC_SPI_FIRST;
	uint32_t owner = index < VGIC_SPI_MAX ? load_acquire(&owners[index]) : 0U;
	struct vm *vm = owner != 0U ? vm_get(owner - 1U) : NULL;

	return vm != NULL && vgic_set_spi(&vm->vgic, intid, true) == PLINTH_OK;
}
