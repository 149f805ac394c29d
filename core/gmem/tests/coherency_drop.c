/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drop-one: an engine that leaves out one operation must be caught.
 */
#include "coherency_drop.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "coherency_directed.h"
#include "coherency_history.h"
#include "coherency_taps.h"

#define SHRINK_BUDGET 30000U /* steps for each */
#define DROP_LENGTH   400U   /* of a history */

#define DIRECTED_TRIES 1000U

static bool loud_rows;

struct config config_of(unsigned number)
{
	static const uint16_t lines[] = {64, 16, 32, 128};
	/* Slow, and about barriers that other machines have for other reasons too: of each of IDC,
	 * DIC and FWB one, mapped lazily and eagerly. */
	static const uint32_t weak_stores =
		UINT32_C(1) << 4 | UINT32_C(1) << 12 | UINT32_C(1) << 16 | UINT32_C(1) << 29;
	unsigned n = number % CONFIG_SMALL;
	const struct config c = {
		.cache =
			{
				.weak = number < CONFIG_SMALL &&
					(weak_stores & UINT32_C(1) << n) != 0U,
				.dline = lines[(n / 4U + n) % 4U],
				.iline = lines[(n / 8U + 3U * n) % 4U],
				.icache = (enum fake_icache)(3U - n % 4U),
				.idc = (n & 4U) != 0U,
				.dic = (n & 8U) != 0U,
			},
		.fwb = (n & 16U) != 0U,
		.eager = n % 5U == 4U,
		.by_instruction = n % 7U == 3U,
		.vmid_bits = n % 3U == 1U ? 2U : 8U,
		.blocks = number >= CONFIG_SMALL,
		.prepare = number % 2U != 0U,
		.vcpus = n % 3U == 2U ? 1U : 2U,
	};

	return c;
}

void config_describe(const struct config *c, char *buf, size_t size)
{
	static const char *const icaches[] = {"VPIPT", "AIVIVT", "VIPT", "PIPT"};

	snprintf(buf, size, "%s %u/%u%s%s%s%s%s%s%s", icaches[c->cache.icache], c->cache.dline,
		c->cache.iline, c->cache.idc ? " IDC" : "", c->cache.dic ? " DIC" : "",
		c->fwb ? " FWB" : "", c->eager ? " eager" : "", c->blocks ? " blocks" : "",
		c->vmid_bits < 8U ? " 2-bit VMIDs" : "", c->vcpus == 1U ? " 1 vCPU" : "");
}

/* The next configuration that executes the operation. */
static unsigned next_config(uint64_t configs, unsigned after)
{
	unsigned config = after;

	do {
		config = (config + 1U) % CONFIG_COUNT;
	} while ((configs & UINT64_C(1) << config) == 0U);
	return config;
}

static void print_row(unsigned index, const struct config *config, uint64_t steps, unsigned length)
{
	char name[64];

	config_describe(config, name, sizeof(name));
	printf("%3u %-44s %u %-18s %-34s %8llu %4u  %.52s\n", index, taps[index].place,
		taps[index].number, tap_op_name(taps[index].op), name, (unsigned long long)steps,
		length, world.failure);
}

/* Runs one history; if it fails, shrinks and prints it. `done`: the steps before it. */
static bool is_noticed(unsigned index, struct history *history, unsigned machine, uint64_t *done)
{
	const struct config config = config_of(machine);

	taps_select(machine, index);
	*done += history_run(history, &config);
	if (!world_has_failed()) {
		return false;
	}
	history_shrink(history, &config, SHRINK_BUDGET);
	print_row(index, &config, *done, history->count);
	if (loud_rows) {
		history_print(history, &config);
	}
	return true;
}

static struct history history;

static bool drop_directed(unsigned index, uint64_t *done)
{
	unsigned machine;

	for (uint64_t attempt = 0; attempt < DIRECTED_TRIES; attempt++) {
		if (!directed_history(&taps[index], attempt, &history, &machine)) {
			return false;
		}
		if (is_noticed(index, &history, machine, done)) {
			return true;
		}
	}
	return false;
}

/* Is it noticed within so many steps? */
static bool drop(unsigned index, uint64_t seed, uint64_t steps)
{
	unsigned machine = CONFIG_COUNT - 1U;
	uint64_t done = 0;

	if (drop_directed(index, &done)) {
		return true;
	}
	while (done < steps) {
		machine = next_config(taps[index].configs, machine);
		history_make(&history, seed, seed % 3U == 0U ? HISTORY_MAX : DROP_LENGTH);
		seed++;
		if (is_noticed(index, &history, machine, &done)) {
			return true;
		}
	}
	printf("%3u %-44s %u %-18s %-34s NOT NOTICED in %llu steps (executed %llu times)\n", index,
		taps[index].place, taps[index].number, tap_op_name(taps[index].op), "",
		(unsigned long long)done, (unsigned long long)taps[index].count);
	return false;
}

unsigned drop_each(uint64_t seed, uint64_t steps, unsigned only, bool loud)
{
	unsigned count = tap_count;
	unsigned missed = 0;

	loud_rows = loud;
	printf("    %-44s %s %-18s %-34s %8s %4s\n", "left out", "#", "operation", "machine",
		"steps", "min");
	for (unsigned i = 0; i < count; i++) {
		if ((only == TAP_NONE || only == i) && !drop(i, seed, steps)) {
			missed++;
		}
	}
	taps_select(0, TAP_NONE);
	if (tap_count != count) {
		printf("%u operations came up that the list lacks, the first: %s %u %s\n",
			tap_count - count, taps[count].place, taps[count].number,
			tap_op_name(taps[count].op));
		missed++;
	}
	return missed;
}
