/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histories: lists of steps that depend on nothing but themselves and what went before, so that any
 * part of one is a history too.
 */
#ifndef COHERENCY_HISTORY_H
#define COHERENCY_HISTORY_H

#include <stdint.h>

#include "coherency_world.h"

#define HISTORY_MAX 1000U

enum step_kind {
	STEP_LOAD,
	STEP_STORE,
	STEP_FETCH,
	STEP_MAINTAIN,
	STEP_CLEAN,
	STEP_UNCACHED,
	STEP_DEVICE,
	STEP_HOST_WRITE,
	STEP_HOST_READ,
	STEP_RELINQUISH,
	STEP_SWITCH,
	STEP_CACHES_ON,
	STEP_VCPU_START,
	STEP_VCPU_STOP,
	STEP_SET_WAY,
	STEP_RESET,
	STEP_RECREATE,
	STEP_SCRUB,
	STEP_KIND_COUNT,
};

struct step {
	uint8_t kind; /* enum step_kind */
	uint8_t cpu;
	uint8_t vm;
	uint8_t vcpu;
	uint8_t page;
	uint8_t word;
	uint8_t how;
	uint32_t seed; /* of the adversary; 0: it rests */
};

struct history {
	unsigned count;
	struct step step[HISTORY_MAX];
};

/* `count` steps, at most HISTORY_MAX, from a seed. */
void history_make(struct history *history, uint64_t seed, unsigned count);

/* Runs it on a fresh machine: how many steps, up to the first failure (world.failure). */
unsigned history_run(const struct history *history, const struct config *config);

/* Makes a history that fails shorter, as far as `budget` steps of trying allow; it fails still. */
void history_shrink(struct history *history, const struct config *config, uint64_t budget);

/* Runs it once more and says what happens. */
void history_print(const struct history *history, const struct config *config);

#endif
