/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backdoor/backdoor.h"
#include "base/bits.h"
#include "base/compiler.h"

#define ISS  UINT32_C(0x20c3e3) /* of ESR_EL2 0x6220c3e3: MRS XZR, MDCCSR_EL0 */
#define JUNK UINT64_C(0xdeadbeef00000000)

#define W7_LOW_BANDWIDTH UINT32_C(0x0e) /* 4 bytes, IN, port in DX */
#define W7_HIGH_IN	 UINT32_C(0x1c)
#define W7_HIGH_OUT	 UINT32_C(0x18)

static const struct backdoor_vm vmware = {.vmware = true, .product = BACKDOOR_PRODUCT_ESX};
static const struct backdoor_vm control = {.control = true};
static const struct backdoor_vm plain = {.vmware = false};

/* The registers of open-vm-tools' greeting, with junk in every upper half. */
static struct backdoor_regs greeting(void)
{
	struct backdoor_regs regs = {.x = {
					     JUNK | BACKDOOR_MAGIC,
					     JUNK | 0xffffffffU,
					     JUNK | BACKDOOR_GETVERSION,
					     JUNK | BACKDOOR_PORT,
					     JUNK | 4U,
					     JUNK | 5U,
					     JUNK | 6U,
					     UINT64_C(0x8600000000) | W7_LOW_BANDWIDTH,
				     }};

	return regs;
}

/* W0 = ffffffff, and nothing else has changed. */
static void assert_unknown(const struct backdoor_vm *vm, struct backdoor_regs regs, unsigned el)
{
	struct backdoor_regs before = regs;

	backdoor_call(vm, &regs, el);
	assert_int_equal(regs.x[0], 0xffffffff);
	assert_memory_equal(&regs.x[1], &before.x[1], 7U * sizeof(regs.x[0]));
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
		struct backdoor_regs regs = greeting();

		backdoor_call(&vmware, &regs, el);
		assert_int_equal(regs.x[0], 6);
		assert_int_equal(regs.x[1], 0x564d5868);
		assert_int_equal(regs.x[2], 2);
		assert_memory_equal(&regs.x[3], &greeting().x[3], 5U * sizeof(regs.x[0]));
	}
}

static void test_product(void **state)
{
	struct backdoor_vm workstation = vmware;
	struct backdoor_regs regs = greeting();

	(void)state;
	workstation.product = BACKDOOR_PRODUCT_WORKSTATION;
	backdoor_call(&workstation, &regs, 0);
	assert_int_equal(regs.x[2], 4);
}

static void test_unknown(void **state)
{
	struct backdoor_regs regs = greeting();

	(void)state;
	assert_unknown(&control, regs, 1); /* the port is VMware's */
	regs.x[2] = 0x7777;
	assert_unknown(&vmware, regs, 0);
	regs = greeting();
	regs.x[3] = 0x5659;
	assert_unknown(&vmware, regs, 0);
	regs = greeting();
	regs.x[0] ^= 1U;
	assert_unknown(&vmware, regs, 0);
}

/* W2's upper half is a command's own. */
static void test_command_is_sixteen_bits(void **state)
{
	struct backdoor_regs regs = greeting();

	(void)state;
	regs.x[2] |= 0x00050000;
	regs.x[3] |= 0x00070000;
	backdoor_call(&vmware, &regs, 0);
	assert_int_equal(regs.x[0], 6);
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
		struct backdoor_regs regs = greeting();

		regs.x[7] = UINT64_C(0x8600000000) | bad[i];
		assert_unknown(&vmware, regs, 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_a_call),
		cmocka_unit_test(test_the_greeting),
		cmocka_unit_test(test_product),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_command_is_sixteen_bits),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_every_malformed_w7),
		cmocka_unit_test(test_malformed_calls_are_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
