/* SPDX-License-Identifier: Apache-2.0 */
/* A scan of what model.h has, and what it found. */
#ifndef SCAN_RIG_H
#define SCAN_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"
#include "scan/scan.h"

#define RIG_MMFR0     UINT64_C(0x00100000) /* all granules */
#define RIG_MMFR2_LVA UINT64_C(0x00010000) /* 52 bits with 64 KiB */
#define RIG_RANGE_MAX 512U

struct scan_rig {
	struct scan scan;
	struct libscan_range found[RIG_RANGE_MAX];
	unsigned found_count;
	unsigned steps;
	uint64_t most_ats; /* in one step */
};

extern struct scan_rig rig;

/* Of the model's registers. */
struct scan_regime rig_regime(void);

/* To its end, each step within its bounds. */
void rig_run_regime(const struct scan_regime *with, struct scan_request request);

/* Of all addresses, by the model's own regime. */
void rig_run(enum scan_view view, bool exec);

#endif
