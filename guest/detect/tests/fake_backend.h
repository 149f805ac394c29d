/* SPDX-License-Identifier: Apache-2.0 */
/* A backend that answers as it is told: for each probe how many of 100 runs are cleared. */
#ifndef DETECT_TESTS_FAKE_BACKEND_H
#define DETECT_TESTS_FAKE_BACKEND_H

#include <stdint.h>
#include <string.h>

#include "detect/detect.h"

#define FAKE_FAULTS 255U

struct fake_cpu {
	uint8_t probe_percent[PROBE_COUNT]; /* or FAKE_FAULTS */
	uint8_t control_percent;
	uint32_t probes[PROBE_COUNT]; /* runs seen */
	uint32_t controls[PROBE_COUNT];
	uint32_t random;
};

static inline bool fake_chance(struct fake_cpu *cpu, uint32_t percent)
{
	cpu->random = cpu->random * 1664525U + 1013904223U;
	return (cpu->random >> 8) % 100U < percent;
}

static inline enum detect_outcome fake_run(void *ctx, enum detect_probe_id probe, bool is_control)
{
	struct fake_cpu *cpu = ctx;
	uint32_t percent = is_control ? cpu->control_percent : cpu->probe_percent[probe];

	if (is_control) {
		cpu->controls[probe]++;
	} else {
		cpu->probes[probe]++;
	}
	if (!is_control && percent == FAKE_FAULTS) {
		return DETECT_FAULTED;
	}
	return fake_chance(cpu, percent) ? DETECT_CLEARED : DETECT_STORED;
}

static inline struct detect_backend fake_backend(struct fake_cpu *cpu, enum detect_level level)
{
	return (struct detect_backend){level, fake_run, cpu};
}

/* Every answer as the profile's column says; what varies is not trapped. */
static inline void fake_like(struct fake_cpu *cpu, const char *letters)
{
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		cpu->probe_percent[i] = letters[i] == 'T'   ? 100U
					: letters[i] == 'R' ? FAKE_FAULTS
							    : 0U;
	}
}

#endif
