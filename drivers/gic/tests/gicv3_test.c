/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "abi/boot_info.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "fake/maintenance.h"
#include "fake/panic.h"
#include "gic/gic.h"
#include "gic_model.h"
#include "percpu/percpu.h"

#define TYPER_96  2U /* 96 interrupts: 64 SPIs */
#define SGI_FRAME UINT64_C(0x10000)
#define STRIDE_V3 UINT64_C(0x20000)
#define STRIDE_V4 UINT64_C(0x40000)
#define LAST	  BIT(4)
#define VLPIS	  BIT(1)
#define SLEEPING  0x6U

/* CPU 1, and the same as GICR_TYPER[63:32] has it. */
#define MPIDR_1	   UINT64_C(0x0400020135)
#define AFFINITY_1 0x04020135U

static struct percpu cpus[2];
static struct boot_gic gic;

/* Where each barrier falls between the writes to the GIC. */
static int log_at_dsb;

static void note_barrier(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	if (op == FAKE_DSB_ISHST || op == FAKE_DSB_SY) {
		log_at_dsb = (int)gic_model.log_count;
		assert_int_equal(fake_sysregs.icc_sgi1r_el1, 0);
	}
}

static int setup(void **state)
{
	(void)state;
	gic_model_reset();
	gic_model_add(MODEL_DIST, 0x10000);
	gic_model_set(MODEL_DIST + 4U, TYPER_96);
	memset(&fake_sysregs, 0, sizeof(fake_sysregs));
	memset(cpus, 0, sizeof(cpus));
	cpus[0].mpidr = 0x0;
	cpus[1] = (struct percpu){.id = 1, .mpidr = MPIDR_1};
	for (unsigned i = 0; i < 2U; i++) {
		percpu_table[i] = &cpus[i];
	}
	percpu_count = 2;
	arch_percpu_set(&cpus[0]);
	gic = (struct boot_gic){.version = 3, .dist = {MODEL_DIST, 0x10000}};
	log_at_dsb = -1;
	fake_maintain_hook(note_barrier, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_maintain_hook(NULL, NULL);
	return 0;
}

static uint64_t add_redistributor(uint64_t at, uint32_t affinity, uint64_t typer)
{
	gic_model_add(at, STRIDE_V3);
	gic_model_set(at + 8U, (uint32_t)typer);
	gic_model_set(at + 12U, affinity);
	gic_model_set(at + 0x14U, SLEEPING);
	return at;
}

static void add_region(uint64_t base, uint64_t size)
{
	gic.redist[gic.redist_count++] = (struct boot_range){base, size};
}

static void other_versions_and_small_ranges_are_refused(void **state)
{
	(void)state;
	gic.version = 1;
	assert_int_equal(gic_init(&gic), PLINTH_ENOTSUP);
	gic.version = 4;
	assert_int_equal(gic_init(&gic), PLINTH_ENOTSUP);
	gic.version = 3;
	gic.dist.size = 0x1000; /* GICD_IROUTER would lie behind it */
	assert_int_equal(gic_init(&gic), PLINTH_ERANGE);
	assert_int_equal(gic_model.log_count, 0);
}

static void distributor_comes_up_quiet(void **state)
{
	(void)state;
	cpus[0].mpidr = 0x100;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_version(), 3);
	assert_int_equal(gic_spi_count(), 64);
	assert_int_equal(gic_v2_hyp_if(), 0);
	assert_int_equal(gic_model_get(MODEL_DIST), 0x12); /* ARE, EnableGrp1 */
	assert_int_equal(gic_model.log[0].address, MODEL_DIST);
	assert_int_equal(gic_model.log[0].value, 0); /* off before anything changes */
	for (uint64_t word = 4; word <= 8U; word += 4U) {
		assert_int_equal(gic_model_get(MODEL_DIST + 0x80 + word), UINT32_MAX);
		assert_true(gic_model_wrote(MODEL_DIST + 0x180 + word, UINT32_MAX));
		assert_true(gic_model_wrote(MODEL_DIST + 0x280 + word, UINT32_MAX));
		assert_true(gic_model_wrote(MODEL_DIST + 0x380 + word, UINT32_MAX));
	}
	assert_int_equal(gic_model_count(MODEL_DIST + 0x18cU), 0); /* no SPI there */
	for (uint64_t n = 32; n < 96U; n += 4U) {
		assert_int_equal(gic_model_get(MODEL_DIST + 0x400 + n), 0xa0a0a0a0);
	}
	for (uint64_t n = 32; n < 96U; n++) {
		assert_int_equal(gic_model_get(MODEL_DIST + 0x6000 + 8U * n), 0x100);
	}
	assert_int_equal(gic_model_count(MODEL_DIST + 0x6000 + 8U * 96U), 0);
	/* Routes mean something only once ARE is set; groups open when all is routed. */
	assert_int_equal(gic_model_last(MODEL_DIST), gic_model.log_count - 1U);
}

