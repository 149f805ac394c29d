/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-1 tables that point nowhere, to devices, to themselves. They are tried in the upper half of
 * the address space, by TTBR1_EL1, so that the program's own half stays.
 */
#include "hostile.h"

#include "libguest/libguest.h"

#define TRIES	      32U
#define ACCESSES      8U
#define ENTRIES	      512U
#define UPPER_HALF    0xffffff8000000000UL
#define TCR_EPD1      (1UL << 23)
#define TCR_T1_39_BIT ((25UL << 16) | (2UL << 30)) /* T1SZ, TG1 = 4 KiB */
#define TCR_T1_WALKS  ((1UL << 24) | (1UL << 26) | (3UL << 28))
#define TCR_HA	      (1UL << 39)
#define TCR_HD	      (1UL << 40)
#define MMFR1_HAFDBS  0xfUL
#define ENTRY_ADDRESS 0x0000fffffffff000UL
#define INSN_LOAD     0xf9400001U /* ldr x1, [x0] */
#define INSN_STORE    0xf9000001U
#define INSN_LOAD_Q   0x3dc00000U
#define INSN_CAS      0xc8a07c01U /* cas */
#define INSN_AT	      0xd5087800U /* at s1e1r, x0 */
#define INSN_CIVAC    0xd50b7e20U

static uint64_t table[GUEST_CPU_MAX][ENTRIES] __attribute__((aligned(4096)));

/* Devices, holes, behind RAM, or this table: never the program's memory. */
static uint64_t output_address(struct hostile *h)
{
	uint64_t at = hostile_address(h);

	if (hostile_one_in(h, 4)) {
		return (uint64_t)table[h->cpu];
	}
	/* A block of any size reaches further than the page. */
	if (at >= GUEST_RAM) {
		at = (hostile_one_in(h, 2) ? 1UL << (39U + hostile_below(h, 9))
					   : hostile_ram_end()) +
		     (at & 0x3ffff000UL);
	}
	return at & ENTRY_ADDRESS;
}

/* Level-1 blocks are 1 GiB: those of RAM's gibibyte would map the program. */
static bool maps_program(uint64_t entry)
{
	uint64_t gib = (entry & ENTRY_ADDRESS) >> 30;

	return (entry & 3U) == 1U && gib >= 1U && gib <= hostile_ram_end() >> 30;
}

static uint64_t random_entry(struct hostile *h)
{
	uint64_t attributes = hostile_random(h) & 0xfff0000000000ffcUL;
	uint64_t entry = output_address(h) | attributes | hostile_below(h, 4);

	if (hostile_one_in(h, 2)) {
		entry |= 0x400U; /* AF */
	}
	return maps_program(entry) ? 0U : entry;
}

static void set_upper_half(struct hostile *h, uint64_t root)
{
	uint64_t tcr = READ_SYSREG("tcr_el1");

	tcr = (tcr & 0xfffffffff0000000UL & ~0xff800000UL) | (tcr & 0xffffUL) | TCR_T1_39_BIT;
	tcr |= hostile_one_in(h, 2) ? TCR_T1_WALKS : 0U;
	if ((READ_SYSREG("id_aa64mmfr1_el1") & MMFR1_HAFDBS) != 0U && hostile_one_in(h, 2)) {
		tcr |= TCR_HA | TCR_HD;
	}
	WRITE_SYSREG("ttbr1_el1", root);
	WRITE_SYSREG("tcr_el1", tcr);
	__asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

static void close_upper_half(uint64_t tcr)
{
	WRITE_SYSREG("tcr_el1", tcr | TCR_EPD1);
	__asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
}

static void put_code(void)
{
	static const uint32_t insns[] = {INSN_LOAD, INSN_STORE, INSN_LOAD_Q, INSN_CAS, INSN_AT,
		INSN_CIVAC, INSN_LOAD, INSN_STORE};

	for (unsigned i = 0; i < ACCESSES; i++) {
		code_put(i, insns[i]);
	}
	code_publish();
}

static void access_upper_half(struct hostile *h)
{
	struct attempt a;

	for (unsigned i = 0; i < ACCESSES; i++) {
		hostile_registers(h, &a);
		a.x[0] = UPPER_HALF | (hostile_random(h) & 0x7fffffffffUL);
		a.x[1] &= ~1UL; /* no valid entry where it hits the table */
		a.pc = hostile_one_in(h, 8) ? a.x[0] : code_at(i);
		a.pstate = PSTATE_EL1T;
		hostile_run(h, &a);
	}
}

void attack_tables(struct hostile *h)
{
	uint64_t tcr = READ_SYSREG("tcr_el1");
	uint64_t *root = table[h->cpu];

	put_code();
	for (unsigned i = 0; i < TRIES; i++) {
		for (unsigned e = 0; e < ENTRIES; e++) {
			root[e] = random_entry(h);
		}
		__asm__ volatile("dsb ish" ::: "memory");
		/* Mostly our table; else its root lies nowhere itself. */
		set_upper_half(h, hostile_one_in(h, 4) ? output_address(h) : (uint64_t)root);
		access_upper_half(h);
		close_upper_half(tcr);
	}
}
