/* SPDX-License-Identifier: Apache-2.0 */
/* High bandwidth, with buffers that are there, not there, and not the caller's. */
#include "backdoor.h"

#include "base/compiler.h"
#include "base/string.h"
#include "libguest/libguest.h"

#define EC_DABT_EL0	 0x24U
#define FSC_TRANSLATION3 0x07U
#define FSC_PERMISSION3	 0x0fU
#define FSC_MASK	 0x3fU
#define WNR		 (1UL << 6)
#define STATUS_SHIFT	 16U
#define RESULTS_HB	 2U /* X1 alone */

/* Out or in, of `size` bytes at `va`. */
static uint32_t transfer(
	struct call *c, const struct handle *h, bool in, uint64_t va, uint64_t size)
{
	uint64_t pstate = c->a.pstate;
	uint32_t instruction = c->instruction;

	call_prepare(c, 0);
	c->instruction = instruction;
	c->a.x[1] = 1UL << STATUS_SHIFT;
	c->a.x[2] = size;
	c->a.x[3] = JUNK | (uint64_t)h->number << 16 | (in ? PORT_OLD : PORT_HB);
	c->a.x[4] = in ? JUNK | h->high : va;
	c->a.x[5] = in ? va : JUNK | h->low;
	c->a.x[6] = JUNK | (in ? h->low : h->high);
	c->a.x[7] = in ? X7_HB_IN : X7_HB_OUT;
	call_run(c, pstate);
	return c->faulted ? UNKNOWN : (uint32_t)c->a.x[1] >> STATUS_SHIFT;
}

static struct call from(uint64_t pstate, uint32_t instruction)
{
	return (struct call){.a = {.pstate = pstate}, .instruction = instruction};
}

/* The caller has got the abort at `va`, of this kind, and no register has changed. */
static bool aborted(const struct call *c, unsigned ec, uint64_t va, unsigned fsc, bool write)
{
	return c->faulted && attempt_is_sync(&c->a) && attempt_ec(&c->a) == ec && c->a.far == va &&
	       (c->a.esr & FSC_MASK) == fsc && ((c->a.esr & WNR) != 0U) == write &&
	       c->a.pc == code_at(0) && call_kept(c, 0);
}

static void put(uint64_t va, const char *text)
{
	memcpy((uint8_t *)page_pa(va) + va % PAGE, text, strlen(text));
}

enum { OPEN, SENDSIZE, SENDPAYLOAD, RECVSIZE, RECVPAYLOAD, RECVSTATUS, CLOSE };

static void test_out(struct handle *h)
{
	struct call c = from(PSTATE_EL0, INSN_MRS_CALL);
	uint64_t crossing = PAGES_VA + PAGE - 7U;

	memcpy(page_bytes[0] + PAGE - 7U, "log two pages", 13);
	check(transfer(&c, h, false, PAGES_VA, 4) == 0U, "out without a size");
	check((step(h, SENDSIZE, 13) & SUCCESS) != 0U, "a size");
	check(transfer(&c, h, false, PAGES_VA, 14) == 0U && call_kept(&c, RESULTS_HB), "too much");
	check(transfer(&c, h, false, PAGES_VA, 1UL << 40) == 0U, "much too much");
	c = from(PSTATE_EL0, INSN_MRS_CALL);
	(void)transfer(&c, h, false, ABSENT - 5U, 13);
	check(aborted(&c, EC_DABT_EL0, ABSENT, FSC_TRANSLATION3, false), "out of an absent page");
	c = from(PSTATE_EL0, INSN_MRS_CALL);
	(void)transfer(&c, h, false, EL1_ONLY, 13);
	check(aborted(&c, EC_DABT_EL0, EL1_ONLY, FSC_PERMISSION3, false), "out of EL1's page");
	c = from(PSTATE_EL0, INSN_MRS_CALL);
	(void)transfer(&c, h, false, HOLE, 13);
	check(aborted(&c, EC_DABT_EL0, HOLE, FSC_EXTERNAL, false), "out of no memory");
	c = from(PSTATE_EL1T, INSN_HVC_CALL);
	(void)transfer(&c, h, false, ABSENT, 13);
	check(aborted(&c, EC_DABT, ABSENT, FSC_TRANSLATION3, false),
		"an HVC's fault is at the HVC");
	c = from(PSTATE_EL0, INSN_MRS_CALL);
	check(transfer(&c, h, false, crossing, 13) == SUCCESS && call_kept(&c, RESULTS_HB),
		"out across two pages, in spite of it all");
	check(c.a.x[1] == 0x10000U, "its status is exactly 0x10000");
}

static void test_in(struct handle *h)
{
	struct call c = from(PSTATE_EL0, INSN_MRS_CALL);
	uint64_t edge = READ_ONLY - 1U;

	check((step(h, RECVSIZE, 0) & SUCCESS) != 0U, "an answer waits");
	page_bytes[16][PAGE - 1U] = 'x';
	(void)transfer(&c, h, true, edge, 2);
	check(aborted(&c, EC_DABT_EL0, READ_ONLY, FSC_PERMISSION3, true), "in to a read-only page");
	check(page_bytes[16][PAGE - 1U] == 'x', "wrote nothing");
	page_set(ABSENT, 0);
	c = from(PSTATE_EL0, INSN_MRS_CALL);
	(void)transfer(&c, h, true, ABSENT, 2);
	check(aborted(&c, EC_DABT_EL0, ABSENT, FSC_TRANSLATION3, true), "in to an absent page");
	page_set(ABSENT, PAGE_EL0);
	call_run(&c, PSTATE_EL0); /* as after a page fault */
	check(!c.faulted && c.a.x[1] == 0x10000U && memcmp(page_bytes[18], "1 ", 2) == 0,
		"again when the page has come");
}

static void test_64k(struct handle *h)
{
	struct call c = from(PSTATE_EL0, INSN_MRS_CALL);
	uint64_t va = PAGES_VA + 100U;

	memset(page_bytes, 'v', sizeof(page_bytes[0]) * WRITABLE);
	put(va, "info-set guestinfo.big ");
	check((step(h, SENDSIZE, MESSAGE_64) & SUCCESS) != 0U, "64 KiB to send");
	check(transfer(&c, h, false, va, MESSAGE_64) == SUCCESS, "64 KiB out of 17 pages");
	check((step(h, RECVSIZE, 0) & SUCCESS) != 0U, "an answer to them");
	c = from(PSTATE_EL1T, INSN_MRS_CALL);
	check(transfer(&c, h, true, EL1_ONLY, 2) == SUCCESS && memcmp(page_bytes[19], "1 ", 2) == 0,
		"EL1 may have its page written");
}

void test_buffers(void)
{
	struct handle h;

	check(open_channel(&h), "a channel for buffers");
	test_out(&h);
	test_in(&h);
	test_64k(&h);
	check(step(&h, CLOSE, 0) == SUCCESS, "it closes");
}
