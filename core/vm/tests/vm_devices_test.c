/* SPDX-License-Identifier: Apache-2.0 */
/* VMs with devices of the machine: their pages, their interrupts, their memory, and their end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "../src/vm_private.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "fake/mmio.h"
#include "hypmap/hypmap.h"
#include "s2/s2.h"
#include "vm/vm_devices.h"
#include "vm/vm_table.h"
#include "vm_rig.h"

/* Where the host's own memory may lie at the address that it has there. */
#define RAM	  UINT64_C(0x50200000)
#define RAM_SIZE  MIB(4)
#define VIRTIO	  UINT64_C(0x0a003000) /* eight transports in one page */
#define TRANSPORT 0x200U
#define COUNT	  8U
#define DISK	  79U /* SPI 47 */
#define NET	  78U

#define LR_HW	   BIT(61)
#define LR_PENDING BIT(62)
#define LR_ACTIVE  BIT(63)

static uint32_t status[COUNT]; /* of virtio */
static bool is_stuck;	       /* a reset is begun and never done */
static unsigned mapped;
static uint64_t online; /* CPUs, in place of the real ones; 0: those */

bool __real_sched_is_online(cpu_id_t cpu);
bool __wrap_sched_is_online(cpu_id_t cpu);

bool __wrap_sched_is_online(cpu_id_t cpu)
{
	return online == 0U ? __real_sched_is_online(cpu) : (online >> cpu & 1U) != 0U;
}

enum plinth_status __wrap_hypmap_device(pa_t base, uint64_t size);

enum plinth_status __wrap_hypmap_device(pa_t base, uint64_t size)
{
	assert_in_range(base.v, VIRTIO, VIRTIO + 0xfff);
	assert_int_equal(size, TRANSPORT);
	mapped++;
	return PLINTH_OK;
}

static uint64_t read_virtio(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	assert_int_equal(size, 4);
	switch (offset % TRANSPORT) {
	case 0:
		return offset / TRANSPORT == 3U ? 0U : 0x74726976U; /* one is not there */
	case 0x70:
		return status[offset / TRANSPORT];
	default:
		fail_msg("read at 0x%llx", (unsigned long long)offset);
		return 0;
	}
}

static void write_virtio(void *ctx, uint64_t offset, unsigned size, uint64_t v)
{
	(void)ctx;
	assert_int_equal(size, 4);
	assert_int_equal(offset % TRANSPORT, 0x70);
	assert_int_equal(v, 0);
	if (!is_stuck) {
		status[offset / TRANSPORT] = 0;
	}
}

static bool is_set(const uint32_t *words, uint32_t intid)
{
	return (words[intid / 32U] >> (intid % 32U) & 1U) != 0U;
}

