/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/detect.h"
#include "detect/profile.h"

#include "fake_backend.h"

static struct stats_table table;

static int set_up(void **state)
{
	(void)state;
	stats_init(&table);
	return 0;
}

static struct detect_finding run_one(
	struct fake_cpu *cpu, enum detect_probe_id probe, uint32_t runs)
{
	struct detect_backend backend = fake_backend(cpu, DETECT_EL0);

	return detect_run_probe(&backend, &table, probe, runs);
}

static struct detect_report run_all(struct fake_cpu *cpu, enum detect_level level)
{
	struct detect_backend backend = fake_backend(cpu, level);
	struct detect_request request;
	struct detect_report report;

	detect_request_init(&request, level);
	detect_run(&backend, &table, &request, &report);
	return report;
}

static void always_cleared_is_trapped(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_MDCCSR] = 100}};
	struct detect_finding finding = run_one(&cpu, PROBE_MDCCSR, 256);

	(void)state;
	assert_int_equal(finding.verdict, DETECT_TRAPPED);
	assert_int_equal(finding.evidence.runs, 256);
	assert_int_equal(finding.evidence.cleared, 256);
	assert_int_equal(finding.evidence.control_runs, 256);
	assert_true(finding.evidence.doubt_bits >= DETECT_DOUBT_BITS);
}

static void never_cleared_is_not_trapped(void **state)
{
	struct fake_cpu cpu = {0};
	struct detect_finding finding = run_one(&cpu, PROBE_MDCCSR, 256);

	(void)state;
	assert_int_equal(finding.verdict, DETECT_NOT_TRAPPED);
	assert_true(finding.evidence.doubt_bits >= DETECT_DOUBT_BITS);
}

static void interrupts_do_not_look_like_traps(void **state)
{
	(void)state;
	for (uint8_t percent = 0; percent <= 100; percent += 5) {
		struct fake_cpu cpu = {.probe_percent = {[PROBE_MDCCSR] = percent},
			.control_percent = percent,
			.random = percent};

		assert_int_not_equal(run_one(&cpu, PROBE_MDCCSR, 256).verdict, DETECT_TRAPPED);
	}
}

static void a_trap_shows_through_interrupts(void **state)
{
	(void)state;
	for (uint8_t percent = 0; percent <= 60; percent += 5) {
		struct fake_cpu cpu = {.probe_percent = {[PROBE_MDCCSR] = 100},
			.control_percent = percent,
			.random = percent};

		assert_int_equal(run_one(&cpu, PROBE_MDCCSR, 256).verdict, DETECT_TRAPPED);
	}
}

static void when_all_is_cleared_nothing_is_known(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_MDCCSR] = 100}, .control_percent = 100};

	(void)state;
	assert_int_equal(run_one(&cpu, PROBE_MDCCSR, 256).verdict, DETECT_UNCLEAR);
}

static void few_runs_are_not_enough(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_MDCCSR] = 100}};

	(void)state;
	assert_int_equal(run_one(&cpu, PROBE_MDCCSR, 16).verdict, DETECT_UNCLEAR);
	assert_int_equal(run_one(&cpu, PROBE_MDCCSR, 32).verdict, DETECT_TRAPPED);
}

static void faults_are_an_answer_and_end_early(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_PMCR] = FAKE_FAULTS}};
	struct detect_finding finding = run_one(&cpu, PROBE_PMCR, 256);

	(void)state;
	assert_int_equal(finding.verdict, DETECT_REFUSED);
	assert_int_equal(finding.evidence.faulted, 4);
	assert_int_equal(cpu.probes[PROBE_PMCR], 4);
	assert_int_equal(cpu.controls[PROBE_PMCR], 0);
}

static enum detect_outcome fault_now_and_then(
	void *ctx, enum detect_probe_id probe, bool is_control)
{
	uint32_t *count = ctx;

	(void)probe;
	return !is_control && (*count)++ % 8U == 1U ? DETECT_FAULTED : DETECT_STORED;
}

