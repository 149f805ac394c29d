/* SPDX-License-Identifier: Apache-2.0 */
#include "scan_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct scan_rig rig;

struct scan_regime rig_regime(void)
{
	const struct scan_registers r = {
		.sctlr = 1,
		.tcr = model_tcr(),
		.ttbr = {model_half[0].root | UINT64_C(7) << 48, model_half[1].root | 1U},
		.mmfr0 = RIG_MMFR0,
		.mmfr2 = RIG_MMFR2_LVA,
	};

	return scan_regime_of(&r);
}

void rig_run_regime(const struct scan_regime *with, struct scan_request request)
{
	enum scan_result result;

	request.read = model_read;
	rig.found_count = 0;
	rig.steps = 0;
	rig.most_ats = 0;
	scan_begin(&rig.scan, with, &request);
	do {
		uint64_t before = model_ats;
		uint64_t reads = model_reads;

		assert_true(rig.found_count < RIG_RANGE_MAX);
		result = scan_step(&rig.scan, &rig.found[rig.found_count]);
		rig.found_count += result == SCAN_RANGE ? 1U : 0U;
		rig.steps++;
		rig.most_ats =
			model_ats - before > rig.most_ats ? model_ats - before : rig.most_ats;
		if (!request.exec && model_reads != reads) {
			/* Memory may have been made present: nothing else in such a step. */
			assert_int_equal(model_ats - before, 1);
			assert_true(model_reads - reads <= 4U);
		}
		assert_true(rig.steps < 100000U);
	} while (result != SCAN_DONE);
}

void rig_run(enum scan_view view, bool exec)
{
	const struct scan_regime with = rig_regime();

	rig_run_regime(&with, (struct scan_request){.to = UINT64_MAX, .view = view, .exec = exec});
	assert_int_equal(rig.scan.counts.at, model_ats);
	assert_int_equal(rig.scan.counts.reads, model_reads);
}
