/* SPDX-License-Identifier: Apache-2.0 */
#include "selfmod.h"

#define INSN_MOVZ_W0 0x52800000U /* movz w0, #(imm << 5) */
#define INSN_RET     0xd65f03c0U

#define CTR_MINLINE(ctr, shift) (4UL << (((ctr) >> (shift)) & 0xfU))

#define EC_SHIFT     26U
#define EC_UNDEFINED 0x00U
#define EC_IABT	     0x21U

static volatile bool running[GUEST_CPU_MAX]; /* in code_run() */

void code_write(uint64_t at, uint32_t value)
{
	volatile uint32_t *code = (volatile uint32_t *)at;

	code[0] = INSN_MOVZ_W0 | (value << 5);
	code[1] = INSN_RET;
}

void code_maintain(uint64_t at, uint64_t size)
{
	uint64_t ctr = READ_SYSREG("ctr_el0");
	uint64_t dline = CTR_MINLINE(ctr, 16U);
	uint64_t iline = CTR_MINLINE(ctr, 0U);

	for (uint64_t line = at & ~(dline - 1U); line < at + size; line += dline) {
		__asm__ volatile("dc cvau, %0" ::"r"(line) : "memory");
	}
	__asm__ volatile("dsb ish" ::: "memory");
	for (uint64_t line = at & ~(iline - 1U); line < at + size; line += iline) {
		__asm__ volatile("ic ivau, %0" ::"r"(line) : "memory");
	}
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

void code_make(uint64_t at, uint32_t value)
{
	code_write(at, value);
	code_maintain(at, 2U * sizeof(uint32_t));
}

uint32_t code_run(uint64_t at)
{
	uint32_t cpu = cpu_number();
	uint32_t result;

	running[cpu] = true;
	result = ((uint32_t(*)(void))at)();
	running[cpu] = false;
	return result;
}

/* The code keeps x30, which leads back to code_run(). */
void code_exception(struct guest_frame *frame)
{
	unsigned ec = (unsigned)(frame->esr >> EC_SHIFT) & 0x3fU;

	if (!running[cpu_number()]) {
		print("selfmod: exception: esr 0x%lx pc 0x%lx far 0x%lx\n", frame->esr, frame->pc,
			frame->far);
		check(false, "an exception");
		guest_done();
	}
	frame->x[0] = ec == EC_UNDEFINED ? CODE_UNDEFINED : ec == EC_IABT ? CODE_FAULT : CODE_OTHER;
	frame->pc = frame->x[30];
}