static void faults_now_and_then_are_unclear(void **state)
{
	uint32_t count = 0;
	struct detect_backend backend = {DETECT_EL0, fault_now_and_then, &count};

	(void)state;
	assert_int_equal(
		detect_run_probe(&backend, &table, PROBE_MDCCSR, 64).verdict, DETECT_UNCLEAR);
	assert_int_equal(count, 64);
}

static void a_sparse_probe_needs_few_runs_and_many_controls(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_FIRST_FETCH] = 100}};
	struct detect_finding finding = run_one(&cpu, PROBE_FIRST_FETCH, 256);

	(void)state;
	assert_int_equal(finding.verdict, DETECT_TRAPPED);
	assert_int_equal(finding.evidence.runs, 10);
	assert_int_equal(finding.evidence.control_runs, 160);
}

static void a_sparse_probe_may_be_largely_used_up(void **state)
{
	static const struct {
		uint8_t percent;
		uint32_t runs_max;
	} cases[] = {{95, 20}, {60, 40}, {30, 80}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_cpu cpu = {.probe_percent = {[PROBE_FIRST_FETCH] = cases[i].percent},
			.control_percent = 1};
		struct detect_finding finding = run_one(&cpu, PROBE_FIRST_FETCH, 256);

		assert_int_equal(finding.verdict, DETECT_TRAPPED);
		assert_true(finding.evidence.runs <= cases[i].runs_max);
	}
}

static void a_used_up_sparse_probe_says_not_trapped(void **state)
{
	struct fake_cpu cpu = {0};
	struct detect_finding finding = run_one(&cpu, PROBE_FIRST_FETCH, 256);

	(void)state;
	assert_int_equal(finding.verdict, DETECT_NOT_TRAPPED);
	assert_int_equal(finding.evidence.runs, 40);
	assert_int_equal(finding.evidence.control_runs, 400);
}

/* As interrupts clear it: never a trap, however many looks. */
static void a_sparse_probe_is_not_fooled_by_interrupts(void **state)
{
	(void)state;
	for (uint8_t percent = 0; percent <= 100; percent += 5) {
		struct fake_cpu cpu = {.probe_percent = {[PROBE_FIRST_FETCH] = percent},
			.control_percent = percent,
			.random = percent};

		assert_int_not_equal(run_one(&cpu, PROBE_FIRST_FETCH, 256).verdict, DETECT_TRAPPED);
	}
}

static void each_recorded_system_is_judged_rightly(void **state)
{
	(void)state;
	for (unsigned level = 0; level < DETECT_LEVELS; level++) {
		for (size_t i = 0; i < PROFILE_COUNT; i++) {
			const struct detect_profile *profile = detect_profile(i);
			struct fake_cpu cpu = {0};
			struct detect_report report;

			fake_like(&cpu, profile->probes[level]);
			/* What Plinth's EL0 shows alone; its column varies with the memory. */
			if (profile->probes[level][PROBE_FIRST_FETCH] == PROFILE_VARIES) {
				cpu.probe_percent[PROBE_FIRST_FETCH] = 100;
			}
			report = run_all(&cpu, (enum detect_level)level);
			assert_int_equal(report.verdict,
				profile->is_hypervisor ? DETECT_PRESENT : DETECT_ABSENT);
			for (size_t other = 0; other < PROFILE_COUNT; other++) {
				assert_int_equal(
					detect_profile_match(&report).is_likely[other], other == i);
			}
		}
	}
}

/* At EL1 on neoverse-n1, which has VHE and LOR: as the payload printed it (- is not run). */
static void profiles_of_other_cpus_are_named_rightly(void **state)
{
	static const struct {
		const char *letters;
		const char *name;
	} cases[] = {
		{"TTRTNNNNN--TTTTTTTTNNNN", "KVM"},
		{"TTRNNNNNN--TTTTTTTNTNNN", "Xen"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_cpu cpu = {0};
		struct detect_report report;

		fake_like(&cpu, cases[i].letters);
		report = run_all(&cpu, DETECT_EL1);
		assert_int_equal(report.verdict, DETECT_PRESENT);
		for (size_t p = 0; p < PROFILE_COUNT; p++) {
			assert_int_equal(detect_profile_match(&report).is_likely[p],
				strcmp(detect_profile(p)->name, cases[i].name) == 0);
		}
	}
}

static void a_trap_that_the_system_may_have_made_decides_nothing(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {
				       [PROBE_MDCCSR] = FAKE_FAULTS,
				       [PROBE_PMUSERENR] = FAKE_FAULTS,
				       [PROBE_PFR0] = 100,
				       [PROBE_CTR] = 100,
			       }};

	(void)state;
	assert_int_equal(run_all(&cpu, DETECT_EL0).verdict, DETECT_UNDECIDED);
}