static void no_more_than_1020_interrupts(void **state)
{
	(void)state;
	gic_model_set(MODEL_DIST + 4U, 0x1f);
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_spi_count(), 988);
	assert_int_equal(gic_model_count(MODEL_DIST + 0x6000 + 8U * 1019U), 1);
	assert_int_equal(gic_model_count(MODEL_DIST + 0x6000 + 8U * 1020U), 0);
}

static void a_distributor_that_never_settles_times_out(void **state)
{
	(void)state;
	gic_model.stuck_dist = true;
	assert_int_equal(gic_init(&gic), PLINTH_ETIMEDOUT);
}

static void redistributor_and_interface_come_up(void **state)
{
	uint64_t gicr = add_redistributor(MODEL_REDIST, 0, LAST);
	uint64_t sgi = gicr + SGI_FRAME;

	(void)state;
	add_region(MODEL_REDIST, STRIDE_V3);
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_init_cpu(), PLINTH_OK);
	assert_int_equal(cpus[0].gicr, gicr);
	assert_int_equal(gic_model_get(gicr + 0x14U) & 2U, 0); /* awake */
	assert_int_equal(gic_model_get(sgi + 0x80U), UINT32_MAX);
	assert_true(gic_model_wrote(sgi + 0x180U, UINT32_MAX));
	assert_true(gic_model_wrote(sgi + 0x280U, UINT32_MAX));
	assert_true(gic_model_wrote(sgi + 0x380U, UINT32_MAX));
	assert_int_equal(gic_model_get(sgi + 0x41cU), 0xa0a0a0a0);
	assert_int_equal(gic_model_get(sgi + 0x100U), 1U << GIC_SGI_KICK);
	assert_true(gic_model_last(gicr + 0x14U) < gic_model_last(sgi + 0x180U));
	assert_true(gic_model_last(sgi + 0x180U) < gic_model_last(sgi + 0x100U));
	assert_int_equal(fake_sysregs.icc_sre_el2 & 9U, 1); /* SRE; without Enable EL1 traps */
	assert_int_equal(fake_sysregs.icc_sre_el1, 7);
	assert_int_equal(fake_sysregs.icc_pmr_el1, 0xff);
	assert_int_equal(fake_sysregs.icc_ctlr_el1, 2); /* EOImode */
	assert_int_equal(fake_sysregs.icc_igrpen1_el1, 1);
}

static void a_redistributor_that_sleeps_on_times_out(void **state)
{
	(void)state;
	add_redistributor(MODEL_REDIST, 0, LAST);
	add_region(MODEL_REDIST, STRIDE_V3);
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	gic_model.stuck_redist = true;
	assert_int_equal(gic_init_cpu(), PLINTH_ETIMEDOUT);
}

static uint64_t found_for(uint32_t cpu)
{
	arch_percpu_set(&cpus[cpu]);
	cpus[cpu].gicr = 0;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	return gic_init_cpu() == PLINTH_OK ? cpus[cpu].gicr : 0U;
}

static void redistributors_are_found_by_affinity(void **state)
{
	(void)state;
	add_redistributor(MODEL_REDIST, 0, 0);
	add_redistributor(MODEL_REDIST + STRIDE_V3, 0x135, 0); /* Aff0 to 2 alone are not it */
	add_redistributor(MODEL_REDIST + 2U * STRIDE_V3, AFFINITY_1, LAST);
	add_region(MODEL_REDIST, 3U * STRIDE_V3);
	assert_int_equal(found_for(1), MODEL_REDIST + 2U * STRIDE_V3);
	assert_int_equal(found_for(0), MODEL_REDIST);
}

