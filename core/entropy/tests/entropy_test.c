/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "abi/boot_info.h"
#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "entropy/entropy.h"
#include "fake/smccc.h"
#include "lock/lock.h"
#include "percpu/percpu.h"

#define RNDR UINT64_C(0x1000000000000000)

/* A firmware with a TRNG: counts upwards. */
struct firmware {
	int32_t version;
	unsigned busy; /* answers NO_ENTROPY so many times first */
	unsigned calls;
	uint64_t next;
};

static struct percpu cpu;
static struct firmware firmware;

static void answer(void *ctx, struct smccc_regs *regs)
{
	struct firmware *f = ctx;

	lock_assert_none_held();
	f->calls++;
	if (regs->x[0] == 0x84000050) {
		regs->x[0] = (uint64_t)(int64_t)f->version;
	} else if (regs->x[0] == 0xc4000053 && f->busy != 0U) {
		f->busy--;
		regs->x[0] = (uint64_t)INT64_C(-3);
	} else if (regs->x[0] == 0xc4000053 && f->version > 0) {
		assert_int_equal(regs->x[1], 192);
		*regs = (struct smccc_regs){.x = {0, f->next, f->next + 1U, f->next + 2U}};
		f->next += 3U;
	} else {
		regs->x[0] = ~UINT64_C(0);
	}
}

static int setup(void **state)
{
	(void)state;
	cpu = (struct percpu){0};
	arch_percpu_set(&cpu);
	firmware = (struct firmware){.version = -1};
	fake_sysregs.id_aa64isar0_el1 = 0;
	fake_sysregs.rndrrs = 0;
	fake_smccc_hook(answer, &firmware);
	return 0;
}

static void init_with_seed(uint8_t first)
{
	uint8_t seed[64] = {first};

	entropy_init(seed, sizeof(seed), BOOT_CONDUIT_NONE);
}