static void absent_does_not_rest_on_mdccsr(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_PMUSERENR] = FAKE_FAULTS}};

	(void)state;
	assert_false(detect_profile_all_trap(DETECT_EL0, PROBE_MDCCSR));
	assert_int_equal(run_all(&cpu, DETECT_EL0).verdict, DETECT_UNDECIDED);
	cpu.probe_percent[PROBE_PMUSERENR] = 0;
	assert_int_equal(run_all(&cpu, DETECT_EL0).verdict, DETECT_ABSENT);
}

static void one_trap_outweighs_what_passes(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_MDCCSR] = 100}};
	struct detect_report report = run_all(&cpu, DETECT_EL0);

	(void)state;
	assert_int_equal(report.findings[PROBE_PMUSERENR].verdict, DETECT_NOT_TRAPPED);
	assert_int_equal(report.verdict, DETECT_PRESENT);
	assert_int_equal(report.doubt_bits, report.findings[PROBE_MDCCSR].evidence.doubt_bits);
}

/* The same CPU asked again without the probe: each recorded system, each probe. */
static void leaving_out_a_probe_later_is_as_not_running_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		struct fake_cpu cpu = {0};
		struct detect_backend backend = fake_backend(&cpu, DETECT_EL0);
		struct detect_report whole;

		fake_like(&cpu, detect_profile(i)->probes[DETECT_EL0]);
		cpu.probe_percent[PROBE_MDCCSR] = detect_profile(i)->is_hypervisor ? 100 : 0;
		whole = run_all(&cpu, DETECT_EL0);
		for (unsigned probe = 0; probe < PROBE_COUNT; probe++) {
			struct detect_request request;
			struct detect_report less;

			detect_request_init(&request, DETECT_EL0);
			request.probes[probe] = false;
			detect_run(&backend, &table, &request, &less);
			assert_int_equal(
				detect_verdict_without(&whole, (enum detect_probe_id)probe),
				less.verdict);
		}
	}
}

static void a_verdict_may_rest_on_one_probe(void **state)
{
	struct fake_cpu cpu = {.probe_percent = {[PROBE_PMUSERENR] = FAKE_FAULTS}};
	struct detect_report report;

	(void)state;
	cpu.probe_percent[PROBE_MDCCSR] = 100;
	report = run_all(&cpu, DETECT_EL0);
	assert_int_equal(report.verdict, DETECT_PRESENT);
	assert_int_equal(detect_verdict_without(&report, PROBE_MDCCSR), DETECT_UNDECIDED);
	assert_int_equal(detect_verdict_without(&report, PROBE_CTR), DETECT_PRESENT);
}

static void batteries_that_differ_are_undecided(void **state)
{
	(void)state;
	assert_int_equal(detect_verdict_of_both(DETECT_ABSENT, DETECT_ABSENT), DETECT_ABSENT);
	assert_int_equal(detect_verdict_of_both(DETECT_PRESENT, DETECT_PRESENT), DETECT_PRESENT);
	assert_int_equal(detect_verdict_of_both(DETECT_PRESENT, DETECT_ABSENT), DETECT_UNDECIDED);
	assert_int_equal(detect_verdict_of_both(DETECT_UNDECIDED, DETECT_ABSENT), DETECT_UNDECIDED);
}

static void all_refused_is_undecided(void **state)
{
	struct fake_cpu cpu;
	struct detect_report report;

	(void)state;
	memset(&cpu, 0, sizeof(cpu));
	memset(cpu.probe_percent, FAKE_FAULTS, sizeof(cpu.probe_percent));
	report = run_all(&cpu, DETECT_EL1);
	assert_int_equal(report.verdict, DETECT_UNDECIDED);
	assert_int_equal(report.doubt_bits, 0);
}

