/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "percpu/percpu.h"

static struct percpu cpus[2] = {{.id = 0}, {.id = 1, .mpidr = 0x100}};

static void *be_cpu_1(void *arg)
{
	(void)arg;
	arch_percpu_set(&cpus[1]);
	return percpu_this() == &cpus[1] && cpu_this() == 1U ? &cpus[1] : NULL;
}

static void each_cpu_finds_its_own(void **state)
{
	pthread_t thread;
	void *result = NULL;

	(void)state;
	arch_percpu_set(&cpus[0]);
	assert_int_equal(pthread_create(&thread, NULL, be_cpu_1, NULL), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &cpus[1]);
	assert_ptr_equal(percpu_this(), &cpus[0]);
	assert_int_equal(cpu_this(), 0);
}

static void the_table_starts_empty(void **state)
{
	(void)state;
	assert_int_equal(percpu_count, 0);
	for (unsigned i = 0; i < CPU_MAX; i++) {
		assert_null(percpu_table[i]);
	}
}

/* What vectors.S reads by number. */
static void offsets_are_those_of_assembly(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct percpu, current), PERCPU_CURRENT);
	assert_int_equal(offsetof(struct percpu, stack_top), PERCPU_STACK_TOP);
	assert_int_equal(offsetof(struct percpu, overflow_stack_top), PERCPU_OVERFLOW_STACK_TOP);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cpu_finds_its_own),
		cmocka_unit_test(the_table_starts_empty),
		cmocka_unit_test(offsets_are_those_of_assembly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
