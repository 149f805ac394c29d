/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMware's backdoor with every malformed form. Bootargs: brk=1 where the VM has `backdoor-brk`,
 * peek=1: nothing but a call from EL0 with TDCC set in its view of MDSCR_EL1; bare=1: the same
 * where there is no hypervisor, and the hardware takes it for what it is.
 */
#include "backdoor.h"

#include "base/compiler.h"
#include "libguest/libguest.h"
#include "options.h"

#define GETVERSION   10UL
#define VCPU_INFO    68UL
#define REPORT_CRASH 102UL
#define CRASH_CODE   0xdeadUL
#define MESSAGE	     30UL
#define RPCI	     0x49435052UL
#define COOKIES	     0x80000000UL
#define CHANNELS     128U
#define NZCV	     0xf0000000UL
#define MDSCR_TDCC   (1UL << 12)

enum { OPEN, SENDSIZE, SENDPAYLOAD, RECVSIZE, RECVPAYLOAD, RECVSTATUS, CLOSE };

void call_prepare(struct call *c, uint64_t command)
{
	*c = (struct call){.instruction = INSN_MRS_CALL};
	for (unsigned i = 0; i < ARRAY_SIZE(c->a.x); i++) {
		c->a.x[i] = JUNK | i;
	}
	c->a.x[0] = JUNK | MAGIC;
	c->a.x[2] = JUNK | command;
	c->a.x[3] = JUNK | PORT;
	c->a.x[7] = X7_IN;
}

void call_run(struct call *c, uint64_t pstate)
{
	for (unsigned i = 0; i < ARRAY_SIZE(c->before); i++) {
		c->before[i] = c->a.x[i];
	}
	code_put(0, c->instruction);
	code_publish();
	c->a.pc = code_at(0);
	c->a.pstate = pstate | NZCV;
	attempt_run(&c->a);
	c->faulted = !attempt_finished(&c->a) || c->a.pc != code_at(0) + 4U;
}

bool call_kept(const struct call *c, uint32_t results)
{
	bool kept = (c->a.pstate & NZCV) == NZCV;

	for (unsigned i = 0; i < ARRAY_SIZE(c->before); i++) {
		kept = kept && ((results >> i & 1U) != 0U || c->a.x[i] == c->before[i]);
	}
	return kept;
}

static bool is_unknown(struct call *c, uint64_t pstate)
{
	call_run(c, pstate);
	return !c->faulted && c->a.x[0] == UNKNOWN && call_kept(c, 1);
}

static bool greets(uint32_t instruction, uint64_t pstate)
{
	struct call c;

	call_prepare(&c, GETVERSION);
	c.instruction = instruction;
	call_run(&c, pstate);
	return !c.faulted && c.a.x[0] == 6U && c.a.x[1] == MAGIC && call_kept(&c, 7);
}

static void test_instructions(void)
{
	struct call c;
	bool has_brk = option("brk", 0) != 0U;

	check(greets(INSN_MRS_CALL, PSTATE_EL0), "GETVERSION by MRS from EL0");
	check(greets(INSN_MRS_CALL, PSTATE_EL1T), "GETVERSION by MRS from EL1");
	check(greets(INSN_HVC_CALL, PSTATE_EL1T), "GETVERSION by HVC");
	check(greets(INSN_BRK_CALL, PSTATE_EL0) == has_brk, "BRK from EL0 as the VM asked");
	check(greets(INSN_BRK_CALL, PSTATE_EL1T) == has_brk, "BRK from EL1 as the VM asked");
	call_prepare(&c, GETVERSION);
	c.instruction = INSN_BRK | 0x87U << 5;
	call_run(&c, PSTATE_EL0);
	check(attempt_ec(&c.a) == EC_BRK && c.a.pc == code_at(0), "other BRKs are the guest's own");
	call_prepare(&c, VCPU_INFO);
	check(is_unknown(&c, PSTATE_EL0), "a command for EL1 is unknown at EL0");
	call_prepare(&c, VCPU_INFO);
	call_run(&c, PSTATE_EL1T);
	check(c.a.x[0] == 0U && call_kept(&c, 1), "and known at EL1");
	call_prepare(&c, REPORT_CRASH);
	check(is_unknown(&c, PSTATE_EL0), "a process reports no crash");
	call_prepare(&c, REPORT_CRASH);
	c.a.x[1] = CRASH_CODE;
	call_run(&c, PSTATE_EL1T);
	check(c.a.x[0] == 0U && call_kept(&c, 1), "the kernel does");
}