static void only_what_was_asked_for_is_run(void **state)
{
	struct fake_cpu cpu = {0};
	struct detect_backend backend = fake_backend(&cpu, DETECT_EL0);
	struct detect_request request = {.runs = 64};
	struct detect_report report;

	(void)state;
	request.probes[PROBE_CTR] = true;
	request.probes[PROBE_ACTLR] = true; /* no role at EL0 */
	detect_run(&backend, &table, &request, &report);
	assert_int_equal(cpu.probes[PROBE_CTR], 64);
	assert_int_equal(cpu.probes[PROBE_ACTLR], 0);
	assert_int_equal(cpu.probes[PROBE_MDCCSR], 0);
	assert_int_equal(report.findings[PROBE_ACTLR].verdict, DETECT_NOT_RUN);
	assert_int_equal(report.verdict, DETECT_UNDECIDED);
}

static void the_default_battery_leaves_out_what_waits(void **state)
{
	struct detect_request request;

	(void)state;
	detect_request_init(&request, DETECT_EL0);
	assert_true(request.probes[PROBE_MDCCSR]);
	assert_false(request.probes[PROBE_WFI]);
	assert_false(request.probes[PROBE_ACTLR]);
	detect_request_init(&request, DETECT_EL1);
	assert_true(request.probes[PROBE_ACTLR]);
	assert_false(request.probes[PROBE_WFE]);
	assert_int_equal(request.runs, DETECT_RUNS_DEFAULT);
}

static void profiles_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		for (unsigned level = 0; level < DETECT_LEVELS; level++) {
			for (unsigned probe = 0; probe < PROBE_COUNT; probe++) {
				char letter = detect_profile(i)->probes[level][probe];

				assert_true(
					letter == PROFILE_TRAPPED || letter == PROFILE_REFUSED ||
					letter == PROFILE_NOT_TRAPPED || letter == PROFILE_VARIES);
			}
		}
	}
}

static void some_probe_can_say_absent_at_each_level(void **state)
{
	(void)state;
	assert_true(detect_profile_all_trap(DETECT_EL0, PROBE_PMUSERENR));
	assert_true(detect_profile_all_trap(DETECT_EL1, PROBE_PFR0));
	assert_false(detect_profile_all_trap(DETECT_EL0, PROBE_CTR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(always_cleared_is_trapped),
		cmocka_unit_test(never_cleared_is_not_trapped),
		cmocka_unit_test(interrupts_do_not_look_like_traps),
		cmocka_unit_test(a_trap_shows_through_interrupts),
		cmocka_unit_test(when_all_is_cleared_nothing_is_known),
		cmocka_unit_test(few_runs_are_not_enough),
		cmocka_unit_test(faults_are_an_answer_and_end_early),
		cmocka_unit_test(faults_now_and_then_are_unclear),
		cmocka_unit_test(a_sparse_probe_needs_few_runs_and_many_controls),
		cmocka_unit_test(a_sparse_probe_may_be_largely_used_up),
		cmocka_unit_test(a_used_up_sparse_probe_says_not_trapped),
		cmocka_unit_test(a_sparse_probe_is_not_fooled_by_interrupts),
		cmocka_unit_test(each_recorded_system_is_judged_rightly),
		cmocka_unit_test(profiles_of_other_cpus_are_named_rightly),
		cmocka_unit_test(a_trap_that_the_system_may_have_made_decides_nothing),
		cmocka_unit_test(absent_does_not_rest_on_mdccsr),
		cmocka_unit_test(one_trap_outweighs_what_passes),
		cmocka_unit_test(leaving_out_a_probe_later_is_as_not_running_it),
		cmocka_unit_test(a_verdict_may_rest_on_one_probe),
		cmocka_unit_test(batteries_that_differ_are_undecided),
		cmocka_unit_test(all_refused_is_undecided),
		cmocka_unit_test(only_what_was_asked_for_is_run),
		cmocka_unit_test(the_default_battery_leaves_out_what_waits),
		cmocka_unit_test(profiles_are_whole),
		cmocka_unit_test(some_probe_can_say_absent_at_each_level),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
