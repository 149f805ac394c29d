/* SPDX-License-Identifier: Apache-2.0 */
/* Against the C library's floating point: never too sure, and not much less sure than right. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/stats.h"

static struct stats_table table;

static int set_up(void **state)
{
	(void)state;
	stats_init(&table);
	return 0;
}

static double log2_choose(uint32_t n, uint32_t k)
{
	return (lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)) / log(2.0);
}

static double fisher(struct stats_sample probe, struct stats_sample control)
{
	uint32_t hits = probe.hits + control.hits;
	double sum = 0;

	for (uint32_t k = probe.hits; k <= hits && k <= probe.runs; k++) {
		if (hits - k <= control.runs) {
			sum += exp2(log2_choose(probe.runs, k) +
				    log2_choose(control.runs, hits - k) -
				    log2_choose(probe.runs + control.runs, hits));
		}
	}
	return sum > 0.0 ? -log2(sum) : INFINITY;
}

static double binomial(struct stats_sample sample, uint32_t rate_bits)
{
	double rate = exp2(-(double)rate_bits);
	double sum = 0;

	for (uint32_t k = sample.hits; k <= sample.runs; k++) {
		sum += exp2(log2_choose(sample.runs, k) + k * log2(rate) +
			    (sample.runs - k) * log2(1.0 - rate));
	}
	return sum > 0.0 ? -log2(sum) : INFINITY;
}

static void factorials_are_exact_to_a_millionth_of_a_bit(void **state)
{
	(void)state;
	for (uint32_t n = 0; n <= 2U * STATS_RUNS_MAX; n += 7U) {
		double right = lgamma(n + 1.0) / log(2.0);
		double ours = (double)table.log2_factorial[n] / 4294967296.0;

		assert_true(ours <= right + 1e-7);
		assert_true(ours >= right - 1e-5);
	}
}

static void fisher_is_never_too_sure(void **state)
{
	static const uint32_t runs[] = {1, 2, 16, 40, 64, 256};

	(void)state;
	for (unsigned r = 0; r < sizeof(runs) / sizeof(runs[0]); r++) {
		for (uint32_t hits = 0; hits <= runs[r]; hits += 1U + runs[r] / 16U) {
			for (uint32_t others = 0; others <= runs[r]; others += 1U + runs[r] / 8U) {
				struct stats_sample probe = {runs[r], hits};
				struct stats_sample control = {2U * runs[r], others};
				uint32_t bits = stats_fisher_bits(&table, probe, control);
				double right = fisher(probe, control);

				assert_true(bits <= right + 1e-6);
				/* Seven bits for the tail's terms, of which there are at most 257;
				 * two more for rounding. */
				assert_true(bits == 0 || bits + 11.0 > right);
			}
		}
	}
}

static void fisher_of_what_all_and_nothing_is(void **state)
{
	struct stats_sample all = {256, 256};
	struct stats_sample none = {256, 0};

	(void)state;
	/* 1 of C(512, 256) arrangements: 2^-507.2. */
	assert_int_equal(stats_fisher_bits(&table, all, none), 506);
	assert_int_equal(stats_fisher_bits(&table, none, all), 0);
	assert_int_equal(stats_fisher_bits(&table, all, all), 0);
	assert_int_equal(stats_fisher_bits(&table, none, none), 0);
}

static void fisher_of_a_few_more_hits_is_nothing(void **state)
{
	struct stats_sample probe = {256, 9};
	struct stats_sample control = {256, 4};

	(void)state;
	assert_true(stats_fisher_bits(&table, probe, control) < 5);
}

static void binomial_is_never_too_sure(void **state)
{
	(void)state;
	for (uint32_t rate_bits = 1; rate_bits <= 8; rate_bits++) {
		for (uint32_t runs = 1; runs <= 256; runs += 15) {
			for (uint32_t hits = 0; hits <= runs; hits += 5) {
				struct stats_sample sample = {runs, hits};
				uint32_t bits = stats_binomial_bits(&table, sample, rate_bits);
				double right = binomial(sample, rate_bits);

				assert_true(bits <= right + 1e-6);
			}
		}
	}
}

static void binomial_of_all_is_the_rate_to_their_number(void **state)
{
	struct stats_sample all = {256, 256};

	(void)state;
	assert_int_equal(stats_binomial_bits(&table, all, 4), 1023);
	assert_int_equal(stats_binomial_bits(&table, (struct stats_sample){256, 16}, 4), 0);
}

static void the_largest_samples_fit(void **state)
{
	struct stats_sample all = {STATS_RUNS_MAX, STATS_RUNS_MAX};
	struct stats_sample none = {STATS_RUNS_MAX, 0};

	(void)state;
	assert_true(stats_fisher_bits(&table, all, none) > 4000);
	assert_true(stats_binomial_bits(&table, all, 16) > 32000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(factorials_are_exact_to_a_millionth_of_a_bit),
		cmocka_unit_test(fisher_is_never_too_sure),
		cmocka_unit_test(fisher_of_what_all_and_nothing_is),
		cmocka_unit_test(fisher_of_a_few_more_hits_is_nothing),
		cmocka_unit_test(binomial_is_never_too_sure),
		cmocka_unit_test(binomial_of_all_is_the_rate_to_their_number),
		cmocka_unit_test(the_largest_samples_fit),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
