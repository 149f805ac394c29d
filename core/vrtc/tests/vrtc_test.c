/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "fake/mmio.h"
#include "percpu/percpu.h"
#include "vrtc/vrtc.h"

#define DR   0x00U
#define MR   0x04U
#define LR   0x08U
#define CR   0x0cU
#define IMSC 0x10U
#define RIS  0x14U
#define MIS  0x18U
#define ICR  0x1cU

#define HZ    1000U
#define EPOCH 1700000000U

static struct percpu cpu0;
static struct vrtc rtc;
static bool line;
static uint64_t deadline;

static void set_line(void *ctx, bool level)
{
	assert_ptr_equal(ctx, &cpu0);
	assert_int_not_equal(level, line);
	line = level;
}

static void arm(void *ctx, uint64_t at)
{
	assert_ptr_equal(ctx, &cpu0);
	deadline = at;
}

static const struct vrtc_ops ops = {.set_line = set_line, .arm = arm};

static uint64_t read_host(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	assert_int_equal(offset, 0);
	assert_int_equal(size, 4);
	return EPOCH;
}

static const struct fake_device host = {.base = 0x9010000, .size = 0x1000, .read = read_host};

static int setup(void **state)
{
	(void)state;
	arch_percpu_set(&cpu0);
	fake_sysregs.cntfrq_el0 = HZ;
	fake_sysregs.cntpct_el0 = 500;
	fake_mmio_reset();
	fake_mmio_add(&host);
	vrtc_boot(0x9010000, 7, 8);
	line = false;
	deadline = 1;
	vrtc_init(&rtc, &ops, &cpu0);
	return 0;
}

static void wr(uint64_t offset, uint32_t v)
{
	struct mmio_access access = {.offset = offset, .size = 4, .write = true, .value = v};

	assert_int_equal(vrtc_mmio(&rtc, &access), MMIO_DONE);
}

static uint32_t rd(uint64_t offset)
{
	struct mmio_access access = {.offset = offset, .size = 4, .value = UINT64_MAX};

	assert_int_equal(vrtc_mmio(&rtc, &access), MMIO_DONE);
	assert_true(access.value <= UINT32_MAX);
	return (uint32_t)access.value;
}

static void the_clock_is_the_hosts(void **state)
{
	(void)state;
	assert_int_equal(rd(DR), EPOCH);
	fake_sysregs.cntpct_el0 += HZ - 1U;
	assert_int_equal(rd(DR), EPOCH);
	fake_sysregs.cntpct_el0 += 1;
	assert_int_equal(rd(DR), EPOCH + 1U);
	assert_int_equal(rd(CR), 1);
	wr(CR, 0);
	assert_int_equal(rd(CR), 1);
}

static void without_a_host_clock_it_is_1970(void **state)
{
	(void)state;
	vrtc_boot(0, 0, 0);
	assert_int_equal(rd(DR), 0);
}

static void without_a_host_clock_the_firmware_has_told_the_time(void **state)
{
	(void)state;
	fake_sysregs.cntpct_el0 = 12 * HZ;
	vrtc_boot(0, 1700000000, 10 * HZ);
	assert_int_equal(rd(DR), 1700000002);
	fake_sysregs.cntpct_el0 += HZ;
	assert_int_equal(rd(DR), 1700000003);
}

static void a_guest_sets_its_own_clock(void **state)
{
	struct vrtc other;

	(void)state;
	vrtc_init(&other, &ops, &cpu0);
	wr(LR, 42);
	assert_int_equal(rd(DR), 42);
	assert_int_equal(rd(LR), 42);
	fake_sysregs.cntpct_el0 += 10U * HZ;
	assert_int_equal(rd(DR), 52);
	wr(LR, 7);
	assert_int_equal(rd(DR), 7);
	vrtc_reset(&rtc);
	assert_int_equal(rd(DR), 7); /* the battery */
	assert_int_equal(other.offset, 0);
}

