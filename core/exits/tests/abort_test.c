/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 aborts: where the address is from, who answers, and what the guest sees if none does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "errata/errata.h"
#include "exits_rig.h"
#include "trace/trace.h"
#include "vm/vm_devices.h"

#define FETCH(iss) (((uint64_t)EC_IABT_LOWER << ESR_EC_SHIFT) | ESR_IL | (iss))
#define PAGE	   (VM_RAM_BASE + MIB(2))

static void set_fault(uint64_t far, uint64_t ipa)
{
	rig_put_instruction(0);
	rig.at_count = 0;
	fake_sysregs.far_el2 = far;
	fake_sysregs.hpfar_el2 = ipa >> 12 << 4;
}

static bool is_mapped(uint64_t ipa, uint32_t attrs)
{
	struct s2_leaf leaf;

	assert_int_equal(s2_lookup(&rig.vm->gmem.space, ipa_init(ipa), &leaf), PLINTH_OK);
	return leaf.valid && (leaf.attrs & attrs) == attrs;
}

static void memory_is_mapped_at_first_touch(void **state)
{
	(void)state;
	assert_false(is_mapped(PAGE, 0));
	set_fault(UINT64_C(0xffff000000000123), PAGE);
	assert_int_equal(exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 3U | ISS_WNR)),
		OUTCOME_RESUME);
	assert_true(is_mapped(PAGE, S2_ATTR_WRITE));
	assert_int_equal(rig.at_count, 0); /* HPFAR_EL2 was good */
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
	assert_int_equal(rig.vcpu->exits.abort, 1);
}

/* The VM waits, and the access is made again. */
static void without_memory_the_guest_waits(void **state)
{
	(void)state;
	rig_start(VM_FLAG_OVERCOMMIT);
	set_fault(PAGE, PAGE);
	rig_starve();
	assert_int_equal(exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 3U | ISS_WNR)),
		OUTCOME_RESCHED);
	assert_int_equal(rig.vm->state, VM_STARVED);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
	assert_false(is_mapped(PAGE, 0));
	vm_rig_settle();
	assert_null(vcpu_current());
	rig_feed();
	assert_int_equal(rig.vm->state, VM_RUNNING);
	assert_ptr_equal(vcpu_current(), rig.vcpu);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	set_fault(PAGE, PAGE);
	assert_int_equal(exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 3U | ISS_WNR)),
		OUTCOME_RESUME);
	assert_true(is_mapped(PAGE, S2_ATTR_WRITE));
}

static void a_fetch_maps_for_execution(void **state)
{
	(void)state;
	set_fault(PAGE, PAGE);
	assert_int_equal(
		exits_instruction_abort(rig.vcpu, FETCH(FSC_TRANSLATION | 3U)), OUTCOME_RESUME);
	assert_true(is_mapped(PAGE, S2_ATTR_EXEC));
}

/* HPFAR_EL2 says nothing after a permission fault: the guest's address is translated. */
static void a_permission_fault_is_found_by_at(void **state)
{
	(void)state;
	set_fault(PAGE + 8U, RIG_HOLE);
	assert_int_equal(
		exits_instruction_abort(rig.vcpu, FETCH(FSC_PERMISSION | 3U)), OUTCOME_RESUME);
	assert_int_equal(rig.at_count, 1);
	assert_int_equal(rig.at_el, 1);
	assert_false(rig.at_write);
	assert_int_equal(fake_sysregs.par_el1, 0x1234);
	assert_true(is_mapped(PAGE, S2_ATTR_EXEC));
	/* From EL0: a read as EL0, but a fetch as EL1, since code may be execute-only for EL0. */
	fake_sysregs.spsr_el2 = PSTATE_MODE_EL0T;
	set_fault(PAGE + 8U, RIG_HOLE);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_PERMISSION | 3U)), OUTCOME_RESUME);
	assert_int_equal(rig.at_el, 0);
	set_fault(PAGE + 8U, RIG_HOLE);
	assert_int_equal(
		exits_instruction_abort(rig.vcpu, FETCH(FSC_PERMISSION | 3U)), OUTCOME_RESUME);
	assert_int_equal(rig.at_el, 1);
}

