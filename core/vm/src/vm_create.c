/* SPDX-License-Identifier: Apache-2.0 */
#include "base/atomic.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"
#include "base/string.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

#include "vm_private.h"

static const char no_memory[] = "there is not enough free memory for it";
const char vm_name_is_taken[] = "the name is taken";

/* vCPUs, ID registers and bytes that one step sees to. */
#define STEP_VCPUS  4U
#define STEP_IDREGS 8U
#define STEP_BYTES  KIB(32)

static struct vm_host host;
static uint32_t serials; /* atomic: of the VM that was made last */

enum plinth_status vm_setup(const struct vm_host *setup)
{
	host = *setup;
	vm_pvtime_setup(host.ticks_per_second);
	vm_uefi_setup();
	vm_starve_setup();
	return vm_leave_setup();
}

const struct vm_host *vm_host(void)
{
	return &host;
}

unsigned vm_order_for(uint64_t bytes)
{
	unsigned order = 0;

	while ((PAGE_SIZE << order) < bytes) {
		order++;
	}
	return order;
}

static void init_vcpu(struct vm *vm, vcpu_id_t id)
{
	struct vcpu *vcpu = &vm->vcpu[id];

	vcpu->vm = vm;
	vcpu->terminal = &vm->terminal;
	vcpu->id = id;
	vcpu->caches_on = true; /* until it starts: vm_caches_off */
	sched_entity_init(&vcpu->sched, vm->config.weight, vm->config.affinity);
	vtimer_init(&vcpu->timer, &vm->time, &vm_vtimer_ops, vcpu);
	debugregs_init(&vcpu->debug, (vm->config.flags & VM_FLAG_BACKDOOR_BRK) != 0U);
	/* Ids and links are the machine's own: neither can be out of range. */
	PLINTH_CHECK(vgic_cpu_init(&vm->vgic, &vcpu->gic, id) == PLINTH_OK);
	PLINTH_CHECK(
		vgic_link_ppi(&vcpu->gic, VTIMER_INTID_VIRT, host.virt_timer_intid) == PLINTH_OK);
}

static enum plinth_status init_gic(struct vm *vm)
{
	bool v2 = (vm->config.flags & VM_FLAG_GICV2) != 0U;
	const struct vgic_config config = {
		.view = v2 ? VGIC_VIEW_V2 : VGIC_VIEW_V3,
		.vcpu_count = vm->config.vcpu_count,
		.spi_count = vm_devices_spi_count(&vm->config),
		.hw = host.gic,
		.ops = &vm_vgic_ops,
		.ctx = vm,
	};

	if (v2 != (host.gic_version == 2U)) {
		return PLINTH_ENOTSUP;
	}
	return vgic_init(&vm->vgic, &config);
}

/* The machine's own map: disjoint, and fewer than there are slots. */
static void add_region(struct vm *vm, uint64_t base, uint64_t size, mmio_handler_fn *handler,
	void *ctx, const char *name)
{
	enum plinth_status status = mmio_add(&vm->mmio, ipa_init(base), size, handler, ctx, name);

	PLINTH_CHECK(status == PLINTH_OK);
}

static void map_devices(struct vm *vm)
{
	bool v2 = vm->vgic.view == VGIC_VIEW_V2;
	uint64_t redists = VGIC_REDIST_SIZE * vm->config.vcpu_count;

	add_region(vm, VM_GICD_BASE, v2 ? VGIC_V2_DIST_SIZE : VGIC_DIST_SIZE, vgic_dist_mmio,
		&vm->vgic, "gicd");
	if (!v2) {
		add_region(vm, VM_GICR_BASE, redists, vgic_redist_mmio, &vm->vgic, "gicr");
	}
	add_region(vm, VM_UART_BASE, VUART_SIZE, vuart_mmio, &vm->terminal.uart, "uart");
	add_region(vm, VM_RTC_BASE, VRTC_SIZE, vrtc_mmio, &vm->rtc, "rtc");
	if ((vm->config.flags & VM_FLAG_CONTROL) != 0U) {
		add_region(vm, VM_GPIO_BASE, VGPIO_SIZE, vgpio_mmio, &vm->gpio, "gpio");
	}
}

