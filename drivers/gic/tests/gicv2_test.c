/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "abi/boot_info.h"
#include "arch/sysreg.h"
#include "fake/maintenance.h"
#include "gic/gic.h"
#include "gic_model.h"
#include "percpu/percpu.h"

#define TYPER_64 1U
#define HYP_IF	 UINT64_C(0x08030000)

static struct percpu cpus[2];
static struct boot_gic gic;
static unsigned dsb_before; /* writes that the last DSB ISHST had before it */

static void note_barrier(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	if (op == FAKE_DSB_ISHST) {
		dsb_before = gic_model.log_count;
	}
}

/* A register that was not read before the barrier is read as something else. */
static bool waited;

static void note_acknowledge(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	if (op == FAKE_DSB_SY) {
		waited = true;
		gic_model_set(MODEL_CPU_IF + 0xcU, GIC_INTID_SPURIOUS);
	}
}

static int setup(void **state)
{
	(void)state;
	gic_model_reset();
	gic_model_add(MODEL_DIST, 0x1000);
	gic_model_add(MODEL_CPU_IF, 0x2000);
	gic_model_set(MODEL_DIST + 4U, TYPER_64);
	memset(cpus, 0, sizeof(cpus));
	cpus[1].id = 1;
	cpus[1].gic_interface = 3;
	percpu_table[0] = &cpus[0];
	percpu_table[1] = &cpus[1];
	percpu_count = 2;
	arch_percpu_set(&cpus[0]);
	gic = (struct boot_gic){
		.version = 2,
		.dist = {MODEL_DIST, 0x1000},
		.cpu_if = {MODEL_CPU_IF, 0x2000},
		.hyp_if = {HYP_IF, 0x2000},
		.guest_if = {HYP_IF + 0x10000U, 0x2000},
	};
	return 0;
}

static void missing_parts_are_refused(void **state)
{
	struct boot_gic whole = gic;

	(void)state;
	gic.cpu_if.size = 0x1000; /* GICC_DIR lies behind it */
	assert_int_equal(gic_init(&gic), PLINTH_ERANGE);
	gic = whole;
	gic.hyp_if.size = 0;
	assert_int_equal(gic_init(&gic), PLINTH_ERANGE);
	gic = whole;
	gic.guest_if.size = 0;
	assert_int_equal(gic_init(&gic), PLINTH_ERANGE);
	gic = whole;
	gic.dist.size = 0x800;
	assert_int_equal(gic_init(&gic), PLINTH_ERANGE);
}

static void distributor_comes_up_quiet(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_version(), 2);
	assert_int_equal(gic_spi_count(), 32);
	assert_int_equal(gic_v2_hyp_if(), HYP_IF);
	assert_int_equal(gic_model.log[0].address, MODEL_DIST);
	assert_int_equal(gic_model.log[0].value, 0);
	assert_int_equal(gic_model_get(MODEL_DIST), 1);
	assert_true(gic_model_wrote(MODEL_DIST + 0x184U, UINT32_MAX));
	assert_true(gic_model_wrote(MODEL_DIST + 0x284U, UINT32_MAX));
	assert_true(gic_model_wrote(MODEL_DIST + 0x384U, UINT32_MAX));
	assert_int_equal(gic_model_get(MODEL_DIST + 0x84U), 0); /* the group that bit 0 enables */
	assert_int_equal(gic_model_get(MODEL_DIST + 0x420U), 0xa0a0a0a0);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x43cU), 0xa0a0a0a0);
	/* Routed to the boot CPU: interface 0 unless the banked register names another. */
	assert_int_equal(gic_model_get(MODEL_DIST + 0x820U), 0x01010101);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x83cU), 0x01010101);
}

static void interface_comes_up(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_init_cpu(), PLINTH_OK);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x100U), 1U << GIC_SGI_KICK);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x80U), 0);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x41cU), 0xa0a0a0a0);
	assert_true(gic_model_last(MODEL_DIST + 0x180U) < gic_model_last(MODEL_DIST + 0x100U));
	assert_int_equal(gic_model_get(MODEL_CPU_IF + 4U), 0xff);
	assert_int_equal(gic_model_get(MODEL_CPU_IF), 0x201); /* enable, EOImode */
	assert_int_equal(gic_model_last(MODEL_CPU_IF), gic_model.log_count - 1U);
}