/* Pages that somebody else wrote, and that have been looked at: one translation, and all around. */
static void a_first_fetch_opens_its_neighbourhood(void **state)
{
	struct gmem *gmem = &rig.vm->gmem;
	ipa_t cursor = ipa_init(0);

	(void)state;
	set_fault(PAGE + KIB(512), PAGE + KIB(512)); /* a table, not a block */
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 3U)), OUTCOME_RESUME);
	assert_int_equal(gmem_caches_on(gmem, &cursor), PLINTH_OK);
	set_fault(PAGE, PAGE);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 3U)), OUTCOME_RESUME);
	gmem->counters.coh.pages_cleaned = 0;
	set_fault(PAGE + 0x5008U, RIG_HOLE);
	assert_int_equal(
		exits_instruction_abort(rig.vcpu, FETCH(FSC_PERMISSION | 3U)), OUTCOME_RESUME);
	assert_int_equal(rig.at_count, 1);
	assert_true(is_mapped(PAGE + 0x4000U, S2_ATTR_EXEC));
	assert_true(is_mapped(PAGE + 0x7000U, S2_ATTR_EXEC));
	assert_false(is_mapped(PAGE + 0x3000U, S2_ATTR_EXEC));
	assert_false(is_mapped(PAGE + 0x8000U, S2_ATTR_EXEC));
	assert_int_equal(gmem->counters.coh.pages_cleaned, 4);
	assert_int_equal(gmem->counters.upgrade_exec, 1);
	assert_int_equal(rig.vcpu->exits.abort, 3);
}

static void a_permission_fault_that_translates_no_more(void **state)
{
	(void)state;
	set_fault(RIG_UNMAPPED, RIG_HOLE);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_PERMISSION | 3U)), OUTCOME_RESUME);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
}

/* The walk's own address is in HPFAR_EL2 for both kinds. */
static void a_table_walk_goes_by_hpfar(void **state)
{
	(void)state;
	set_fault(RIG_UNMAPPED, PAGE);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_PERMISSION | 3U | ISS_S1PTW | ISS_WNR)),
		OUTCOME_RESUME);
	assert_int_equal(rig.at_count, 0);
	assert_true(is_mapped(PAGE, 0));
}

static void devices_answer(void **state)
{
	(void)state;
	set_fault(RIG_DEVICE + 5U, RIG_DEVICE);
	assert_int_equal(exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 1U | ISS_ISV |
							      (UINT64_C(1) << ISS_SRT_SHIFT))),
		OUTCOME_RESUME);
	assert_int_equal(rig.access_count, 1);
	assert_int_equal(rig.access[0].offset, 5);
	assert_int_equal(rig.vcpu->ctx.x[1], 0x85);
	rig_check_done();
}

static void holes_answer_with_an_external_abort(void **state)
{
	uint64_t beyond = VM_RAM_BASE + VM_RIG_RAM;

	(void)state;
	set_fault(beyond, beyond);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 1U | ISS_ISV | ISS_WNR)),
		OUTCOME_RESUME);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL | ISS_WNR));
	assert_int_equal(fake_sysregs.far_el1, beyond);
	set_fault(RIG_HOLE, RIG_HOLE);
	assert_int_equal(
		exits_instruction_abort(rig.vcpu, FETCH(FSC_TRANSLATION | 1U)), OUTCOME_RESUME);
	rig_check_injected(((uint64_t)EC_IABT_SAME << ESR_EC_SHIFT) | ESR_IL | FSC_EXTERNAL);
	/* Nobody fetches from a device either. */
	set_fault(RIG_DEVICE, RIG_DEVICE);
	assert_int_equal(
		exits_instruction_abort(rig.vcpu, FETCH(FSC_TRANSLATION | 1U)), OUTCOME_RESUME);
	rig_check_injected(((uint64_t)EC_IABT_SAME << ESR_EC_SHIFT) | ESR_IL | FSC_EXTERNAL);
}

static void a_table_in_a_hole_is_an_abort_on_a_walk(void **state)
{
	(void)state;
	set_fault(PAGE, RIG_DEVICE);
	assert_int_equal(exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 1U | ISS_S1PTW)),
		OUTCOME_RESUME);
	assert_int_equal(rig.access_count, 0);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL_WALK));
	assert_int_equal(fake_sysregs.far_el1, PAGE);
}