static void two_regions_are_searched(void **state)
{
	uint64_t second = MODEL_REDIST + UINT64_C(0x1000000);

	(void)state;
	add_redistributor(MODEL_REDIST, 0, LAST);
	add_redistributor(second, AFFINITY_1, LAST);
	add_region(MODEL_REDIST, 4U * STRIDE_V3); /* nothing answers behind the first */
	add_region(second, STRIDE_V3);
	assert_int_equal(found_for(1), second);
}

static void gicv4_frames_are_twice_as_large(void **state)
{
	(void)state;
	cpus[1].mpidr = 1;
	add_redistributor(MODEL_REDIST, 0, VLPIS);
	add_redistributor(MODEL_REDIST + STRIDE_V4, 1, VLPIS | LAST);
	add_region(MODEL_REDIST, 2U * STRIDE_V4);
	assert_int_equal(found_for(1), MODEL_REDIST + STRIDE_V4);
}

static void the_firmware_s_stride_is_taken(void **state)
{
	(void)state;
	cpus[1].mpidr = 1;
	gic.redist_stride = 0x80000;
	add_redistributor(MODEL_REDIST, 0, VLPIS);
	add_redistributor(MODEL_REDIST + 0x80000U, 1, LAST);
	add_region(MODEL_REDIST, 0x100000);
	assert_int_equal(found_for(1), MODEL_REDIST + 0x80000U);
}

static void an_unknown_cpu_is_not_found(void **state)
{
	(void)state;
	add_redistributor(MODEL_REDIST, 0, 0);
	add_redistributor(MODEL_REDIST + STRIDE_V3, 2, 0); /* no Last: the region ends it */
	add_region(MODEL_REDIST, 2U * STRIDE_V3);
	arch_percpu_set(&cpus[1]);
	cpus[1].mpidr = 1;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_init_cpu(), PLINTH_ENOENT);
	assert_int_equal(cpus[1].gicr, 0);
	gic.redist_count = 0;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_init_cpu(), PLINTH_ENOENT);
}

static void a_region_that_ends_within_a_redistributor(void **state)
{
	(void)state;
	add_redistributor(MODEL_REDIST, 5, 0);
	add_region(MODEL_REDIST, STRIDE_V3 + 0x10000U);
	assert_int_equal(found_for(0), 0);
}

static void kick_names_one_cpu(void **state)
{
	(void)state;
	add_redistributor(MODEL_REDIST, 0, 0);
	add_redistributor(MODEL_REDIST + STRIDE_V3, AFFINITY_1, LAST);
	add_region(MODEL_REDIST, 2U * STRIDE_V3);
	assert_int_equal(found_for(1), MODEL_REDIST + STRIDE_V3);
	assert_int_equal(found_for(0), MODEL_REDIST);
	log_at_dsb = -1;
	gic_kick(1);
	/* Aff3 04 [55:48], range selector 3 [47:44], Aff2 02 [39:32], INTID 0, Aff1 01 [23:16],
	 * target 5 */
	assert_int_equal(fake_sysregs.icc_sgi1r_el1, UINT64_C(0x0004300200010020));
	assert_true(log_at_dsb >= 0); /* a DSB was before it */
	fake_sysregs.icc_sgi1r_el1 = 0;
	gic_kick(0);
	assert_int_equal(fake_sysregs.icc_sgi1r_el1, 1);
}

static void acknowledge_drop_and_deactivate(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	fake_sysregs.icc_iar1_el1 = 27;
	log_at_dsb = -1;
	assert_int_equal(gic_ack(), 27);
	assert_true(log_at_dsb >= 0); /* before the device is looked at */
	gic_drop(27);
	assert_int_equal(fake_sysregs.icc_eoir1_el1, 27);
	assert_int_equal(fake_sysregs.icc_dir_el1, 0);
	gic_deactivate(27);
	assert_int_equal(fake_sysregs.icc_dir_el1, 27);
	fake_sysregs.icc_iar1_el1 = 1023;
	assert_true((gic_ack() & GIC_INTID_MASK) >= GIC_INTID_SPURIOUS);
}