/* What the guest reads from ID registers does not change: worked out once. */
static enum plinth_status fill_idregs(struct vm *vm, const char **why)
{
	const struct idregs_vm view = {.gicv3 = vm->vgic.view == VGIC_VIEW_V3};

	(void)why;
	for (unsigned n = 0; n < STEP_IDREGS && vm->idregs_built < VM_IDREG_COUNT; n++) {
		uint32_t i = vm->idregs_built++;
		a64_sysreg_t reg = A64_SYSREG(3, 0, 0, 0, 0) + i;

		if (idregs_owns(reg)) {
			vm->idreg[i] = idregs_view(&view, reg, idregs_host, NULL);
		}
	}
	return vm->idregs_built < VM_IDREG_COUNT ? PLINTH_EAGAIN : PLINTH_OK;
}

static enum plinth_status init_interrupts(struct vm *vm, const char **why)
{
	*why = "its interrupt controller is not the machine's kind";
	return init_gic(vm);
}

static enum plinth_status init_memory(struct vm *vm, const char **why)
{
	enum plinth_status status = gmem_init(&vm->gmem, &vm->config);
	if (status != PLINTH_OK) {
		*why = status == PLINTH_ENOMEM ? no_memory : "its images cannot be placed";
		return status;
	}
	if (vm->vgic.view == VGIC_VIEW_V2) {
		status = gmem_map_device(
			&vm->gmem, ipa_init(VM_GICC_BASE), host.gicv, host.gicv_size);
		if (status != PLINTH_OK) {
			*why = "the GICv2 CPU interface cannot be mapped";
		}
	}
	return status;
}

static enum plinth_status init_pages(struct vm *vm, const char **why)
{
	enum plinth_status status = vm_pvtime_init(vm);

	if (status == PLINTH_OK) {
		status = vm_uefi_init(vm);
	}
	*why = no_memory;
	return status;
}

static enum plinth_status init_parts(struct vm *vm, const char **why)
{
	(void)why;
	lock_init(&vm->lock, LOCK_RANK_CONTROL);
	lock_init(&vm->cache_lock, LOCK_RANK_DEVICE);
	vtimer_vm_init(&vm->time);
	psci_init(&vm->psci, &vm_psci_ops, vm, vm->psci_vcpu, vm->config.vcpu_count);
	vuart_init(&vm->terminal.uart, &vm_uart_ops, vm);
	vrtc_init(&vm->rtc, &vm_rtc_ops, vm);
	vgpio_init(&vm->gpio, &vm_gpio_ops, vm);
	timer_init(&vm->worker, vm_work, vm);
	timer_init(&vm->rtc_timer, vm_rtc_expired, vm);
	timer_init(&vm->soft_timer, vm_soft_expired, vm);
	timer_init(&vm->debug.timer, vm_debug_expired, vm);
	map_devices(vm);
	return PLINTH_OK;
}

static enum plinth_status init_vcpus(struct vm *vm, const char **why)
{
	(void)why;
	for (unsigned i = 0; i < STEP_VCPUS && vm->vcpus_built < vm->config.vcpu_count; i++) {
		init_vcpu(vm, vm->vcpus_built);
		vm->vcpus_built++;
	}
	return vm->vcpus_built < vm->config.vcpu_count ? PLINTH_EAGAIN : PLINTH_OK;
}

/* The rest of what vm_build_begin() has zeroed the first pages of. */
static enum plinth_status zero(struct vm *vm, const char **why)
{
	uint64_t size = min_u64(STEP_BYTES, PAGE_SIZE * vm->page_count - vm->zeroed);

	(void)why;
	pmem_zero_fresh(pa_add(vm->pages, vm->zeroed), size);
	vm->zeroed += size;
	return vm->zeroed < PAGE_SIZE * vm->page_count ? PLINTH_EAGAIN : PLINTH_OK;
}