/* Wherever the device lies; another access of it, or a walk of memory, is none of that. */
static void a_table_in_a_device_is_one_too(void **state)
{
	struct vm_config *config = &rig.vm->config;
	uint64_t device = VM_RAM_BASE + GIB(4);

	(void)state;
	config->devices[0] = (struct vm_device){.base = device + 0x200U, .size = 0x200};
	config->device_count = 1;
	assert_int_equal(
		gmem_map_device(&rig.vm->gmem, ipa_init(device), pa_init(device), PAGE_SIZE),
		PLINTH_OK);
	for (unsigned i = 0; i < 2U; i++) {
		uint64_t fsc = FSC_PERMISSION | 3U | (i == 0U ? ISS_S1PTW : ISS_S1PTW | ISS_WNR);

		set_fault(PAGE, device);
		assert_int_equal(exits_data_abort(rig.vcpu, RIG_ABORT(fsc)), OUTCOME_RESUME);
		rig_check_injected(RIG_SAME(FSC_EXTERNAL_WALK | (fsc & ISS_WNR)));
		assert_int_equal(fake_sysregs.far_el1, PAGE);
	}
	fake_sysregs.elr_el2 = RIG_CODE;
	assert_false(vm_has_device(rig.vm, ipa_init(device + PAGE_SIZE)));
	assert_false(vm_has_device(rig.vm, ipa_init(device - 1U)));
	set_fault(RIG_UNMAPPED, PAGE);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_PERMISSION | 3U | ISS_S1PTW | ISS_WNR)),
		OUTCOME_RESUME);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	config->device_count = 0;
}

static void maintenance_of_a_hole_is_skipped(void **state)
{
	(void)state;
	set_fault(RIG_HOLE, RIG_HOLE);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 1U | ISS_CM | ISS_WNR)),
		OUTCOME_RESUME);
	rig_check_done();
}

static void maintenance_of_memory_counts_as_a_read(void **state)
{
	(void)state;
	set_fault(PAGE, PAGE);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 3U | ISS_CM | ISS_WNR)),
		OUTCOME_RESUME);
	assert_int_equal(rig.vm->gmem.counters.fault_read, 1);
	assert_int_equal(rig.vm->gmem.counters.fault_write, 0);
}

/* Below the devices, which are asked first. */
static void a_rom_is_read_and_executed(void **state)
{
	(void)state;
	set_fault(VM_RIG_ROM + 8U, VM_RIG_ROM);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_TRANSLATION | 1U)), OUTCOME_RESUME);
	assert_true(is_mapped(VM_RIG_ROM, 0));
	assert_int_equal(
		exits_instruction_abort(rig.vcpu, FETCH(FSC_PERMISSION | 3U)), OUTCOME_RESUME);
	assert_true(is_mapped(VM_RIG_ROM, S2_ATTR_EXEC));
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
}

static void a_store_to_a_rom_is_an_external_abort(void **state)
{
	static const uint64_t kinds[] = {FSC_TRANSLATION | 1U, FSC_PERMISSION | 3U};

	(void)state;
	for (unsigned i = 0; i < 2U; i++) {
		set_fault(VM_RIG_ROM + 8U, VM_RIG_ROM);
		assert_int_equal(
			exits_data_abort(rig.vcpu, RIG_ABORT(kinds[i] | ISS_WNR)), OUTCOME_RESUME);
		rig_check_injected(RIG_SAME(FSC_EXTERNAL | ISS_WNR));
		assert_int_equal(fake_sysregs.far_el1, VM_RIG_ROM + 8U);
	}
	/* As is one of the CPU itself, which marks an entry as used. */
	set_fault(PAGE, VM_RIG_ROM);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_PERMISSION | 3U | ISS_S1PTW | ISS_WNR)),
		OUTCOME_RESUME);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL_WALK | ISS_WNR));
}

/* DC IVAC wants to write, and has nothing to throw away. */
static void invalidation_of_a_rom_is_skipped(void **state)
{
	(void)state;
	set_fault(VM_RIG_ROM + 8U, VM_RIG_ROM);
	assert_int_equal(
		exits_data_abort(rig.vcpu, RIG_ABORT(FSC_PERMISSION | 3U | ISS_CM | ISS_WNR)),
		OUTCOME_RESUME);
	rig_check_done();
}

