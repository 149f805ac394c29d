/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "backdoor_rig.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "decode.h"
#include "fake/mmio.h"
#include "vrtc/vrtc.h"

#define ISS  UINT32_C(0x20c3e3) /* of ESR_EL2 0x6220c3e3: MRS XZR, MDCCSR_EL0 */
#define JUNK RIG_JUNK

#define W7_LOW_BANDWIDTH UINT32_C(0x0e) /* 4 bytes, IN, port in DX */
#define W7_HIGH_IN	 UINT32_C(0x1c)
#define W7_HIGH_OUT	 UINT32_C(0x18)

static const struct backdoor_vm vmware = {.config = {.vmware = true}};
static const struct backdoor_vm control = {.config = {.control = true}};
static const struct backdoor_vm plain;

/* The registers of open-vm-tools' greeting, with junk in every upper half. */
static void greet(void)
{
	const uint64_t x[BACKDOOR_REGS] = {
		JUNK | BACKDOOR_MAGIC,
		JUNK | 0xffffffffU,
		JUNK | BACKDOOR_GETVERSION,
		JUNK | BACKDOOR_PORT,
		JUNK | 4U,
		JUNK | 5U,
		JUNK | 6U,
		UINT64_C(0x8600000000) | W7_LOW_BANDWIDTH,
	};

	memcpy(rig.x, x, sizeof(x));
}

/* Calls `command`; all but the results, a bit for each register, stay as they are. */
static void command(uint32_t number, unsigned el, unsigned results)
{
	uint64_t before[BACKDOOR_REGS];

	greet();
	rig.x[2] = JUNK | number;
	memcpy(before, rig.x, sizeof(before));
	assert_int_equal(rig_call(el), BACKDOOR_DONE);
	for (unsigned i = 0; i < BACKDOOR_REGS; i++) {
		if ((results >> i & 1U) == 0U) {
			assert_int_equal(rig.x[i], before[i]);
		} else {
			assert_int_equal(rig.x[i] >> 32, 0);
		}
	}
}

/* W0 = ffffffff, and nothing else has changed. */
static void assert_unknown(unsigned el)
{
	uint64_t before[BACKDOOR_REGS];

	memcpy(before, rig.x, sizeof(before));
	assert_int_equal(rig_call(el), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], 0xffffffff);
	assert_memory_equal(&rig.x[1], &before[1], 7U * sizeof(before[0]));
}

static void test_what_is_a_call(void **state)
{
	(void)state;
	assert_true(backdoor_is_call(&vmware, ISS, UINT64_C(0x860000000e)));
	assert_true(backdoor_is_call(&control, ISS, UINT64_C(0x8600000000)));
	assert_false(backdoor_is_call(&plain, ISS, UINT64_C(0x860000000e)));
	assert_false(backdoor_is_call(&vmware, ISS, UINT64_C(0x870000000e)));
	assert_false(backdoor_is_call(&vmware, ISS, UINT64_C(0x100008600000000)));
	assert_false(backdoor_is_call(&vmware, ISS, 0x86));
	assert_false(backdoor_is_call(&vmware, ISS & ~1U, UINT64_C(0x860000000e)));    /* MSR */
	assert_false(backdoor_is_call(&vmware, ISS & ~0x20U, UINT64_C(0x860000000e))); /* X30 */
	assert_false(backdoor_is_call(&vmware, ISS ^ 0x8U, UINT64_C(0x860000000e)));   /* DTR */
}

static void test_the_greeting(void **state)
{
	(void)state;
	for (unsigned el = 0; el < 2U; el++) {
		command(BACKDOOR_GETVERSION, el, 7);
		assert_int_equal(rig.x[0], 6);
		assert_int_equal(rig.x[1], 0x564d5868);
		assert_int_equal(rig.x[2], 2);
	}
	rig.vm.config.product = BACKDOOR_PRODUCT_WORKSTATION;
	command(BACKDOOR_GETVERSION, 0, 7);
	assert_int_equal(rig.x[2], 4);
}