static void test_without_a_source(void **state)
{
	uint8_t buf[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	(void)state;
	entropy_init(NULL, 0, BOOT_CONDUIT_SMC);
	assert_false(entropy_available());
	assert_string_equal(entropy_sources(), "none");
	assert_int_equal(entropy_fill(buf, sizeof(buf)), PLINTH_ENOTSUP);
	assert_int_equal(buf[0], 1);
	entropy_mix(buf, sizeof(buf));
	assert_false(entropy_available());
}

static void test_a_short_seed_is_none(void **state)
{
	uint8_t seed[ENTROPY_SEED_MIN - 1U] = {1};

	(void)state;
	entropy_init(seed, sizeof(seed), BOOT_CONDUIT_NONE);
	assert_false(entropy_available());
	assert_int_equal(seed[0], 0);
}

static void test_the_seed_is_wiped(void **state)
{
	uint8_t seed[64];

	(void)state;
	memset(seed, 0x5a, sizeof(seed));
	entropy_init(seed, sizeof(seed), BOOT_CONDUIT_NONE);
	for (unsigned i = 0; i < sizeof(seed); i++) {
		assert_int_equal(seed[i], 0);
	}
	assert_true(entropy_available());
	assert_string_equal(entropy_sources(), "seed");
	assert_int_equal(firmware.calls, 0);
}

static void test_output_depends_on_the_seed(void **state)
{
	uint8_t a[200];
	uint8_t b[200];

	(void)state;
	init_with_seed(1);
	assert_int_equal(entropy_fill(a, sizeof(a)), PLINTH_OK);
	init_with_seed(2);
	assert_int_equal(entropy_fill(b, sizeof(b)), PLINTH_OK);
	for (unsigned i = 0; i + 8U <= sizeof(a); i += 8U) {
		assert_memory_not_equal(&a[i], &b[i], 8);
	}
}

static void test_output_never_repeats(void **state)
{
	static uint64_t words[256];

	(void)state;
	init_with_seed(3);
	for (unsigned i = 0; i < 256U; i += 32U) {
		assert_int_equal(entropy_fill(&words[i], 32U * sizeof(words[0])), PLINTH_OK);
	}
	for (unsigned i = 0; i < 256U; i++) {
		for (unsigned j = 0; j < i; j++) {
			assert_true(words[i] != words[j]);
		}
	}
}

static void test_every_size_is_filled_exactly(void **state)
{
	uint8_t buf[200];

	(void)state;
	init_with_seed(4);
	for (size_t size = 0; size < 150U; size++) {
		unsigned zeroes = 0;

		memset(buf, 0, sizeof(buf));
		assert_int_equal(entropy_fill(buf, size), PLINTH_OK);
		for (size_t i = 0; i < size; i++) {
			zeroes += buf[i] == 0U ? 1U : 0U;
		}
		assert_true(zeroes < 8U);
		for (size_t i = size; i < sizeof(buf); i++) {
			assert_int_equal(buf[i], 0);
		}
	}
}

static void test_mixing_changes_the_output(void **state)
{
	uint64_t plain;
	uint64_t mixed;

	(void)state;
	init_with_seed(5);
	(void)entropy_fill(&plain, 8);
	setup(NULL);
	init_with_seed(5);
	entropy_mix("x", 1);
	(void)entropy_fill(&mixed, 8);
	assert_true(plain != mixed);
}

/* The linker's: all variables lie between. */
extern char memory_start[] __asm__("__data_start");
extern char memory_end[] __asm__("_end");

/* Between variables lie bytes that ASan allows nobody. */
__attribute__((no_sanitize("address", "thread"))) static bool is_among(
	const char *from, const char *end, uint64_t word)
{
	for (const char *at = from; at + sizeof(word) <= end; at++) {
		unsigned same = 0;

		while (same < sizeof(word) && at[same] == (char)(word >> 8U * same)) {
			same++;
		}
		if (same == sizeof(word)) {
			return true;
		}
	}
	return false;
}

__attribute__((no_sanitize("address", "thread"))) static void copy_memory(char *to)
{
	for (const char *at = memory_start; at != memory_end; at++) {
		*to++ = *at;
	}
}

/* Bytes that are made ahead are given out, unless something is mixed in. */
static void test_mixing_drops_what_is_made(void **state)
{
	size_t size = (uintptr_t)memory_end - (uintptr_t)memory_start;
	char *before = malloc(size);
	uint64_t v;

	(void)state;
	assert_non_null(before);
	init_with_seed(7);
	(void)entropy_fill(&v, 8);
	copy_memory(before);
	(void)entropy_fill(&v, 8);
	assert_true(is_among(before, before + size, v));
	copy_memory(before);
	entropy_mix("x", 1);
	(void)entropy_fill(&v, 8);
	assert_false(is_among(before, before + size, v));
	free(before);
}

/* Who looks at memory later finds nothing of what was given out, by one batch or by several. */
static void test_nothing_is_kept(void **state)
{
	(void)state;
	init_with_seed(8);
	for (unsigned i = 0; i < 40U; i++) {
		uint64_t word[3];

		assert_int_equal(entropy_fill(word, sizeof(word)), PLINTH_OK);
		for (unsigned w = 0; w < 3U; w++) {
			assert_false(is_among(memory_start, memory_end, word[w]));
		}
	}
}

static void test_the_firmwares_trng(void **state)
{
	uint64_t v;

	(void)state;
	firmware = (struct firmware){.version = 0x10000, .busy = 5};
	entropy_init(NULL, 0, BOOT_CONDUIT_HVC);
	assert_true(entropy_available());
	assert_string_equal(entropy_sources(), "smccc");
	assert_int_equal(firmware.next, 6);
	assert_int_equal(entropy_fill(&v, sizeof(v)), PLINTH_OK);
}

static void test_a_trng_that_stays_dry(void **state)
{
	(void)state;
	firmware = (struct firmware){.version = 0x10000, .busy = ~0U};
	entropy_init(NULL, 0, BOOT_CONDUIT_SMC);
	assert_false(entropy_available());
	assert_true(firmware.calls < 100U);
}

static void test_rndrrs(void **state)
{
	uint64_t v;

	(void)state;
	fake_sysregs.id_aa64isar0_el1 = RNDR;
	entropy_init(NULL, 0, BOOT_CONDUIT_NONE);
	assert_false(entropy_available()); /* it gives 0: it fails */
	fake_sysregs.rndrrs = 0x1234;
	entropy_init(NULL, 0, BOOT_CONDUIT_NONE);
	assert_true(entropy_available());
	assert_string_equal(entropy_sources(), "rndrrs");
	assert_int_equal(entropy_fill(&v, sizeof(v)), PLINTH_OK);
}

static void test_it_is_reseeded(void **state)
{
	static uint8_t buf[4096];
	unsigned calls;

	(void)state;
	firmware = (struct firmware){.version = 0x10000};
	entropy_init(NULL, 0, BOOT_CONDUIT_SMC);
	calls = firmware.calls;
	for (uint64_t done = 0; done + sizeof(buf) < ENTROPY_RESEED_BYTES; done += sizeof(buf)) {
		(void)entropy_fill(buf, sizeof(buf));
	}
	assert_int_equal(firmware.calls, calls);
	(void)entropy_fill(buf, sizeof(buf));
	assert_int_equal(firmware.calls, calls + 2U);
}

static void *fill_much(void *arg)
{
	struct percpu mine = {.id = (cpu_id_t)(uintptr_t)arg};
	uint64_t buf[16];

	arch_percpu_set(&mine);
	for (unsigned i = 0; i < 500U; i++) {
		(void)entropy_fill(buf, sizeof(buf));
	}
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t thread[3];

	(void)state;
	init_with_seed(6);
	for (uintptr_t i = 0; i < 3U; i++) {
		pthread_create(&thread[i], NULL, fill_much, (void *)(i + 1U));
	}
	for (unsigned i = 0; i < 3U; i++) {
		pthread_join(thread[i], NULL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_without_a_source, setup),
		cmocka_unit_test_setup(test_a_short_seed_is_none, setup),
		cmocka_unit_test_setup(test_the_seed_is_wiped, setup),
		cmocka_unit_test_setup(test_output_depends_on_the_seed, setup),
		cmocka_unit_test_setup(test_output_never_repeats, setup),
		cmocka_unit_test_setup(test_every_size_is_filled_exactly, setup),
		cmocka_unit_test_setup(test_mixing_changes_the_output, setup),
		cmocka_unit_test_setup(test_mixing_drops_what_is_made, setup),
		cmocka_unit_test_setup(test_nothing_is_kept, setup),
		cmocka_unit_test_setup(test_the_firmwares_trng, setup),
		cmocka_unit_test_setup(test_a_trng_that_stays_dry, setup),
		cmocka_unit_test_setup(test_rndrrs, setup),
		cmocka_unit_test_setup(test_it_is_reseeded, setup),
		cmocka_unit_test_setup(test_threads, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