static void other_aborts_go_to_the_guest(void **state)
{
	(void)state;
	set_fault(PAGE, PAGE);
	assert_int_equal(exits_data_abort(rig.vcpu, RIG_ABORT(FSC_EXTERNAL)), OUTCOME_RESUME);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL));
	assert_false(is_mapped(PAGE, 0));
}

/* A load of EL1 into X1; `more`: of ISS. */
#define LOAD(more)                                                                                 \
	RIG_ABORT(FSC_TRANSLATION | 3U | ISS_ISV | (UINT64_C(1) << ISS_SRT_SHIFT) | (more))
#define SIZE(sas) ((uint64_t)(sas) << ISS_SAS_SHIFT)

/* Cortex-A57 834220 is of loads that cross from a page into the next. FAR_EL2 is one of their
 * bytes, and they have no more than 8. */
static void only_loads_that_may_cross_are_translated_again(void **state)
{
	uint32_t actions = errata_actions;

	(void)state;
	errata_actions |= ERRATA_RECHECK_HPFAR;
	for (uint64_t offset = 0; offset < PAGE_SIZE; offset++) {
		bool may_cross = offset < 7U || offset > PAGE_SIZE - 8U;

		set_fault(RIG_DEVICE + offset, RIG_DEVICE);
		rig.access_count = 0;
		assert_int_equal(exits_data_abort(rig.vcpu, LOAD(0)), OUTCOME_RESUME);
		assert_true(rig.at_count == 1U || !may_cross);
		assert_true(rig.at_count == 0U || offset < 8U || offset >= PAGE_SIZE - 8U);
		assert_int_equal(rig.access_count, 1);
		rig.at_count = 0;
		rig.access_count = 0;
		assert_int_equal(exits_data_abort(rig.vcpu, LOAD(ISS_WNR)), OUTCOME_RESUME);
		assert_int_equal(rig.at_count, 0);
	}
	errata_actions = actions;
}

static void a_load_with_a_fault_at_stage_1_is_run_again(void **state)
{
	uint32_t actions = errata_actions;

	(void)state;
	errata_actions |= ERRATA_RECHECK_HPFAR;
	set_fault(RIG_UNMAPPED, RIG_DEVICE);
	assert_int_equal(exits_data_abort(rig.vcpu, LOAD(0)), OUTCOME_RESUME);
	errata_actions = actions;
	assert_int_equal(rig.at_count, 1);
	assert_int_equal(rig.access_count, 0);
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	assert_int_equal(fake_sysregs.esr_el1, 0);
}

static void at_device(uint64_t base, uint64_t offset, uint64_t more)
{
	set_fault(base + offset, base + offset);
	assert_int_equal(exits_data_abort(rig.vcpu, LOAD(more)), OUTCOME_RESUME);
}

static void at_gicd(uint64_t offset, uint64_t more)
{
	at_device(VM_GICD_BASE, offset, more);
}

/* Ahead of core/mmio, and as by way of it. */
static void the_distributor_answers(void **state)
{
	struct mmio_map *map = &rig.vm->mmio;

	(void)state;
	at_gicd(0x8, SIZE(2));
	assert_int_equal(rig.vcpu->ctx.x[1], 0x5000043b);
	rig_check_done();
	rig.vcpu->ctx.x[1] = UINT64_C(0xffffffff00000100);
	at_gicd(0x104, SIZE(2) | ISS_WNR); /* GICD_ISENABLER1 */
	rig_check_done();
	at_gicd(0x184, SIZE(2));
	assert_int_equal(rig.vcpu->ctx.x[1], 0x100);
	rig.vcpu->ctx.x[1] = 0x90;
	at_gicd(0x421, SIZE(0) | ISS_WNR); /* GICD_IPRIORITYR8 */
	at_gicd(0x421, SIZE(0) | ISS_SSE);
	assert_int_equal(rig.vcpu->ctx.x[1], 0xffffff90);
	at_gicd(0x104, SIZE(3));
	assert_int_equal(rig.vcpu->ctx.x[1], 0xffffff90);
	rig_check_injected(RIG_SAME(FSC_ALIGNMENT));
	at_gicd(0x100, SIZE(3)); /* aligned, but the register has no such size */
	assert_int_equal(rig.vcpu->ctx.x[1], 0);
	at_gicd(0xffe8, SIZE(2)); /* GICD_PIDR2 */
	assert_int_equal(rig.vcpu->ctx.x[1], 0x3b);
	/* GICv2's is 4 KiB, and behind it is nothing. */
	assert_int_equal(map->region[0].base, VM_GICD_BASE);
	map->region[0].size = VGIC_V2_DIST_SIZE;
	rig.vm->vgic.view = VGIC_VIEW_V2;
	at_gicd(0xffe8, SIZE(2));
	rig.vm->vgic.view = VGIC_VIEW_V3;
	map->region[0].size = VGIC_DIST_SIZE;
	rig_check_injected(RIG_SAME(FSC_EXTERNAL));
}

