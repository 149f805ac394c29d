/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUs that fault on, write and give back the same pages at once; for ThreadSanitizer, and for
 * page counts.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "fake/cache_model.h"
#include "gmem_fixture.h"

#define THREADS 4U
#define ROUNDS	1500U

static struct fixture fixture;
static struct percpu cpus[THREADS];

/* What another CPU's relinquishing may answer is no failure. */
static enum plinth_status unless(enum plinth_status status, enum plinth_status allowed)
{
	return status == allowed ? PLINTH_OK : status;
}

static void *run_cpu(void *arg)
{
	struct percpu *cpu = arg;
	struct gmem *gmem = &fixture.gmem;
	uint64_t random = cpu->id + 1U;
	uintptr_t failures = 0;

	arch_percpu_set(cpu);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t r = fake_random(&random);
		uint64_t page = (r >> 8) % 64U;
		ipa_t ipa = ipa_init(VM_RAM_BASE + MIB(1) + page * KIB(28) / PAGE_SIZE * PAGE_SIZE);
		struct gmem_fault fault = {.ipa = ipa, .access = (enum gmem_access)(r % 3U)};
		enum plinth_status status;

		if (i % 64U == 0U) {
			write_vttbr_el2(s2_vmid_load(&gmem->space));
			(void)s2_enter_vcpu(&gmem->space, cpu->id, cpu->id);
		}
		switch ((r >> 40) % 8U) {
		case 0:
			status = unless(gmem_write(gmem, ipa, &r, sizeof(r)), PLINTH_EFAULT);
			break;
		case 1:
			status = unless(gmem_read(gmem, ipa, &r, sizeof(r)), PLINTH_EFAULT);
			break;
		case 2:
			status = unless(gmem_relinquish(gmem, ipa, S2_LEVEL_4K), PLINTH_EEXIST);
			break;
		case 3:
			status = unless(gmem_retake(gmem, ipa, S2_LEVEL_4K), PLINTH_ENOENT);
			break;
		default:
			status = (fault.access == GMEM_FETCH && gmem_fetch(gmem, ipa)) ||
						 gmem_fault(gmem, &fault) == GMEM_RESUME
					 ? PLINTH_OK
					 : PLINTH_EFAULT;
			break;
		}
		failures += status != PLINTH_OK ? 1U : 0U;
	}
	return (void *)failures;
}

static void test_many_cpus_at_once(void **state)
{
	pthread_t thread[THREADS];
	ipa_t cursor = ipa_init(0);

	(void)state;
	fixture_init(&fixture, FIXTURE_CTR, false, 0);
	fixture_start(&fixture);
	assert_int_equal(gmem_caches_on(&fixture.gmem, &cursor), PLINTH_OK);
	for (unsigned i = 0; i < THREADS; i++) {
		cpus[i].id = i;
		assert_int_equal(pthread_create(&thread[i], NULL, run_cpu, &cpus[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		void *failures;

		assert_int_equal(pthread_join(thread[i], &failures), 0);
		assert_null(failures);
	}
	fixture_fini(&fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_cpus_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
