/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How improbable counts are, exactly and without floating point. Results are bits: b says that the
 * probability is at most 2^-b. Sums over a tail are bounded by their largest term times the number
 * of terms, so b is never too large; 0 says nothing.
 */
#ifndef DETECT_STATS_H
#define DETECT_STATS_H

#include <stdint.h>

#define STATS_RUNS_MAX 2048U

/* log2(n!) for all n that two samples can add up to, in units of 2^-32. The caller's: 32 KiB. */
struct stats_table {
	uint64_t log2_factorial[2U * STATS_RUNS_MAX + 1U];
};

void stats_init(struct stats_table *table);

struct stats_sample {
	uint32_t runs; /* 1 to STATS_RUNS_MAX */
	uint32_t hits; /* at most runs */
};

/* Fisher's exact test, one-sided: the probability that `probe` has so many of the hits of both
 * samples, or more, if both are hit equally often. 0 where probe has no larger share. */
uint32_t stats_fisher_bits(
	const struct stats_table *table, struct stats_sample probe, struct stats_sample control);

/* Exact binomial tail: the probability of so many hits, or more, if each has one of
 * 2^-`rate_bits` (1 to 16). 0 where that many are to be expected. */
uint32_t stats_binomial_bits(
	const struct stats_table *table, struct stats_sample sample, uint32_t rate_bits);

#endif
