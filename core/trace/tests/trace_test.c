/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arch/sysreg.h"
#include "percpu/percpu.h"
#include "trace/trace.h"

static struct percpu cpu[3];
static struct trace_ring ring[3];
static struct trace_event seen[1024];
static size_t seen_count;

static void see(void *ctx, const struct trace_event *event)
{
	assert_ptr_equal(ctx, seen);
	seen[seen_count] = *event;
	seen_count++;
}

static size_t read_back(size_t max)
{
	seen_count = 0;
	return trace_for_each(max, see, seen);
}

static int setup(void **state)
{
	(void)state;
	memset(ring, 0, sizeof(ring));
	for (cpu_id_t i = 0; i < 3; i++) {
		cpu[i].id = i;
		trace_init_cpu(i, i < 2 ? &ring[i] : NULL);
	}
	arch_percpu_set(&cpu[0]);
	fake_sysregs.cntpct_el0 = 0;
	trace_enable(true);
	return 0;
}

static void write_on(cpu_id_t id, uint64_t time, uint64_t a)
{
	arch_percpu_set(&cpu[id]);
	fake_sysregs.cntpct_el0 = time;
	trace(TRACE_NOTE, 1, 2, a, ~a);
}

static void off_means_nothing_is_written(void **state)
{
	(void)state;
	trace_enable(false);
	write_on(0, 1, 1);
	assert_int_equal(read_back(10), 0);
}

static void all_fields_come_back(void **state)
{
	(void)state;
	fake_sysregs.cntpct_el0 = 77;
	trace(TRACE_MMIO, 0xffe, 0x123, UINT64_MAX, 5);
	trace(TRACE_EXIT, TRACE_NO_VM, 0, 1, 2);
	assert_int_equal(read_back(10), 2);
	assert_int_equal(seen[0].time, 77);
	assert_int_equal(seen[0].kind, TRACE_MMIO);
	assert_int_equal(seen[0].vm, 0xffe);
	assert_int_equal(seen[0].vcpu, 0x123);
	assert_int_equal(seen[0].a, UINT64_MAX);
	assert_int_equal(seen[0].b, 5);
	assert_int_equal(seen[0].cpu, 0);
	assert_int_equal(seen[1].vm, TRACE_NO_VM);
}

static void cpus_are_merged_by_time(void **state)
{
	(void)state;
	write_on(0, 10, 0);
	write_on(1, 11, 1);
	write_on(1, 12, 2);
	write_on(0, 13, 3);
	write_on(1, 14, 4);
	assert_int_equal(read_back(100), 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(seen[i].a, i);
	}
	assert_int_equal(read_back(2), 2);
	assert_int_equal(seen[0].a, 3);
	assert_int_equal(seen[1].a, 4);
	assert_int_equal(read_back(0), 0);
}

static void a_full_ring_keeps_the_newest(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		write_on(0, i, i);
	}
	assert_int_equal(read_back(500), TRACE_RECORDS);
	for (size_t i = 0; i < TRACE_RECORDS; i++) {
		assert_int_equal(seen[i].a, 1000U - TRACE_RECORDS + i);
	}
}

static void a_cpu_without_ring_is_harmless(void **state)
{
	(void)state;
	write_on(2, 1, 1);
	assert_int_equal(read_back(10), 0);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TRACE_KIND_COUNT; i++) {
		assert_non_null(trace_kind_name((enum trace_kind)i));
	}
	assert_string_equal(trace_kind_name(TRACE_EXIT), "exit");
	assert_string_equal(trace_kind_name(TRACE_KIND_COUNT), "unknown");
}

static bool stop_writing;

static void *keep_writing(void *arg)
{
	arch_percpu_set(arg);
	for (uint64_t i = 0; !load_relaxed(&stop_writing); i++) {
		fake_sysregs.cntpct_el0 = i;
		trace(TRACE_NOTE, 1, 2, i, ~i);
	}
	return NULL;
}

/* A reader beside a writer never sees half of one record and half of another. */
static void records_are_never_torn(void **state)
{
	pthread_t thread;

	(void)state;
	store_relaxed(&stop_writing, false);
	assert_int_equal(pthread_create(&thread, NULL, keep_writing, &cpu[1]), 0);
	for (int i = 0; i < 300; i += seen_count != 0) {
		if (read_back(1000) == 0) {
			arch_yield();
		}
		for (size_t j = 0; j < seen_count; j++) {
			assert_int_equal(seen[j].a, ~seen[j].b);
			assert_int_equal(seen[j].a, seen[j].time);
			assert_true(j == 0 || seen[j].a > seen[j - 1].a);
		}
	}
	store_relaxed(&stop_writing, true);
	pthread_join(thread, NULL);
	assert_int_equal(read_back(1000), TRACE_RECORDS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(off_means_nothing_is_written, setup),
		cmocka_unit_test_setup(all_fields_come_back, setup),
		cmocka_unit_test_setup(cpus_are_merged_by_time, setup),
		cmocka_unit_test_setup(a_full_ring_keeps_the_newest, setup),
		cmocka_unit_test_setup(a_cpu_without_ring_is_harmless, setup),
		cmocka_unit_test_setup(kinds_have_names, setup),
		cmocka_unit_test_setup(records_are_never_torn, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
