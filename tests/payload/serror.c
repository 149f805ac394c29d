/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SErrors that a test has the CPU take at this program's marks: prints what became of each. At
 * marks 1 to `marks` they are unmasked; at the next one not, and what came there is looked for
 * twice: before and after another VM has had the CPU.
 */
#include "attempt.h"
#include "libguest/libguest.h"
#include "mark.h"
#include "options.h"

#define PSTATE_SERROR_MASKED 0x100UL
#define ISR_SERROR	     0x100UL
#define INSN_WFI	     0xd503207fU
#define ELSEWHERE_MS	     30U
#define MS_PER_SEC	     1000U

static void run(struct attempt *a, uint32_t instruction, bool masked)
{
	code_put(0, instruction);
	code_publish();
	a->pc = code_at(0);
	a->pstate = masked ? PSTATE_EL1T : PSTATE_EL1T & ~PSTATE_SERROR_MASKED;
	attempt_run(a);
}

static void tell(unsigned number, const struct attempt *a)
{
	if (attempt_finished(a)) {
		print("serror %u: none\n", number);
	} else {
		print("serror %u: %s of kind %lu, esr 0x%lx\n", number,
			a->pc == code_at(0) ? "taken there" : "elsewhere", a->kind, a->esr);
	}
}

static void spin(uint64_t ms)
{
	uint64_t end = counter() + ms * (READ_SYSREG("cntfrq_el0") / MS_PER_SEC);

	while (counter() < end) {
		__asm__ volatile("yield");
	}
}

static bool is_pending(void)
{
	return (READ_SYSREG("isr_el1") & ISR_SERROR) != 0U;
}

static void while_masked(unsigned number)
{
	struct attempt a = {.x = {MARK + number}};

	run(&a, MARK_INSN, true);
	tell(number, &a);
	print("serror %u: pending %u\n", number, is_pending());
	if (is_pending()) {
		run(&a, INSN_WFI, true);
		check(attempt_finished(&a), "WFI ends at once");
	}
	spin(ELSEWHERE_MS);
	run(&a, INSN_NOP, false);
	tell(number, &a);
	run(&a, INSN_NOP, false);
	check(attempt_finished(&a), "once only");
}

void guest_main(void)
{
	unsigned marks = (unsigned)option("marks", 1);

	for (unsigned number = 1; number <= marks; number++) {
		struct attempt a = {.x = {MARK + number}};

		run(&a, MARK_INSN, false);
		tell(number, &a);
	}
	while_masked(marks + 1U);
}