/* As the vectors call it: ahead of all else where the access is usual. */
static void at_uart(uint64_t offset, uint64_t more)
{
	uint64_t aborts = rig.vcpu->exits.abort;

	set_fault(VM_UART_BASE + offset, VM_UART_BASE);
	fake_sysregs.esr_el2 = LOAD(more);
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	assert_int_equal(rig.vcpu->exits.abort, aborts + 1U);
}

static void at_uart_slowly(uint64_t offset, uint64_t more)
{
	at_device(VM_UART_BASE, offset, more);
}

static void check_uart(void (*at)(uint64_t offset, uint64_t more))
{
	uint32_t put = rig.vm->terminal.port.put;

	at(0x18, SIZE(1)); /* FR: nothing received, all sent, CTS, DSR and DCD are on */
	assert_int_equal(rig.vcpu->ctx.x[1], 0x97);
	rig_check_done();
	at(0x18, SIZE(0) | ISS_SSE | ISS_SF);
	assert_int_equal(rig.vcpu->ctx.x[1], UINT64_C(0xffffffffffffff97));
	at(0x19, SIZE(0));
	assert_int_equal(rig.vcpu->ctx.x[1], 0);
	at(0xfe0, SIZE(2));
	assert_int_equal(rig.vcpu->ctx.x[1], 0x11);
	rig.vcpu->ctx.x[1] = UINT64_C(0xffffffffffff0041);
	at(0, SIZE(2) | ISS_WNR);
	rig_check_done();
	assert_int_equal(rig.vm->terminal.port.put, put + 1U);
	assert_int_equal(rig.vm->terminal.port.ring[put], 'A');
	rig.vcpu->ctx.x[1] = 0x1234;
	at(0x24, SIZE(0) | ISS_WNR); /* IBRD: one byte of the register */
	at(0x24, SIZE(2));
	assert_int_equal(rig.vcpu->ctx.x[1], 0x34);
	at(0x18, SIZE(3));
	rig_check_injected(RIG_SAME(FSC_EXTERNAL));
	at(0x18, SIZE(3) | ISS_WNR);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL | ISS_WNR));
	at(0x19, SIZE(1));
	rig_check_injected(RIG_SAME(FSC_ALIGNMENT));
	assert_int_equal(rig.vcpu->ctx.x[1], 0x34);
}

static void the_uart_answers(void **state)
{
	(void)state;
	check_uart(at_uart);
	check_uart(at_uart_slowly);
}

#define UARTICR_TX 0x020U
#define UARTCR_LBE 0x380U
#define RT(n)	   ((uint64_t)(n) << ISS_SRT_SHIFT ^ UINT64_C(1) << ISS_SRT_SHIFT)