static void the_alarm_comes_at_its_second(void **state)
{
	(void)state;
	fake_sysregs.cntpct_el0 += 300;
	wr(IMSC, 1);
	wr(MR, EPOCH + 5U);
	assert_int_equal(rd(MR), EPOCH + 5U);
	assert_int_equal(deadline, 500U + 5U * HZ);
	assert_false(line);
	fake_sysregs.cntpct_el0 = deadline - 1U;
	vrtc_alarm(&rtc); /* early */
	assert_false(line);
	fake_sysregs.cntpct_el0 = 500U + 5U * HZ;
	vrtc_alarm(&rtc);
	assert_true(line);
	assert_int_equal(rd(RIS), 1);
	assert_int_equal(rd(MIS), 1);
	assert_int_equal(deadline, VRTC_NEVER);
	wr(ICR, 1);
	assert_false(line);
	vrtc_alarm(&rtc); /* spurious: one alarm for one match */
	assert_false(line);
}

static void a_match_that_is_now_rings_at_once_and_may_be_masked(void **state)
{
	(void)state;
	wr(MR, EPOCH);
	assert_false(line);
	assert_int_equal(rd(RIS), 1);
	assert_int_equal(rd(MIS), 0);
	wr(IMSC, 0xff);
	assert_int_equal(rd(IMSC), 1);
	assert_true(line);
	wr(IMSC, 0);
	assert_false(line);
}

static void setting_the_clock_moves_the_alarm(void **state)
{
	(void)state;
	wr(IMSC, 1);
	wr(MR, EPOCH + 100U);
	wr(LR, EPOCH + 90U);
	assert_int_equal(deadline, 500U + 10U * HZ);
	wr(MR, EPOCH); /* past: comes round in 136 years */
	assert_true(deadline > UINT64_C(4000000000) * HZ);
	vrtc_alarm(&rtc);
	assert_false(line);
}

/* Had it not come by the deadline (a busy CPU), the alarm must not be missed. */
static void a_late_call_still_rings(void **state)
{
	(void)state;
	wr(IMSC, 1);
	wr(MR, EPOCH + 2U);
	fake_sysregs.cntpct_el0 += 60U * HZ;
	vrtc_alarm(&rtc);
	assert_true(line);
}

static void reset_forgets_the_alarm(void **state)
{
	(void)state;
	wr(IMSC, 1);
	wr(MR, EPOCH);
	assert_true(line);
	vrtc_reset(&rtc);
	assert_false(line);
	assert_int_equal(rd(RIS) | rd(IMSC) | rd(MR), 0);
	assert_int_equal(deadline, VRTC_NEVER);
}

static void identity_and_odd_accesses(void **state)
{
	struct mmio_access access = {.offset = 0, .size = 8};

	(void)state;
	assert_int_equal(rd(0xfe0) | rd(0xfe4) << 8 | rd(0xfe8) << 16 | rd(0xfec) << 24, 0x41031);
	assert_int_equal(
		rd(0xff0) | rd(0xff4) << 8 | rd(0xff8) << 16 | rd(0xffc) << 24, 0xb105f00d);
	assert_int_equal(rd(0x20), 0);
	wr(0x20, 1);
	wr(DR, 5); /* read-only */
	assert_int_equal(rd(DR), EPOCH);
	assert_int_equal(vrtc_mmio(&rtc, &access), MMIO_FAULT);
	access = (struct mmio_access){.offset = 2, .size = 2};
	assert_int_equal(vrtc_mmio(&rtc, &access), MMIO_DONE);
	assert_int_equal(access.value, EPOCH >> 16);
	access = (struct mmio_access){.offset = 6, .size = 2, .write = true, .value = 9};
	assert_int_equal(vrtc_mmio(&rtc, &access), MMIO_DONE);
	assert_int_equal(rd(MR), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_clock_is_the_hosts, setup),
		cmocka_unit_test_setup(without_a_host_clock_it_is_1970, setup),
		cmocka_unit_test_setup(without_a_host_clock_the_firmware_has_told_the_time, setup),
		cmocka_unit_test_setup(a_guest_sets_its_own_clock, setup),
		cmocka_unit_test_setup(the_alarm_comes_at_its_second, setup),
		cmocka_unit_test_setup(a_match_that_is_now_rings_at_once_and_may_be_masked, setup),
		cmocka_unit_test_setup(setting_the_clock_moves_the_alarm, setup),
		cmocka_unit_test_setup(a_late_call_still_rings, setup),
		cmocka_unit_test_setup(reset_forgets_the_alarm, setup),
		cmocka_unit_test_setup(identity_and_odd_accesses, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