static void test_unknown(void **state)
{
	static const struct {
		unsigned reg;
		uint64_t value;
	} wrong[] = {{2, 0x7777}, {2, 6}, {2, 7}, {2, 9}, {3, 0x5657}, {3, 0x565a}, {0, 0}};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		greet();
		rig.x[wrong[i].reg] = wrong[i].value;
		assert_unknown(0);
	}
}

static void test_without_vmware(void **state)
{
	struct backdoor_config config = rig.vm.config;
	struct backdoor_report report;
	char key[BACKDOOR_KEY_SIZE];

	(void)state;
	backdoor_fini(&rig.vm);
	config.vmware = false;
	config.control = true;
	assert_int_equal(backdoor_init(&rig.vm, &config), PLINTH_OK);
	greet();
	assert_unknown(1); /* the port is VMware's */
	backdoor_reset(&rig.vm);
	backdoor_off(&rig.vm);
	backdoor_get_report(&rig.vm, &report);
	assert_int_equal(report.health, BACKDOOR_NO_TOOLS);
	assert_int_equal(backdoor_request(&rig.vm, BACKDOOR_HALT), PLINTH_EPERM);
	assert_int_equal(backdoor_info_key(&rig.vm, 0, key), PLINTH_ENOENT);
	assert_int_equal(backdoor_info_set(&rig.vm, "a", "b", 1), PLINTH_ENOTSUP);
}

/* W2's upper half is a command's own. */
static void test_command_is_sixteen_bits(void **state)
{
	(void)state;
	greet();
	rig.x[2] |= 0x00050000;
	rig.x[3] |= 0x00070000;
	assert_int_equal(rig_call(0), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], 6);
}

static void test_facts(void **state)
{
	(void)state;
	command(17, 0, 3);
	assert_true(rig.x[0] > 0U);
	assert_int_equal(rig.x[1], BACKDOOR_MAGIC);
	fake_sysregs.cntfrq_el0 = UINT64_C(0x100000000) + 62500000U;
	command(45, 0, 7);
	assert_int_equal(rig.x[0], 62500000);
	assert_int_equal(rig.x[1], 1);
	fake_sysregs.cntfrq_el0 = 62500000;
	command(1, 0, 1);
	assert_int_equal(rig.x[0], 62);
	fake_sysregs.cntfrq_el0 = RIG_HZ;
	command(20, 0, 1);
	assert_int_equal(rig.x[0], 512);
	command(19, 0, 15);
	assert_int_equal(rig.x[0], 0x04030201);
	assert_int_equal(rig.x[3], 0x100f0e0d);
	command(100, 0, 3);
	assert_int_equal(rig.x[1], BACKDOOR_MAGIC);
}

static void test_headless_answers(void **state)
{
	static const uint32_t none[] = {5, 8, 11, 12, 13, 15, 36};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(none); i++) {
		command(none[i], 0, 1);
		assert_int_equal(rig.x[0], 0);
	}
	command(4, 0, 1);
	assert_int_equal(rig.x[0], 0xff9cff9c);
}

static void test_some_are_for_el1(void **state)
{
	static const uint32_t el1[] = {68, 91, 102};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(el1); i++) {
		greet();
		rig.x[2] = el1[i];
		assert_unknown(0);
		command(el1[i], 1, 1);
		assert_int_equal(rig.x[0], 0);
	}
}

#define PL031 UINT64_C(0x9010000)

/* A PL031 whose clock shows 1000 when Plinth starts. */
static uint64_t read_pl031(void *ctx, uint64_t offset, unsigned size)
{
	(void)ctx;
	(void)offset;
	(void)size;
	return 1000;
}

