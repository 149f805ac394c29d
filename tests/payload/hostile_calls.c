/* SPDX-License-Identifier: Apache-2.0 */
/* HVC and SMC: PSCI and the other services with random arguments, and calls that mean nothing. */
#include "hostile.h"

#include "base/compiler.h"
#include "libguest/libguest.h"

#define CALLS	     64U
#define INSN_HVC     0xd4000002U
#define INSN_SMC     0xd4000003U
#define IMM_SHIFT    5
#define IMM_BACKDOOR 0x86U
#define BIT_64	     0x40000000UL

#define PSCI_CPU_SUSPEND    0x84000001UL
#define PSCI_CPU_OFF	    0x84000002UL
#define PSCI_CPU_ON	    0x84000003UL
#define PSCI_SYSTEM_OFF	    0x84000008UL
#define PSCI_SYSTEM_RESET   0x84000009UL
#define PSCI_SYSTEM_SUSPEND 0x8400000eUL
#define PSCI_SYSTEM_RESET2  0x84000012UL

extern const char secondary_start[];

/* Calls that end the VM, or that leave CPU 0 without a way back. */
static bool is_spared(const struct hostile *h, const struct attempt *a)
{
	uint32_t function = (uint32_t)a->x[0] & ~(uint32_t)BIT_64;

	switch (function) {
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_SYSTEM_RESET2:
		return true;
	case PSCI_CPU_OFF:
	case PSCI_CPU_SUSPEND:
	case PSCI_SYSTEM_SUSPEND:
		return h->cpu == 0U;
	default:
		return false;
	}
}

static uint64_t random_function(struct hostile *h)
{
	static const uint64_t bases[] = {
		0x80000000UL, /* SMCCC */
		0x80008000UL, /* workarounds */
		0x84000000UL, /* PSCI */
		0x84000050UL, /* TRNG */
		0x85000020UL, /* PV time: 0xc5000020 */
		0x8600ff00UL, /* the hypervisor's own */
	};
	uint64_t function = bases[hostile_below(h, ARRAY_SIZE(bases))] + hostile_below(h, 32);

	if (hostile_one_in(h, 2)) {
		function |= BIT_64;
	}
	if (hostile_one_in(h, 8)) {
		function = hostile_value(h);
	}
	/* Bits that are to be ignored */
	return hostile_one_in(h, 4) ? function | (hostile_random(h) << 32) : function;
}

/* CPU_ON may succeed only at libguest's entry: anywhere else in RAM would run as a program. */
static uint64_t random_entry(struct hostile *h)
{
	uint64_t entry = hostile_address(h);

	return hostile_one_in(h, 2) ? (uint64_t)secondary_start : entry;
}

static void prepare_call(struct hostile *h, struct attempt *a)
{
	hostile_registers(h, a);
	a->x[0] = random_function(h);
	if (hostile_one_in(h, 4)) {
		return;
	}
	a->x[1] = hostile_below(h, 6);
	if (((uint32_t)a->x[0] & ~(uint32_t)BIT_64) == PSCI_CPU_ON) {
		a->x[2] = random_entry(h);
		a->x[3] = a->x[1]; /* its number, when it comes */
	}
}

/* With CPU_ON at libguest's entry, the context must be the CPU's number. */
static void mend_entry(struct attempt *a)
{
	uint64_t number = a->x[1] & 0xffffUL;

	if (((uint32_t)a->x[0] & ~(uint32_t)BIT_64) != PSCI_CPU_ON) {
		return;
	}
	a->x[3] = number;
	if ((uint32_t)a->x[2] >= GUEST_RAM && (uint32_t)a->x[2] < hostile_ram_end()) {
		a->x[2] = (uint64_t)secondary_start;
	}
}

void attack_calls(struct hostile *h)
{
	struct attempt a;

	for (unsigned i = 0; i < CALLS; i++) {
		uint32_t imm = hostile_one_in(h, 2) ? 0U : (uint32_t)hostile_random(h) & 0xffffU;

		code_put(i, (hostile_one_in(h, 4) ? INSN_SMC : INSN_HVC) | (imm << IMM_SHIFT));
	}
	code_publish();
	for (unsigned i = 0; i < CALLS; i++) {
		prepare_call(h, &a);
		mend_entry(&a);
		if (is_spared(h, &a)) {
			continue;
		}
		a.pc = code_at(i);
		a.pstate = PSTATE_EL1T;
		hostile_run(h, &a);
	}
}

#define BACKDOOR_MAGIC 0x564d5868UL
#define BACKDOOR_PORT  0x5658UL
#define BACKDOOR_X7    0x86UL
#define INSN_BACKDOOR  0xd533011fU /* MRS XZR, MDCCSR_EL0 */
#define INSN_HVC_86    (INSN_HVC | (IMM_BACKDOOR << IMM_SHIFT))

void attack_backdoor(struct hostile *h)
{
	struct attempt a;

	code_put(0, INSN_BACKDOOR);
	code_put(1, INSN_HVC_86);
	code_publish();
	for (unsigned i = 0; i < CALLS; i++) {
		hostile_registers(h, &a);
		a.x[0] = hostile_one_in(h, 4) ? a.x[0] : BACKDOOR_MAGIC;
		a.x[2] = hostile_one_in(h, 4) ? a.x[2] : hostile_below(h, 128);
		a.x[3] = hostile_one_in(h, 4) ? a.x[3] : BACKDOOR_PORT + hostile_below(h, 4);
		a.x[7] = hostile_one_in(h, 8) ? a.x[7]
					      : (BACKDOOR_X7 << 32) | (hostile_random(h) & 0x1fU);
		a.pc = code_at((unsigned)hostile_below(h, 2));
		a.pstate = hostile_one_in(h, 2) ? PSTATE_EL1T : PSTATE_EL0;
		hostile_run(h, &a);
	}
}
