/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drop-one: an engine that leaves out one operation must be caught.
 */
#include "coherency_drop.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "coherency_history.h"
#include "coherency_taps.h"

#define SHRINK_BUDGET 30000U /* steps for each */
#define DROP_LENGTH   400U   /* of a history */

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
	};

	return c;
}

void config_describe(const struct config *c, char *buf, size_t size)
{
	static const char *const icaches[] = {"VPIPT", "AIVIVT", "VIPT", "PIPT"};

	snprintf(buf, size, "%s %u/%u%s%s%s%s%s%s", icaches[c->cache.icache], c->cache.dline,
		c->cache.iline, c->cache.idc ? " IDC" : "", c->cache.dic ? " DIC" : "",
		c->fwb ? " FWB" : "", c->eager ? " eager" : "", c->blocks ? " blocks" : "",
		c->vmid_bits < 8U ? " 2-bit VMIDs" : "");
}

/* What the model can't judge, and why. */
static const struct {
	const char *place;
	uint8_t op;
	uint8_t number;
	const char *why;
} not_judged[] = {
	{"s2_vmid_load", FAKE_DSB_ISH, 0, "orders two CPUs' plain loads and stores"},
	{"s2_vmid_load", FAKE_DSB_ISH, 1, "a third CPU loads between unlocking and the last DSB"},
	{"s2_vmid_load", FAKE_DSB_ISH, 2, "orders two CPUs' plain loads and stores"},
	{"s2_enter_vcpu", FAKE_ISB, 1, "needless: the ERET does it"},
	/* Open: either needless, or too seldom for so few steps. */
	{"s2_enter_vcpu", FAKE_IC_IALLU, 1, "open: no failure in 400,000 steps"},
	{"s2_map with tables", FAKE_DSB_ISHST, 2, "open: no second CPU is in the VM yet"},
	/* Without it --seed 3757 --machine 12 --steps 500 --drop-steps 0 fails. */
	{"s2_map", FAKE_DSB_ISHST, 0, "seldom: a store that overtakes those to the page"},
	{"coh: writer before", FAKE_DSB_SY, 1, "seldom: once in 200,000 steps at most"},
	{"memory", FAKE_DSB_SY, 0, "seldom: once in 100,000 steps"},
	{"s2_clear_step", FAKE_ISB, 1, "open: no failure in 400,000 steps"},
	{"coh: execute permission lost by all", FAKE_DSB_ISH, 1, "open: a later DSB does it"},
	{"coh: first fetch", FAKE_DSB_ISH, 0, "seldom: IDC, eager, fresh memory"},
	{"s2_split", FAKE_DSB_ISHST, 5, "seldom: blocks alone, fresh memory"},
	{"s2_split", FAKE_DSB_ISHST, 6, "open: its callers publish again"},
	{"s2_edit", FAKE_TLBI_VMALLS12E1IS, 1, "seldom: runs of more than 64 pages"},
	{"s2_map with a table", FAKE_DSB_ISHST, 1, "needless: the last DSB ISHST is enough"},
	{"s2_map with a table", FAKE_DSB_ISHST, 2, "needless: the table's own comes before"},
	{"s2_map with tables", FAKE_DSB_ISHST, 1, "needless: the last DSB ISHST is enough"},
	{"s2_map with tables", FAKE_DSB_ISHST, 3, "needless: the last DSB ISHST is enough"},
	{"s2_map with tables", FAKE_DSB_ISHST, 4, "needless: the tables' own come before"},
	{"s2_space_fini", FAKE_TLBI_VMALLS12E1IS, 0, "needless: s2_clear_step left nothing"},
	{"s2_space_fini", FAKE_DSB_ISH, 1, "needless: s2_clear_step left nothing"},
	{"s2_space_fini", FAKE_ISB, 0, "needless: s2_clear_step left nothing"},
	{"s2_space_fini", FAKE_ISB, 1, "needless: s2_clear_step left nothing"},
};

static const char *why_not_judged(const struct tap *tap)
{
	for (unsigned i = 0; i < ARRAY_SIZE(not_judged); i++) {
		if (strcmp(tap->place, not_judged[i].place) == 0 && tap->op == not_judged[i].op &&
			tap->number == not_judged[i].number) {
			return not_judged[i].why;
		}
	}
	return NULL;
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

/* Is it noticed within so many steps? */
static bool drop(unsigned index, uint64_t seed, uint64_t steps, bool loud)
{
	static struct history history;
	unsigned config_number = CONFIG_COUNT - 1U;
	uint64_t done = 0;

	while (done < steps) {
		struct config config;

		config_number = next_config(taps[index].configs, config_number);
		config = config_of(config_number);
		taps_select(config_number, index);
		history_make(&history, seed, seed % 3U == 0U ? HISTORY_MAX : DROP_LENGTH);
		seed++;
		done += history_run(&history, &config);
		if (world_has_failed()) {
			history_shrink(&history, &config, SHRINK_BUDGET);
			print_row(index, &config, done, history.count);
			if (loud) {
				history_print(&history, &config);
			}
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

	printf("    %-44s %s %-18s %-34s %8s %4s\n", "left out", "#", "operation", "machine",
		"steps", "min");
	for (unsigned i = 0; i < count; i++) {
		const char *why = why_not_judged(&taps[i]);

		if (why != NULL) {
			printf("%3u %-44s %u %-18s not judged: %s\n", i, taps[i].place,
				taps[i].number, tap_op_name(taps[i].op), why);
		} else if ((only == TAP_NONE || only == i) && !drop(i, seed, steps, loud)) {
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
