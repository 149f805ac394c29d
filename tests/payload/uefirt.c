/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI runtime services, as a firmware's stubs and an operating system call them, with every kind
 * of hostile argument. Bootargs: keeps=1 where non-volatile variables are accepted (the VM then
 * starts twice), id=N where the host's firmware keeps them (each VM has its own), el0=1 where EL0
 * may call, none=1 where there are no services.
 */
#include "uefirt.h"

#include "attempt.h"
#include "base/string.h"
#include "libguest/libguest.h"
#include "options.h"

#define INSN_HVC(imm) (0xd4000002U | (uint32_t)(imm) << 5)
#define INSN_MRS      0xd533011fU /* mrs xzr, MDCCSR_EL0 */
#define FLAGS	      0xf0000000UL
#define RTC_DR	      0UL
#define UNKNOWN_CALL  0xffffffffUL

static uint64_t run(const uint64_t x[7], uint64_t x7, uint32_t instruction, uint64_t pstate)
{
	struct attempt a = {.pstate = pstate | FLAGS};
	struct attempt before;
	uint64_t status;

	for (unsigned i = 0; i < 31U; i++) {
		a.x[i] = i < 7U ? x[i] : 0x1111111111111111UL * (i % 15U);
	}
	a.x[7] = x7;
	code_put(0, instruction);
	code_publish();
	a.pc = code_at(0);
	before = a;
	attempt_run(&a);
	status = a.x[0];
	a.x[0] = before.x[0];
	if (!attempt_finished(&a) || a.pstate != before.pstate ||
		memcmp(a.x, before.x, sizeof(a.x)) != 0) {
		check(false, "a call comes back with its status alone");
	}
	return status;
}

uint64_t rt(uint32_t operand, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
	return run((const uint64_t[]){x0, x1, x2, x3, x4, 5, 6}, 7, INSN_HVC(operand), PSTATE_EL1T);
}

uint64_t rt_el0(uint32_t operand, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
	struct token token = token_of_start();

	return run((const uint64_t[]){x0, x1, x2, x3, x4, token.first, token.last},
		UEFI_RT_MRS | operand, INSN_MRS, PSTATE_EL0);
}

static struct uefi_time time_at(uint64_t va)
{
	struct uefi_time time;

	memcpy(&time, (const void *)va, sizeof(time));
	return time;
}

