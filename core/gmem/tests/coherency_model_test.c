/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The coherency engine against a model of caches and TLBs (docs/design/cache-model.md): random
 * histories of guests, devices and the hypervisor on two CPUs never show an observer bytes older
 * than it is owed, nor a former VM's; and with any one operation of the engine left out, some do.
 *
 *   coherency_model_test [--seed N] [--steps N] [--machine N] [--drop-steps N] [--row N] [--loud]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "coherency_drop.h"
#include "coherency_history.h"
#include "coherency_taps.h"

#define SHRINK_BUDGET 1000000U

static struct {
	uint64_t seed;
	uint64_t steps;
	uint64_t drop_steps; /* 0: without drop-one */
	unsigned machine;    /* CONFIG_COUNT: all */
	unsigned only;	     /* the row of drop-one; TAP_NONE: all */
	bool loud;
} options = {1, COHERENCY_STEPS, COHERENCY_DROP_STEPS, CONFIG_COUNT, TAP_NONE, false};

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* One history of one machine; how many steps. */
static unsigned run_one(unsigned machine, uint64_t seed)
{
	static struct history history;
	const struct config config = config_of(machine);
	char name[64];
	unsigned done;

	taps_select(machine, TAP_NONE);
	history_make(&history, seed, HISTORY_MAX);
	done = history_run(&history, &config);
	if (world_has_failed()) {
		config_describe(&config, name, sizeof(name));
		printf("machine %u (%s), seed %llu, step %u: %s\n", machine, name,
			(unsigned long long)seed, done, world.failure);
		history_shrink(&history, &config, SHRINK_BUDGET);
		printf("the same in %u steps:\n", history.count);
		history_print(&history, &config);
	}
	return done;
}

/* One in so many histories is on a machine with blocks: zeroing and copying them takes long. */
#define BLOCKS_ONCE_IN 64U

static unsigned machine_for(uint64_t round)
{
	if (options.machine != CONFIG_COUNT) {
		return options.machine;
	}
	if (round % BLOCKS_ONCE_IN == BLOCKS_ONCE_IN - 1U) {
		return CONFIG_SMALL +
		       (unsigned)(round / BLOCKS_ONCE_IN % (CONFIG_COUNT - CONFIG_SMALL));
	}
	return (unsigned)(round % CONFIG_SMALL);
}

static void test_nobody_sees_older_bytes(void **state)
{
	uint64_t steps = 0;
	double start = cpu_seconds();

	(void)state;
	taps_forget();
	for (uint64_t round = 0; steps < options.steps; round++) {
		steps += run_one(machine_for(round), options.seed + round);
		if (world_has_failed()) {
			fail_msg("seed %llu", (unsigned long long)(options.seed + round));
		}
	}
	printf("%llu steps in %.1f s, %.0f a second; seed %llu, %u kinds of operation, "
	       "%llu steps impossible, %llu without memory\n",
		(unsigned long long)steps, cpu_seconds() - start,
		(double)steps / (cpu_seconds() - start), (unsigned long long)options.seed,
		tap_count, (unsigned long long)world.skipped, (unsigned long long)world.no_memory);
}

static void test_every_operation_is_needed(void **state)
{
	double start = cpu_seconds();

	(void)state;
	if (options.drop_steps == 0U) {
		skip();
	}
	assert_int_equal(
		drop_each(options.seed, options.drop_steps, options.only, options.loud), 0);
	printf("drop-one in %.1f s\n", cpu_seconds() - start);
}

static void parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "0";

		if (strcmp(argv[i], "--loud") == 0) {
			options.loud = true;
			continue;
		}
		if (strcmp(argv[i], "--seed") == 0) {
			options.seed = strtoull(value, NULL, 0);
		} else if (strcmp(argv[i], "--steps") == 0) {
			options.steps = strtoull(value, NULL, 0);
		} else if (strcmp(argv[i], "--drop-steps") == 0) {
			options.drop_steps = strtoull(value, NULL, 0);
		} else if (strcmp(argv[i], "--row") == 0) {
			options.only = (unsigned)strtoul(value, NULL, 0);
		} else if (strcmp(argv[i], "--machine") == 0) {
			options.machine = (unsigned)strtoul(value, NULL, 0);
		}
		i++;
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_sees_older_bytes),
		cmocka_unit_test(test_every_operation_is_needed),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