/* What its quick way leaves to the other one. */
static void the_uart_answers_what_is_unusual(void **state)
{
	const struct console_port *port = &rig.vm->terminal.port;
	struct vuart *uart = &rig.vm->terminal.uart;
	uint32_t put = port->put;

	(void)state;
	at_uart(0x18, SIZE(1) | RT(31));
	rig_check_done();
	rig.vcpu->ctx.pc = 'x';
	at_uart(0, SIZE(0) | ISS_WNR | RT(31));
	assert_int_equal(port->put, put + 1U);
	assert_int_equal(port->ring[put % CONSOLE_RING_SIZE], 0);
	assert_int_equal(rig.vcpu->ctx.pc, 'x');
	rig.vcpu->ctx.x[1] = 'b';
	fake_sysregs.spsr_el2 |= PSTATE_SS;
	at_uart(0, SIZE(0) | ISS_WNR);
	assert_int_equal(fake_sysregs.spsr_el2 & PSTATE_SS, 0);
	rig.vcpu->ctx.x[1] = UARTICR_TX;
	at_uart(0x44, SIZE(2) | ISS_WNR); /* ICR: the next byte raises it again */
	assert_int_equal(uart->ris & UARTICR_TX, 0);
	rig.vcpu->ctx.x[1] = 'c';
	at_uart(0, SIZE(0) | ISS_WNR);
	assert_int_equal(uart->ris & UARTICR_TX, UARTICR_TX);
	assert_int_equal(port->put, put + 3U);
	rig.vcpu->ctx.x[1] = UARTCR_LBE;
	at_uart(0x30, SIZE(2) | ISS_WNR); /* CR: what is sent comes back */
	rig.vcpu->ctx.x[1] = 'd';
	at_uart(0, SIZE(0) | ISS_WNR);
	assert_int_equal(port->put, put + 3U);
	at_uart(0, SIZE(0)); /* DR */
	assert_int_equal(rig.vcpu->ctx.x[1], 'd');
	lock_take(&uart->lock);
	assert_int_equal(vm_terminal_send(&rig.vm->terminal, 'e'), CONSOLE_QUICK_NOT);
	lock_drop(&uart->lock);
	assert_int_equal(port->put, put + 3U);
}

/* A line comes out by its end, and no sooner. */
static void a_line_by_the_uart_is_shown(void **state)
{
	const struct console_port *port = &rig.vm->terminal.port;

	(void)state;
	rig.vcpu->ctx.x[1] = 'a';
	at_uart(0, SIZE(0) | ISS_WNR);
	assert_int_not_equal(port->taken, port->put);
	rig.vcpu->ctx.x[1] = '\n';
	at_uart(0, SIZE(0) | ISS_WNR);
	assert_int_equal(port->taken, port->put);
	rig_check_done();
}

struct seen {
	unsigned count;
	struct trace_event mmio;
};

static void see(void *ctx, const struct trace_event *event)
{
	struct seen *seen = ctx;

	if (event->kind == TRACE_MMIO) {
		seen->count++;
		seen->mmio = *event;
	}
}

static void devices_are_traced(void **state)
{
	static struct trace_ring ring;
	struct seen seen = {0};

	(void)state;
	trace_init_cpu(0, &ring);
	at_gicd(0x8, SIZE(2)); /* not yet */
	set_fault(VM_GICD_BASE + 0x8U, VM_GICD_BASE);
	fake_sysregs.esr_el2 = LOAD(SIZE(2));
	trace_enable(true);
	assert_ptr_equal(exits_sync(&rig.vcpu->ctx), &rig.vcpu->ctx);
	trace_enable(false);
	(void)trace_for_each(TRACE_RECORDS, see, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.mmio.a, VM_GICD_BASE + 0x8U);
	assert_int_equal(seen.mmio.b, 0x5000043b);
	rig_check_done();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(memory_is_mapped_at_first_touch),
		cmocka_unit_test_teardown(without_memory_the_guest_waits, rig_teardown),
		TEST(a_fetch_maps_for_execution),
		TEST(a_permission_fault_is_found_by_at),
		TEST(a_first_fetch_opens_its_neighbourhood),
		TEST(a_permission_fault_that_translates_no_more),
		TEST(a_table_walk_goes_by_hpfar),
		TEST(devices_answer),
		TEST(holes_answer_with_an_external_abort),
		TEST(a_table_in_a_hole_is_an_abort_on_a_walk),
		TEST(a_table_in_a_device_is_one_too),
		TEST(maintenance_of_a_hole_is_skipped),
		TEST(maintenance_of_memory_counts_as_a_read),
		TEST(a_rom_is_read_and_executed),
		TEST(a_store_to_a_rom_is_an_external_abort),
		TEST(invalidation_of_a_rom_is_skipped),
		TEST(other_aborts_go_to_the_guest),
		TEST(only_loads_that_may_cross_are_translated_again),
		TEST(a_load_with_a_fault_at_stage_1_is_run_again),
		TEST(the_distributor_answers),
		TEST(the_uart_answers),
		TEST(the_uart_answers_what_is_unusual),
		TEST(a_line_by_the_uart_is_shown),
		TEST(devices_are_traced),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