static void interface_number_is_the_banked_target(void **state)
{
	(void)state;
	gic_model_set(MODEL_DIST + 0x800U, 0x10101010);
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_init_cpu(), PLINTH_OK);
	assert_int_equal(cpus[0].gic_interface, 4);
	gic_model_set(MODEL_DIST + 0x800U, 0); /* one CPU: the register is RAZ */
	assert_int_equal(gic_init_cpu(), PLINTH_OK);
	assert_int_equal(cpus[0].gic_interface, 0);
}

static void spis_follow_the_boot_cpu_s_interface(void **state)
{
	(void)state;
	gic_model_set(MODEL_DIST + 0x800U, 0x04040404);
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x820U), 0x04040404);
}

static void kick_names_one_interface(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	fake_maintain_hook(note_barrier, NULL);
	dsb_before = 0;
	gic_kick(1);
	fake_maintain_hook(NULL, NULL);
	assert_int_equal(gic_model_get(MODEL_DIST + 0xf00U), (1U << 19) | GIC_SGI_KICK);
	assert_int_equal(dsb_before, gic_model.log_count - 1U);
}

static void acknowledge_keeps_the_sender(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	gic_model_set(MODEL_CPU_IF + 0xcU, 0xc00); /* SGI 0 from interface 3 */
	waited = false;
	fake_maintain_hook(note_acknowledge, NULL);
	uint32_t iar = gic_ack();

	fake_maintain_hook(NULL, NULL);
	assert_int_equal(iar, 0xc00);
	assert_true(waited); /* before what it announces is looked at */
	gic_drop(iar);
	assert_int_equal(gic_model_get(MODEL_CPU_IF + 0x10U), 0xc00);
	assert_int_equal(gic_model_count(MODEL_CPU_IF + 0x1000U), 0);
	gic_deactivate(iar);
	assert_int_equal(gic_model_get(MODEL_CPU_IF + 0x1000U), 0xc00);
}

static void private_interrupts_are_banked_in_the_distributor(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	gic_enable(27);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x100U), 1U << 27);
	gic_enable(40);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x104U), 1U << 8);
	gic_set_active(27, true);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x300U), 1U << 27);
}

/* Inactive for all, active for all: once nobody but the new CPU can take it. */
static void an_active_spi_moves(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	gic_move_active(33, 1);
	int route = gic_model_last(MODEL_DIST + 0x800U + 33U);
	int clear = gic_model_last(MODEL_DIST + 0x384U);
	int set = gic_model_last(MODEL_DIST + 0x304U);

	assert_true(route >= 0 && route < clear && clear < set);
	assert_int_equal(gic_model.log[clear].value, 2);
	assert_int_equal(gic_model.log[set].value, 2);
	gic_clear_pending(33);
	assert_int_equal(gic_model.log[gic_model.log_count - 1U].address, MODEL_DIST + 0x284U);
	assert_int_equal(gic_model.log[gic_model.log_count - 1U].value, 2);
}

static void route_writes_one_byte(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	gic_route_spi(33, 1);
	const struct model_write *w = &gic_model.log[gic_model.log_count - 1U];

	assert_int_equal(w->address, MODEL_DIST + 0x800U + 33U);
	assert_int_equal(w->size, 1);
	assert_int_equal(w->value, 1U << 3);
}

static void leaving_is_quiet(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_init_cpu(), PLINTH_OK);
	gic_model.log_count = 0;
	gic_leave_cpu();
	assert_true(gic_model_wrote(MODEL_DIST + 0x180U, UINT32_MAX));
	assert_true(gic_model_wrote(MODEL_DIST + 0x380U, UINT32_MAX));
	assert_int_equal(gic_model_get(MODEL_CPU_IF), 0);
	assert_int_equal(gic_model_count(MODEL_DIST), 0);
	gic_leave();
	assert_int_equal(gic_model_get(MODEL_DIST), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(missing_parts_are_refused, setup),
		cmocka_unit_test_setup(distributor_comes_up_quiet, setup),
		cmocka_unit_test_setup(interface_comes_up, setup),
		cmocka_unit_test_setup(interface_number_is_the_banked_target, setup),
		cmocka_unit_test_setup(spis_follow_the_boot_cpu_s_interface, setup),
		cmocka_unit_test_setup(kick_names_one_interface, setup),
		cmocka_unit_test_setup(acknowledge_keeps_the_sender, setup),
		cmocka_unit_test_setup(private_interrupts_are_banked_in_the_distributor, setup),
		cmocka_unit_test_setup(an_active_spi_moves, setup),
		cmocka_unit_test_setup(route_writes_one_byte, setup),
		cmocka_unit_test_setup(leaving_is_quiet, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