enum plinth_status vm_build_begin(
	const struct vm_config *config, uint32_t content, struct vm **out, const char **why)
{
	uint64_t vcpus_at = align_up(sizeof(struct vm), 64);
	pa_t pages;
	uint64_t size = align_up(vcpus_at + sizeof(struct vcpu) * config->vcpu_count, PAGE_SIZE);
	unsigned order = vm_order_for(size);

	*why = no_memory;
	enum plinth_status status = pmem_alloc(order, content | PMEM_USER_CORE, &pages);

	if (status != PLINTH_OK) {
		return status;
	}
	struct vm *vm = pa_to_va(pages);
	uint64_t zeroed = content == PMEM_CLEAN ? size : align_up(sizeof(*vm), PAGE_SIZE);

	vm_give_pages(pages, size / PAGE_SIZE, BIT(order));
	if (content != PMEM_CLEAN) {
		pmem_zero_fresh(pages, zeroed);
	}
	vm->zeroed = zeroed;
	vm->config = *config;
	size_t length = strnlen(config->name, VM_NAME_SIZE);

	memset(vm->config.name + length, 0,
		VM_NAME_SIZE - length); /* vm_find() compares all of it */
	vm->pages = pages;
	vm->page_count = size / PAGE_SIZE;
	vm->vcpu = (struct vcpu *)(void *)((char *)vm + vcpus_at);
	vm->serial = fetch_add_relaxed(&serials, 1U) + 1U;
	if (!vm_take_slot(vm)) {
		*why = "there are 256 VMs already";
		vm_give_pages(pages, 0, size / PAGE_SIZE);
		return PLINTH_ENOMEM;
	}
	*out = vm;
	return PLINTH_OK;
}

enum plinth_status vm_build_step(struct vm *vm, const char **why)
{
	typedef enum plinth_status step_fn(struct vm *, const char **);
	static step_fn *const steps[] = {zero, init_interrupts, init_memory, init_pages,
		vm_backdoor_init, vm_devices_init, init_parts, init_vcpus, fill_idregs};

	if (vm->steps_built == ARRAY_SIZE(steps)) {
		return PLINTH_OK;
	}
	enum plinth_status status = steps[vm->steps_built](vm, why);

	if (status == PLINTH_OK) {
		vm->steps_built++;
	}
	return status == PLINTH_OK ? PLINTH_EAGAIN : status;
}

void vm_build_end(struct vm *vm)
{
	console_port_add(&vm->terminal.port, CONSOLE_PORT_VM, vm->config.name, &vm_port_ops, vm);
	vm->has_port = true;
	vm_show(vm);
}

void vm_build_free(struct vm *vm)
{
	vm_pvtime_fini(vm);
	uefirt_fini(&vm->uefirt);
	backdoor_fini(&vm->backdoor);
	vm_store_free(vm);
	vm_devices_fini(vm);
	vm_drop_slot(vm);
	vm_give_pages(vm->pages, 0, vm->page_count);
}

enum plinth_status vm_create(const struct vm_config *config, struct vm **out, const char **why)
{
	struct vm *vm;
	enum plinth_status status = vm_config_check(config, why);

	if (status == PLINTH_OK && vm_find(config->name) != NULL) {
		*why = vm_name_is_taken;
		status = PLINTH_EEXIST;
	}
	if (status == PLINTH_OK) {
		status = vm_build_begin(config, PMEM_CLEAN, &vm, why);
	}
	if (status != PLINTH_OK) {
		return status;
	}
	do {
		status = vm_build_step(vm, why);
	} while (status == PLINTH_EAGAIN);
	if (status != PLINTH_OK) {
		while (gmem_fini_step(&vm->gmem) == PLINTH_EAGAIN) {
		}
		vm_build_free(vm);
		return status;
	}
	vm_uefi_load(vm);
	vm_build_end(vm);
	*out = vm;
	return PLINTH_OK;
}