static void private_interrupts_are_in_the_redistributor(void **state)
{
	uint64_t sgi = add_redistributor(MODEL_REDIST, 0, LAST) + SGI_FRAME;

	(void)state;
	add_region(MODEL_REDIST, STRIDE_V3);
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_int_equal(gic_init_cpu(), PLINTH_OK);
	gic_enable(27);
	assert_int_equal(gic_model_get(sgi + 0x100U), 1U << 27);
	gic_disable(27);
	assert_int_equal(gic_model_get(sgi + 0x180U), 1U << 27);
	gic_set_active(27, true);
	assert_int_equal(gic_model_get(sgi + 0x300U), 1U << 27);
	gic_set_active(27, false);
	assert_int_equal(gic_model_get(sgi + 0x380U), 1U << 27);
}

static void shared_interrupts_are_in_the_distributor(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	gic_enable(33);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x104U), 2);
	gic_disable(95);
	assert_int_equal(gic_model_get(MODEL_DIST + 0x188U), 1U << 31);
	gic_model_set(MODEL_DIST + 0xc08U, 0x55555555);
	gic_set_edge(33, true);
	assert_int_equal(gic_model_get(MODEL_DIST + 0xc08U), 0x5555555d);
	gic_set_edge(33, false);
	assert_int_equal(gic_model_get(MODEL_DIST + 0xc08U), 0x55555555);
	gic_route_spi(33, 1);
	assert_int_equal(gic_model.log[gic_model.log_count - 1U].size, 8);
	assert_int_equal(gic_model.log[gic_model.log_count - 1U].value, MPIDR_1);
	assert_int_equal(
		gic_model.log[gic_model.log_count - 1U].address, MODEL_DIST + 0x6000U + 8U * 33U);
	gic_move_active(33, 0);
	assert_int_equal(gic_model_count(MODEL_DIST + 0x304U), 0); /* that is no CPU's own */
}

static void leaving_is_quiet(void **state)
{
	uint64_t at = add_redistributor(MODEL_REDIST, 0, LAST);

	(void)state;
	add_region(at, STRIDE_V3);
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	gic_model_set(at + 0x14U, 0);
	assert_int_equal(gic_init_cpu(), PLINTH_OK);
	gic_model.log_count = 0;
	gic_leave_cpu();
	assert_true(gic_model_wrote(at + SGI_FRAME + 0x180U, UINT32_MAX));
	assert_true(gic_model_wrote(at + SGI_FRAME + 0x380U, UINT32_MAX));
	assert_int_equal(fake_sysregs.icc_igrpen1_el1, 0);
	assert_int_equal(gic_model_count(MODEL_DIST), 0);
	gic_leave();
	assert_int_equal(gic_model_get(MODEL_DIST), 0x10); /* ARE alone */
}

static void interrupts_that_are_not_there_panic(void **state)
{
	(void)state;
	assert_int_equal(gic_init(&gic), PLINTH_OK);
	assert_true(FAKE_EXPECT_PANIC("assertion failed", gic_enable(96)));
	assert_true(FAKE_EXPECT_PANIC("assertion failed", gic_route_spi(31, 0)));
	assert_true(FAKE_EXPECT_PANIC("assertion failed", gic_kick(CPU_MAX)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(other_versions_and_small_ranges_are_refused),
		TEST(distributor_comes_up_quiet),
		TEST(no_more_than_1020_interrupts),
		TEST(a_distributor_that_never_settles_times_out),
		TEST(redistributor_and_interface_come_up),
		TEST(a_redistributor_that_sleeps_on_times_out),
		TEST(redistributors_are_found_by_affinity),
		TEST(two_regions_are_searched),
		TEST(gicv4_frames_are_twice_as_large),
		TEST(the_firmware_s_stride_is_taken),
		TEST(an_unknown_cpu_is_not_found),
		TEST(a_region_that_ends_within_a_redistributor),
		TEST(kick_names_one_cpu),
		TEST(acknowledge_drop_and_deactivate),
		TEST(private_interrupts_are_in_the_redistributor),
		TEST(shared_interrupts_are_in_the_distributor),
		TEST(leaving_is_quiet),
		TEST(interrupts_that_are_not_there_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