static void test_time(void)
{
	uint64_t crossing = AT_DATA + PAGE - 7U;
	struct uefi_time time;
	uint32_t seconds;

	check(rt(UEFI_RT_GET_TIME, crossing, AT_MORE, 0, 0, 0) == UEFI_SUCCESS &&
			time_at(crossing).year >= 2024U && time_at(crossing).month <= 12U,
		"the time, across two pages");
	check(rt(UEFI_RT_GET_TIME, 0, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER, "a null time");
	check(rt(UEFI_RT_GET_TIME, ABSENT, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER, "no page");
	check(rt(UEFI_RT_GET_TIME, HOLE, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER, "no memory");
	check(rt(UEFI_RT_GET_TIME, READ_ONLY, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER,
		"a page for reading");
	check(rt(UEFI_RT_GET_TIME, AT_DATA, READ_ONLY, 0, 0, 0) == UEFI_INVALID_PARAMETER,
		"capabilities to a page for reading");
	check(rt(UEFI_RT_SET_TIME, ABSENT, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER,
		"time of no page");
	time = time_at(crossing);
	time.year = 2031;
	memcpy((void *)AT_DATA, &time, sizeof(time));
	check(rt(UEFI_RT_SET_TIME, AT_DATA, 0, 0, 0, 0) == UEFI_SUCCESS, "the time is set");
	seconds = read32(GUEST_RTC + RTC_DR);
	check(seconds > 1924991999U && seconds < 1956528000U, "the RTC shows it too");
	time.second = 60;
	memcpy((void *)AT_DATA, &time, sizeof(time));
	check(rt(UEFI_RT_SET_TIME, AT_DATA, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER, "no such time");
}

/* GetTime with MMU and caches off: addresses are physical. */
static void test_physical(void)
{
	uint64_t sctlr = READ_SYSREG("sctlr_el1");
	uint64_t pa = page_pa(AT_DATA);

	memset((void *)AT_DATA, 0, PAGE);
	for (uint64_t at = AT_DATA; at < AT_DATA + PAGE; at += 16U) {
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	}
	register uint64_t x0 __asm__("x0") = pa;
	register uint64_t x1 __asm__("x1") = 0;

	__asm__ volatile("dsb sy\n\tmsr sctlr_el1, %2\n\tisb\n\thvc #0x5201\n\t"
			 "msr sctlr_el1, %3\n\tisb"
			 : "+r"(x0), "+r"(x1)
			 : "r"(sctlr & ~5UL), "r"(sctlr)
			 : "memory");
	check(x0 == UEFI_SUCCESS && time_at(AT_DATA).year == 2031U, "a physical pointer");
}

static uint64_t guess(uint64_t first, uint64_t last)
{
	return run((const uint64_t[]){AT_DATA, 0, 0, 0, 0, first, last},
		UEFI_RT_MRS | UEFI_RT_GET_TIME, INSN_MRS, PSTATE_EL0);
}

static void test_el0(bool may)
{
	struct token token = token_of_start();
	uint64_t mrs = rt_el0(UEFI_RT_GET_TIME, AT_DATA, 0, 0, 0, 0);

	if (!may) {
		check(mrs == AT_DATA, "without the right EL0's MRS is no call");
		return;
	}
	check(guess(0, 0) == UNKNOWN_CALL && guess(token.first, ~token.last) == UNKNOWN_CALL &&
			guess(token.last, token.first) == UNKNOWN_CALL,
		"without the token EL0 has no services");
	check(mrs == UEFI_SUCCESS && time_at(AT_DATA).year == 2031U, "EL0 has the time");
	check(rt_el0(UEFI_RT_GET_TIME, EL1_ONLY, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER,
		"EL0 does not write EL1's page");
	check(rt(UEFI_RT_GET_TIME, EL1_ONLY, 0, 0, 0, 0) == UEFI_SUCCESS, "EL1 does");
	check(rt_el0(UEFI_RT_SET_TIME, EL1_ONLY, 0, 0, 0, 0) == UEFI_INVALID_PARAMETER,
		"EL0 does not read it either");
}

static void test_absent(void)
{
	for (uint32_t operand = UEFI_RT_FIRST; operand <= UEFI_RT_ENTER_RUNTIME; operand++) {
		if (rt(operand, UEFI_RESET_SHUTDOWN, AT_GUID, 1, AT_SIZE, AT_DATA) !=
			SMCCC_UNKNOWN) {
			check(false, "an upcall without UEFI");
		}
	}
	check(true, "without UEFI there are no services");
}

/* What the first start leaves for the second. */
static void first_start(void)
{
	check(set_variable("Kept", NV, "over a reset") == UEFI_SUCCESS, "a kept variable");
	check(set_variable("Lost", BS_RT, "x") == UEFI_SUCCESS, "a volatile one");
	print("payload: resets\n");
	(void)rt(UEFI_RT_RESET_SYSTEM, UEFI_RESET_WARM, UEFI_SUCCESS, 0, 0, 0);
	check(false, "ResetSystem does not return");
}

/* What the host's firmware has kept of this VM's, if it has started before. */
static void test_kept_by_host(char id)
{
	char text[] = "what ? has kept";

	text[5] = id;
	memset((void *)AT_DATA, id, 3000);
	if (get_variable("Kept", 100) == UEFI_NOT_FOUND) {
		check(set_variable("Kept", NV, text) == UEFI_SUCCESS, "a variable to be kept");
		memset((void *)AT_DATA, id, 3000);
		put_name(AT_NAME, "Large");
		check(rt(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, NV, 3000, AT_DATA) == UEFI_SUCCESS,
			"a large one");
		print("payload: %c has set its variables\n", id);
		return;
	}
	check(variable_is("Kept", text), "its own variable");
	check(get_variable("Large", 3U * PAGE) == UEFI_SUCCESS && *(char *)AT_DATA == id &&
			((char *)AT_DATA)[2999] == id,
		"its own large one");
	print("payload: %c has found its variables\n", id);
}

void guest_main(void)
{
	uint64_t id = option("id", 0);
	bool keeps = option("keeps", 0) != 0U;

	map_pages();
	if (option("none", 0) != 0U) {
		test_absent();
		return;
	}
	memset((void *)AT_GUID, 0x11, sizeof(struct uefi_guid));
	if (id != 0U) {
		test_kept_by_host((char)('a' + id));
		return;
	}
	if (keeps && get_variable("Kept", 100) == UEFI_NOT_FOUND) {
		first_start();
	}
	if (keeps) {
		check(variable_is("Kept", "over a reset"), "kept over a reset");
		check(get_variable("Lost", 100) == UEFI_NOT_FOUND, "the volatile one is gone");
		test_variables();
		test_hostile();
	} else {
		check(set_variable("V", NV, "x") == UEFI_WRITE_PROTECTED, "nobody keeps it");
		check(set_variable("V", BS_RT, "x") == UEFI_SUCCESS, "a volatile one is taken");
	}
	test_time();
	test_physical();
	test_el0(option("el0", 0) != 0U);
	test_map();
	if (keeps) {
		test_hostile();
	}
	(void)rt(UEFI_RT_RESET_SYSTEM, UEFI_RESET_SHUTDOWN, 0, 0, 0, 0);
}