static void test_time(void **state)
{
	static const struct fake_device pl031 = {.base = PL031, .size = 0x1000, .read = read_pl031};

	(void)state;
	vrtc_boot(0, 0, 0);
	greet();
	rig.x[2] = 23;
	assert_unknown(0); /* no clock, no answer */
	greet();
	rig.x[2] = 55;
	assert_unknown(0);
	fake_mmio_add(&pl031);
	vrtc_boot(PL031, 0, 0);
	fake_sysregs.cntpct_el0 += 2U * RIG_HZ + 5U;
	command(23, 0, 7);
	assert_int_equal(rig.x[0], 1002);
	assert_int_equal(rig.x[1], 5000);
	command(46, 0, 0x1f);
	assert_int_equal(rig.x[0], BACKDOOR_MAGIC);
	assert_int_equal(rig.x[1], 5000);
	assert_int_equal(rig.x[3], 1002);
	assert_int_equal(rig.x[4], 0);
	command(55, 0, 0x3f);
	assert_int_equal(rig.x[5], 0);
}

static void test_forms(void **state)
{
	struct backdoor_io io = backdoor_decode(W7_LOW_BANDWIDTH, 0xabcd5658);

	(void)state;
	assert_int_equal(io.form, BACKDOOR_IN);
	assert_int_equal(io.size, 4);
	assert_int_equal(io.port, 0x5658);
	assert_false(io.repeat || io.backward);

	io = backdoor_decode(W7_HIGH_IN, 0x5659);
	assert_int_equal(io.form, BACKDOOR_INS);
	assert_int_equal(io.size, 1);
	assert_int_equal(io.port, 0x5659);
	assert_true(io.repeat);
	assert_false(io.backward);

	io = backdoor_decode(W7_HIGH_OUT | 0x20U, 0x5659);
	assert_int_equal(io.form, BACKDOOR_OUTS);
	assert_true(io.repeat && io.backward);

	io = backdoor_decode(0x10 | 0x4 | 0x1, 0x80); /* INSW */
	assert_int_equal(io.form, BACKDOOR_INS);
	assert_int_equal(io.size, 2);
	assert_false(io.repeat);

	io = backdoor_decode(0x2 | 0xf8U << 5, 0x5658); /* OUT imm8 = 0xf8, EAX */
	assert_int_equal(io.form, BACKDOOR_OUT);
	assert_int_equal(io.port, 0xf8);
	assert_false(io.backward);
}

/* Every W7 of the low 14 bits, and each higher bit alone, against the table of the contract. */
static void test_every_malformed_w7(void **state)
{
	(void)state;
	for (uint32_t w7 = 0; w7 < 1U << 14; w7++) {
		uint32_t kind = w7 >> 3 & 3U;
		uint32_t reserved = kind == 0U ? 1U << 13 : kind == 1U ? 0x3fe0U : 0x3fc0U;
		bool is_broken = (w7 & 3U) == 3U || (w7 & reserved) != 0U;

		assert_int_equal(backdoor_decode(w7, 0x5658).form == BACKDOOR_BROKEN, is_broken);
	}
	for (unsigned bit = 13; bit < 32U; bit++) {
		for (uint32_t kind = 0; kind < 4U; kind++) {
			struct backdoor_io io =
				backdoor_decode((uint32_t)BIT(bit) | kind << 3 | 6U, 0x5658);

			assert_int_equal(io.form, BACKDOOR_BROKEN);
			assert_int_equal(io.size | io.port, 0);
		}
	}
}

static void test_malformed_calls_are_unknown(void **state)
{
	static const uint32_t bad[] = {
		0x0f, /* no such size */
		0x0d,
		0x0c, /* 2 bytes, 1 byte */
		0x0a, /* OUT */
		0x06, /* IN with an immediate port */
		W7_HIGH_IN,
		W7_HIGH_OUT,
		0x2e,
		0x8000000e,
		0x400e,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		greet();
		rig.x[7] = UINT64_C(0x8600000000) | bad[i];
		assert_unknown(0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(test_what_is_a_call),
		RIG_TEST(test_the_greeting),
		RIG_TEST(test_unknown),
		RIG_TEST(test_without_vmware),
		RIG_TEST(test_command_is_sixteen_bits),
		RIG_TEST(test_facts),
		RIG_TEST(test_headless_answers),
		RIG_TEST(test_some_are_for_el1),
		RIG_TEST(test_time),
		RIG_TEST(test_forms),
		RIG_TEST(test_every_malformed_w7),
		RIG_TEST(test_malformed_calls_are_unknown),
	};

	rig_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
