/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "event/event.h"
#include "percpu/percpu.h"
#include "timerq/timerq.h"

#define HZ 1000000U

static struct percpu cpu0;
static unsigned woken;

static void listener(void)
{
	woken++;
}

static void no_kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	(void)cpu;
}

static int group_setup(void **state)
{
	static const struct timerq_ops ops = {.kick = no_kick};

	(void)state;
	arch_percpu_set(&cpu0);
	fake_sysregs.cntfrq_el0 = HZ;
	fake_sysregs.cntpct_el0 = 5;
	timerq_init(&ops, NULL, 1);
	timerq_cpu_init();
	return 0;
}

/* Before anybody listens: kept, and nobody is woken. */
static void events_are_kept(void **state)
{
	struct event events[4];
	uint64_t number = 0;
	uint64_t lost;

	(void)state;
	event_post(EVENT_STATE, 3, 1);
	event_post(EVENT_INFO, 4, 2);
	event_listen(listener);
	assert_int_equal(event_read(&number, events, 1, &lost), 1);
	assert_int_equal(number, 1);
	assert_int_equal(events[0].kind, EVENT_STATE);
	assert_int_equal(events[0].vm, 3);
	assert_int_equal(events[0].time, 5);
	assert_int_equal(event_read(&number, events, 4, &lost), 1);
	assert_int_equal(events[0].value, 2);
	assert_int_equal(event_read(&number, events, 4, &lost), 0);
	assert_int_equal(number, 2);
	number = UINT64_MAX; /* far ahead: goes to the end */
	assert_int_equal(event_read(&number, events, 4, &lost), 0);
	assert_int_equal(lost, 0);
	assert_int_equal(number, 2);
}

static void who_is_slow_is_told(void **state)
{
	struct event events[EVENT_RING + 1U];
	uint64_t number = UINT64_MAX;
	uint64_t lost;

	(void)state;
	(void)event_read(&number, events, 1, &lost);
	for (unsigned i = 0; i < EVENT_RING + 7U; i++) {
		event_post(EVENT_STATE, 0, i);
	}
	assert_int_equal(event_read(&number, events, EVENT_RING + 1U, &lost), EVENT_RING);
	assert_int_equal(lost, 7);
	assert_int_equal(events[0].value, 7);
	assert_int_equal(events[EVENT_RING - 1U].value, EVENT_RING + 6U);
	assert_int_equal(event_read(&number, events, 1, &lost), 0);
	assert_int_equal(lost, 0);
}

/* However many there are, one wake-up in EVENT_WAKE_HZ. */
static void wake_ups_are_bounded(void **state)
{
	(void)state;
	fake_sysregs.cntpct_el0 += HZ;
	timerq_run(fake_sysregs.cntpct_el0);
	woken = 0;
	for (unsigned ms = 0; ms < 10U; ms++) {
		for (unsigned i = 0; i < 100U; i++) {
			event_post(EVENT_CONSOLE, 1, 0);
			fake_sysregs.cntpct_el0 += HZ / EVENT_WAKE_HZ / 100U;
			timerq_run(fake_sysregs.cntpct_el0);
		}
	}
	assert_in_range(woken, 8, 10);
	fake_sysregs.cntpct_el0 += HZ;
	timerq_run(fake_sysregs.cntpct_el0);
	woken = 0;
	fake_sysregs.cntpct_el0 += HZ;
	timerq_run(fake_sysregs.cntpct_el0);
	assert_int_equal(woken, 0);
	event_post(EVENT_CONSOLE, 1, 0);
	fake_sysregs.cntpct_el0 += HZ;
	timerq_run(fake_sysregs.cntpct_el0);
	assert_int_equal(woken, 1);
}

static unsigned count_of(uint64_t *number, enum event_kind kind, vm_id_t vm)
{
	struct event events[EVENT_RING];
	uint64_t lost;
	size_t got = event_read(number, events, EVENT_RING, &lost);
	unsigned count = 0;

	assert_int_equal(lost, 0);
	for (size_t i = 0; i < got; i++) {
		count += events[i].kind == kind && events[i].vm == vm ? 1U : 0U;
	}
	return count;
}

static void pass(uint64_t ticks)
{
	fake_sysregs.cntpct_el0 += ticks;
	timerq_run(fake_sysregs.cntpct_el0);
}

/* One that sets values in a loop, for a second: what another has done is still there, and so is
 * word of the last value. */
static void a_flood_of_values_is_its_own_vms(void **state)
{
	uint64_t number = UINT64_MAX;
	uint64_t own;
	unsigned count;

	(void)state;
	pass(HZ);
	assert_int_equal(count_of(&number, EVENT_INFO, 1), 0);
	own = number;
	event_post(EVENT_STATE, 255, 1);
	event_post(EVENT_INFO, 255, 0);
	for (unsigned ms = 0; ms < 1000U; ms++) {
		event_post(EVENT_INFO, 1, 0);
		pass(HZ / 1000U);
	}
	assert_int_equal(count_of(&(uint64_t){own}, EVENT_STATE, 255), 1);
	assert_int_equal(count_of(&(uint64_t){own}, EVENT_INFO, 255), 1);
	count = count_of(&(uint64_t){own}, EVENT_INFO, 1);
	assert_in_range(count, 9, EVENT_INFO_HZ + 1U);
	pass(HZ); /* quiet: then the first comes at once, the others as one */
	pass(HZ);
	(void)count_of(&number, EVENT_INFO, 1);
	event_post(EVENT_INFO, 1, 0);
	assert_int_equal(count_of(&number, EVENT_INFO, 1), 1);
	event_post(EVENT_INFO, 1, 0);
	event_post(EVENT_INFO, 1, 0);
	assert_int_equal(count_of(&number, EVENT_INFO, 1), 0);
	pass(HZ / EVENT_WAKE_HZ);
	woken = 0;
	pass(HZ / EVENT_INFO_HZ);
	pass(HZ / EVENT_WAKE_HZ);
	assert_int_equal(woken, 1);
	assert_int_equal(count_of(&number, EVENT_INFO, 1), 1);
	pass(HZ / EVENT_INFO_HZ);
	pass(HZ);
	assert_int_equal(count_of(&number, EVENT_INFO, 1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_kept),
		cmocka_unit_test(who_is_slow_is_told),
		cmocka_unit_test(wake_ups_are_bounded),
		cmocka_unit_test(a_flood_of_values_is_its_own_vms),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
