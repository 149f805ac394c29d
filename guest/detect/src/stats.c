/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/stats.h"

#include "base/bits.h"

#define FRACTION_BITS 32U
/* Each factorial sums up to 4,096 logarithms that are too small by less than 2^-32: below 2^-20. A
 * bit more than pays for all of a term's. */
#define ROUNDING_BITS 1U

/* floor(log2(n) * 2^32), n not 0: the integer part is the highest bit; squaring what is left, in
 * [1, 2), shifts one more bit of the fraction into it. */
static uint64_t log2_fixed(uint32_t n)
{
	unsigned whole = bit_highest(n);
	uint64_t mantissa = (uint64_t)n << (31U - whole); /* 2^31 is 1.0 */
	uint64_t result = whole;

	for (unsigned i = 0; i < FRACTION_BITS; i++) {
		mantissa = (mantissa * mantissa) >> 31;
		result <<= 1;
		if (mantissa >= BIT(32)) {
			mantissa >>= 1;
			result |= 1U;
		}
	}
	return result;
}

void stats_init(struct stats_table *table)
{
	table->log2_factorial[0] = 0;
	for (uint32_t n = 1; n <= 2U * STATS_RUNS_MAX; n++) {
		table->log2_factorial[n] = table->log2_factorial[n - 1U] + log2_fixed(n);
	}
}

static int64_t log2_choose(const struct stats_table *table, uint32_t n, uint32_t k)
{
	return (int64_t)(table->log2_factorial[n] - table->log2_factorial[k] -
			 table->log2_factorial[n - k]);
}

/* Of a tail of `terms` terms, the largest of which is 2^log2_term. */
static uint32_t bits_of(int64_t log2_term, uint32_t terms)
{
	int64_t bits = -(log2_term + (int64_t)log2_fixed(terms)) >> FRACTION_BITS;

	return bits > (int64_t)ROUNDING_BITS ? (uint32_t)bits - ROUNDING_BITS : 0U;
}

uint32_t stats_fisher_bits(
	const struct stats_table *table, struct stats_sample probe, struct stats_sample control)
{
	uint32_t hits = probe.hits + control.hits;
	uint32_t most = hits < probe.runs ? hits : probe.runs;
	int64_t term;

	/* The tail's first term is its largest only beyond the middle of the distribution. */
	if ((uint64_t)probe.hits * control.runs <= (uint64_t)control.hits * probe.runs) {
		return 0;
	}
	term = log2_choose(table, probe.runs, probe.hits) +
	       log2_choose(table, control.runs, control.hits) -
	       log2_choose(table, probe.runs + control.runs, hits);
	return bits_of(term, most - probe.hits + 1U);
}

uint32_t stats_binomial_bits(
	const struct stats_table *table, struct stats_sample sample, uint32_t rate_bits)
{
	int64_t term;

	if (((uint64_t)sample.hits << rate_bits) <= sample.runs) {
		return 0;
	}
	term = log2_choose(table, sample.runs, sample.hits) -
	       (int64_t)((uint64_t)sample.hits * rate_bits << FRACTION_BITS);
	return bits_of(term, sample.runs - sample.hits + 1U);
}