static void test_malformed_instructions(void)
{
	static const uint32_t bad[] = {0x0f, 0x0d, 0x0c, 0x0a, 0x06, 0x1c, 0x18, 0x2e, 0x400e,
		0x8000000e, 0x3e, 0x1e, 0x16};
	struct call c;
	bool all = true;

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		call_prepare(&c, GETVERSION);
		c.a.x[7] = X7(bad[i]);
		all = all && is_unknown(&c, PSTATE_EL0);
	}
	check(all, "sizes, directions and reserved bits that are none");
	call_prepare(&c, 0x7777);
	check(is_unknown(&c, PSTATE_EL0), "an unknown command");
	call_prepare(&c, GETVERSION);
	c.a.x[3] = 0x1234;
	check(is_unknown(&c, PSTATE_EL0), "an unknown port");
	call_prepare(&c, GETVERSION);
	c.a.x[0] = 0;
	check(is_unknown(&c, PSTATE_EL0), "no magic");
}

uint32_t message(struct call *c, uint32_t type, uint64_t bx, uint64_t pstate)
{
	uint64_t number = c->a.x[3];
	uint64_t high = c->a.x[4];
	uint64_t low = c->a.x[5];

	call_prepare(c, (uint64_t)type << 16 | MESSAGE);
	c->a.x[1] = JUNK | bx;
	c->a.x[3] = JUNK | number << 16 | PORT;
	c->a.x[4] = JUNK | high;
	c->a.x[5] = JUNK | low;
	call_run(c, pstate);
	return (uint32_t)c->a.x[2] >> 16;
}

uint32_t step(const struct handle *h, uint32_t type, uint64_t bx)
{
	struct call c = {0};

	c.a.x[3] = h->number;
	c.a.x[4] = h->high;
	c.a.x[5] = h->low;
	return message(&c, type, bx, PSTATE_EL0);
}

bool open_channel(struct handle *h)
{
	struct call c = {0};
	uint32_t status = message(&c, OPEN, RPCI | COOKIES, PSTATE_EL0);

	h->number = (uint32_t)c.a.x[3] >> 16;
	h->high = (uint32_t)c.a.x[4];
	h->low = (uint32_t)c.a.x[5];
	return status == SUCCESS && !c.faulted && call_kept(&c, 0x3cU);
}

static void test_channels(void)
{
	static struct handle all[CHANNELS];
	struct handle wrong;
	bool ok = true;

	for (unsigned i = 0; i < CHANNELS; i++) {
		ok = ok && open_channel(&all[i]);
	}
	check(ok, "128 channels open");
	check(!open_channel(&wrong), "and no more");
	wrong = all[5];
	wrong.low ^= 1U;
	check(step(&wrong, SENDSIZE, 0) == CLOSED, "a wrong cookie");
	wrong = all[5];
	wrong.number = 6;
	check(step(&wrong, SENDSIZE, 0) == CLOSED, "another's channel");
	wrong.number = CHANNELS;
	check(step(&wrong, CLOSE, 0) == CLOSED, "no channel");
	check(step(&all[5], SENDPAYLOAD, 0) == 0U, "payload without a size");
	check(step(&all[5], RECVPAYLOAD, 0) == 0U, "nothing to receive");
	check(step(&all[5], SENDSIZE, MESSAGE_64 + 1U) == 0U, "64 KiB and a byte");
	check(step(&all[5], SENDSIZE, UNKNOWN) == 0U, "4 GiB");
	check((step(&all[5], SENDSIZE, MESSAGE_64) & SUCCESS) != 0U, "64 KiB");
	check(step(&all[5], 7, 0) == 0U, "no such step");
	for (unsigned i = 0; i < CHANNELS; i++) {
		ok = ok && step(&all[i], CLOSE, 0) == SUCCESS;
	}
	check(ok, "half-open ones close");
	check(step(&all[5], SENDSIZE, 0) == CLOSED, "closed is closed");
}

/* The test stops at the call and reads the hardware's register. */
static void show_tdcc(void)
{
	WRITE_SYSREG("S2_0_C0_C2_2", MDSCR_TDCC);
	isb();
	check((READ_SYSREG("S2_0_C0_C2_2") & MDSCR_TDCC) != 0U, "TDCC reads back");
	if (option("bare", 0) != 0U) {
		struct call c;

		call_prepare(&c, GETVERSION);
		call_run(&c, PSTATE_EL0);
		check(attempt_is_sync(&c.a) && attempt_ec(&c.a) == EC_MSR_TRAP,
			"and EL0's read is EL1's to answer");
		return;
	}
	check(greets(INSN_MRS_CALL, PSTATE_EL0), "and EL0's greeting passes");
}

void guest_main(void)
{
	if (option("peek", 0) != 0U || option("bare", 0) != 0U) {
		show_tdcc();
		return;
	}
	test_instructions();
	test_malformed_instructions();
	test_channels();
	map_pages();
	test_buffers();
}