static int group_setup(void **state)
{
	static const struct fake_device virtio = {VIRTIO, 0x1000, NULL, read_virtio, write_virtio};
	void *ram = mmap((void *)(uintptr_t)RAM, RAM_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	(void)state;
	assert_int_equal((uintptr_t)ram, RAM);
	vm_rig_init();
	fake_mmio_add(&virtio);
	return 0;
}

/* A transport named, and all that share its page. */
static struct vm_config *config_of(const char *name)
{
	static struct vm_config config;

	vm_rig_config(&config, name);
	config.flags = VM_FLAG_MEMORY_DIRECT;
	config.range_count = 0;
	config.ram_base = RAM;
	config.ram_size = RAM_SIZE;
	config.entry = RAM;
	for (uint32_t i = 0; i < COUNT; i++) {
		config.devices[i] = (struct vm_device){
			VIRTIO + (uint64_t)i * TRANSPORT, TRANSPORT, VM_DEVICE_VIRTIO};
	}
	config.device_count = COUNT;
	config.interrupts[0] = (struct vm_interrupt){DISK, VM_INTERRUPT_EDGE};
	config.interrupts[1] = (struct vm_interrupt){NET, 0};
	config.interrupt_count = 2;
	return &config;
}

static struct vm *make(const struct vm_config *config)
{
	struct vm *vm = NULL;
	const char *why = NULL;

	memset(&vm_rig_gic, 0, sizeof(vm_rig_gic));
	assert_int_equal(vm_create(config, &vm, &why), PLINTH_OK);
	return vm;
}

static struct vm *start(const struct vm_config *config)
{
	struct vm *vm = make(config);

	memset(status, 0xff, sizeof(status));
	assert_int_equal(vm_start(vm), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	return vm;
}

static void end(struct vm *vm)
{
	vm_id_t id = vm->id;

	assert_int_equal(vm_destroy(vm), PLINTH_OK);
	vm_rig_settle();
	assert_null(vm_get(id));
}

/* As its guest sets its GIC up. */
static void enable_all(struct vm *vm)
{
	static const uint64_t writes[][2] = {{0, 3}, {0x88, UINT32_MAX}, {0x108, UINT32_MAX}};

	for (unsigned i = 0; i < ARRAY_SIZE(writes); i++) {
		struct mmio_access access = {writes[i][0], writes[i][1], 0, 4, true};

		assert_int_equal(vgic_dist_mmio(&vm->vgic, &access), MMIO_DONE);
	}
}

/* The list register of this CPU that names it; NULL: none does. */
static uint64_t *lr_of(uint32_t intid)
{
	for (unsigned i = 0; i < ARRAY_SIZE(vm_rig_lr); i++) {
		if ((uint32_t)vm_rig_lr[i] == intid &&
			(vm_rig_lr[i] & (LR_PENDING | LR_ACTIVE)) != 0U) {
			return &vm_rig_lr[i];
		}
	}
	return NULL;
}

/* The device raises it: the machine's GIC has it active until somebody ends it. */
static void fire(struct vm *vm, uint32_t intid)
{
	assert_true(is_set(vm_rig_gic.enabled, intid));
	vm_rig_gic.active[intid / 32U] |= UINT32_C(1) << (intid % 32U);
	assert_true(vm_device_interrupt(intid));
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	vgic_flush(&vm->vcpu[0].gic);
}

static struct s2_leaf leaf_of(struct vm *vm, uint64_t ipa)
{
	struct s2_leaf leaf;

	lock_take(&vm->gmem.lock);
	assert_int_equal(s2_lookup(&vm->gmem.space, ipa_init(ipa), &leaf), PLINTH_OK);
	lock_drop(&vm->gmem.lock);
	return leaf;
}

static void test_interrupts(void **state)
{
	struct vm *vm = start(config_of("irq"));

	(void)state;
	assert_int_equal(mapped, COUNT);
	enable_all(vm);
	assert_true(is_set(vm_rig_gic.enabled, DISK) && is_set(vm_rig_gic.enabled, NET));
	assert_int_equal(vm_rig_gic.config[DISK / 16U] >> (DISK % 16U * 2U) & 3U, 2);
	assert_int_equal(vm_rig_gic.config[NET / 16U] >> (NET % 16U * 2U) & 3U, 0);
	fire(vm, DISK);
	assert_non_null(lr_of(DISK));
	assert_int_equal(*lr_of(DISK) & (LR_HW | LR_PENDING), LR_HW | LR_PENDING);
	assert_int_equal(*lr_of(DISK) >> 32 & 0x3ffU, DISK);
	assert_null(lr_of(NET));
	assert_false(vm_device_interrupt(77)); /* in the page, but not named */
	assert_false(vm_device_interrupt(27));
	assert_false(vm_device_interrupt(1019));
	end(vm);
}

/* Each way to the end: nothing of the interrupt is left, and every transport is reset. */
static void test_it_stops_with_an_active_interrupt(void **state)
{
	static const enum vm_goal goals[] = {VM_GOAL_OFF, VM_GOAL_CRASH, VM_GOAL_RESET};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(goals); i++) {
		struct vm *vm = start(config_of("stop"));

		enable_all(vm);
		fire(vm, DISK);
		assert_non_null(lr_of(DISK));
		*lr_of(DISK) ^= LR_PENDING | LR_ACTIVE; /* the guest takes it */
		vm_rig_gic.pending[NET / 32U] |= UINT32_C(1) << (NET % 32U);
		assert_int_equal(vm_stop(vm, goals[i]), PLINTH_OK);
		vm_rig_settle();
		assert_false(is_set(vm_rig_gic.active, DISK));
		assert_false(is_set(vm_rig_gic.pending, NET));
		assert_int_equal(is_set(vm_rig_gic.enabled, DISK), goals[i] == VM_GOAL_RESET);
		for (unsigned k = 0; k < COUNT; k++) {
			assert_int_equal(status[k], k == 3U ? UINT32_MAX : 0U);
		}
		assert_true(vm_devices_are_quiet());
		if (goals[i] == VM_GOAL_RESET) {
			assert_int_equal(vm->state, VM_RUNNING);
			enable_all(vm);
			assert_null(lr_of(DISK));
			fire(vm, DISK); /* and it comes again */
			assert_int_equal(*lr_of(DISK) & LR_HW, LR_HW);
		}
		end(vm);
	}
}

/* IPA = PA, all of it there before the guest touches it, and what a device writes stays. */
static void test_memory(void **state)
{
	static const uint8_t image[] = "what it starts with";
	struct vm_config *config = config_of("ram");
	uint8_t *ram = (uint8_t *)(uintptr_t)RAM;
	uint64_t free_before = vm_rig_free_pages();
	uint8_t byte = 0;

	(void)state;
	config->images[0] = (struct vm_image){
		RAM + PAGE_SIZE, sizeof(image), (uintptr_t)image, VM_IMAGE_COPY, 0};
	config->image_count = 1;
	memset(ram, 0x5a, RAM_SIZE);

	struct vm *vm = start(config);

	for (uint64_t at = 0; at < RAM_SIZE; at += PAGE_SIZE) {
		struct s2_leaf leaf = leaf_of(vm, RAM + at);

		assert_true(leaf.valid);
		assert_int_equal(leaf.pa.v, leaf.ipa.v);
		assert_int_equal(ram[at], at == PAGE_SIZE ? image[0] : 0);
	}
	ram[MIB(3)] = 0xd3; /* by DMA, before anybody has touched the page */
	assert_int_equal(gmem_fault(&vm->gmem, &(struct gmem_fault){.ipa = ipa_init(RAM + MIB(3)),
						       .access = GMEM_READ}),
		GMEM_RESUME);
	assert_int_equal(gmem_read(&vm->gmem, ipa_init(RAM + MIB(3)), &byte, 1), PLINTH_OK);
	assert_int_equal(byte, 0xd3);
	assert_int_equal(gmem_relinquish(&vm->gmem, ipa_init(RAM), S2_LEVEL_2M), PLINTH_ENOTSUP);
	assert_int_equal(gmem_fault(&vm->gmem, &(struct gmem_fault){.ipa = ipa_init(RAM + MIB(3)),
						       .access = GMEM_FETCH}),
		GMEM_RESUME);
	assert_int_equal(leaf_of(vm, RAM + MIB(3)).pa.v, RAM + MIB(3)); /* split, where it was */
	/* A reset starts afresh, in the same place. */
	ram[PAGE_SIZE] = 0;
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(ram[PAGE_SIZE], image[0]);
	assert_int_equal(ram[MIB(3)], 0);
	assert_int_equal(leaf_of(vm, RAM + MIB(3)).pa.v, align_down(RAM + MIB(3), BLOCK_2M));
	end(vm);
	/* Nobody else gets it: a device might still write to it. (The one page is core/vm's.) */
	assert_in_range(vm_rig_free_pages(), free_before - 1U, free_before);
}

static void test_pages(void **state)
{
	struct vm *vm = start(config_of("pages"));
	struct vm *other = vm_rig_create("other", 1, 0);
	struct s2_leaf leaf = leaf_of(vm, VIRTIO + 0x123U);

	(void)state;
	assert_true(leaf.valid);
	assert_int_equal(leaf.pa.v, VIRTIO);
	assert_int_equal(leaf.attrs, S2_ATTR_DEVICE | S2_ATTR_WRITE);
	assert_false(leaf_of(vm, VIRTIO + PAGE_SIZE).valid);
	assert_false(leaf_of(vm, VIRTIO - 1U).valid);
	assert_false(leaf_of(other, VIRTIO).valid);
	assert_int_equal(gmem_fault(&other->gmem, &(struct gmem_fault){.ipa = ipa_init(VIRTIO),
							  .access = GMEM_READ}),
		GMEM_NOT_RAM);
	/* It stays, whatever its RAM does. */
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	vm_rig_settle();
	assert_true(leaf_of(vm, VIRTIO).valid);
	end(vm);
}

static void check_refused(const struct vm_config *config)
{
	uint64_t free_pages = vm_rig_free_pages();
	struct vm *vm = NULL;
	const char *why = NULL;

	assert_int_not_equal(vm_create(config, &vm, &why), PLINTH_OK);
	assert_non_null(why);
	assert_int_equal(vm_rig_free_pages(), free_pages);
}

static void test_an_interrupt_is_one_vms(void **state)
{
	struct vm *first = start(config_of("first"));
	struct vm_config *config = config_of("second");

	(void)state;
	config->device_count = 0;
	config->interrupts[0].intid = 70; /* free; the other one is taken */
	check_refused(config);
	assert_true(vm_device_interrupt(NET));
	assert_false(vm_device_interrupt(70));
	end(first);
	assert_false(vm_device_interrupt(NET));
	end(start(config));
}

/* Not even the other end of it. */
static void test_a_page_is_one_vms(void **state)
{
	struct vm *first = start(config_of("first"));
	struct vm_config *config = config_of("second");

	(void)state;
	config->interrupt_count = 0;
	config->device_count = 1;
	config->devices[0] = (struct vm_device){VIRTIO - 8U, 9, 0};
	check_refused(config);
	config->devices[0] = (struct vm_device){VIRTIO + PAGE_SIZE - 1U, PAGE_SIZE, 0};
	check_refused(config);
	config->devices[0] = (struct vm_device){VIRTIO + PAGE_SIZE, PAGE_SIZE, 0};
	end(make(config));
	end(first);
}

/* Firmware, or whatever was here before, may have left them at work. */
static void test_they_are_reset_before_the_first_run(void **state)
{
	struct vm *vm;

	(void)state;
	memset(status, 0xff, sizeof(status));
	is_stuck = true;
	check_refused(config_of("early"));
	is_stuck = false;
	vm = make(config_of("early"));
	for (unsigned k = 0; k < COUNT; k++) {
		assert_int_equal(status[k], k == 3U ? UINT32_MAX : 0U);
	}
	end(vm);
}

/* Its interrupts go where it may run: not to the first CPU of all. */
static void test_an_interrupt_goes_to_a_cpu_of_the_vms(void **state)
{
	static struct percpu other = {.mpidr = 0x203};
	struct vm_config *config = config_of("elsewhere");
	struct vm *vm;

	(void)state;
	config->affinity = 0x7;
	vm = make(config);
	percpu_table[2] = &other;
	online = 0x4;
	vm_devices_start(vm);
	online = 0;
	percpu_table[2] = NULL;
	assert_int_equal(vm_rig_gic.route[DISK], 0x203);
	end(vm);
}

/* No worker's step resets two: their registers may be slow. */
static void test_one_step_resets_one(void **state)
{
	struct vm *vm = start(config_of("steps"));

	(void)state;
	memset(status, 0xff, sizeof(status));
	for (unsigned n = 0; n < COUNT; n++) {
		assert_int_equal(vm_devices_stop_step(vm), PLINTH_EAGAIN);
		for (unsigned k = 0; k < COUNT; k++) {
			assert_int_equal(status[k], k <= n && k != 3U ? 0U : UINT32_MAX);
		}
		assert_false(is_set(vm_rig_gic.enabled, DISK));
	}
	assert_int_equal(vm_devices_stop_step(vm), PLINTH_OK);
	end(vm);
}

static void test_what_cannot_be_taken(void **state)
{
	struct vm_config *config = config_of("bad");

	(void)state;
	config->devices[7].size = 0x80; /* has no Status */
	check_refused(config);
	config = config_of("bad");
	config->devices[7].base += 2U;
	check_refused(config);
	/* Where something of the VM's is already that is no device. */
	config = config_of("bad");
	config->devices[0] = (struct vm_device){RAM + RAM_SIZE - 8U, 8, 0};
	check_refused(config);
	config = config_of("bad");
	config->interrupts[1].intid = 287; /* the last that a VM may have */
	end(start(config));
}

/* A VM that is made while others run has none: who makes it is not trusted with DMA. */
static void test_not_for_a_vm_that_is_made(void **state)
{
	struct vm *vm;
	const char *why = NULL;

	(void)state;
	assert_int_equal(vm_make_begin(config_of("made"), PAGE_SIZE, &vm, &why), PLINTH_EINVAL);
	assert_non_null(strstr(why, "bundle"));
}

/* Last of all: from here on no soft restart is safe. */
static void test_a_device_that_goes_on(void **state)
{
	struct vm_config *config = config_of("stuck");
	struct vm *vm = start(config);

	(void)state;
	assert_true(vm_devices_are_quiet());
	is_stuck = true;
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_OFF);
	assert_false(vm_devices_are_quiet());
	assert_true(vm->devices.is_loud && vm->devices.is_reported);
	is_stuck = false;
	/* It may start again: what the device writes to is its own. */
	assert_int_equal(vm_start(vm), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(vm->state, VM_RUNNING);
	end(vm);
	assert_false(vm_devices_are_quiet());
}

/* A device of another kind is as good as stuck, from the start on. */
static void test_a_device_that_nobody_can_reset(void **state)
{
	struct vm_config *config = config_of("other-kind");
	struct vm *vm;

	(void)state;
	config->devices[0].flags = 0;
	vm = make(config);
	assert_false(vm->devices.is_loud);
	assert_int_equal(vm_start(vm), PLINTH_OK);
	vm_rig_settle();
	assert_true(vm->devices.is_loud);
	end(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_it_stops_with_an_active_interrupt),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_an_interrupt_is_one_vms),
		cmocka_unit_test(test_a_page_is_one_vms),
		cmocka_unit_test(test_they_are_reset_before_the_first_run),
		cmocka_unit_test(test_an_interrupt_goes_to_a_cpu_of_the_vms),
		cmocka_unit_test(test_one_step_resets_one),
		cmocka_unit_test(test_what_cannot_be_taken),
		cmocka_unit_test(test_not_for_a_vm_that_is_made),
		cmocka_unit_test(test_a_device_that_goes_on),
		cmocka_unit_test(test_a_device_that_nobody_can_reset),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
