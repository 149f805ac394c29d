/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the driver takes from x86: which hypervisor Linux has found (the test knows), and `inl`, for
 * which there is the same call by guest/libplinth, built into the module.
 */
#ifndef X86_H
#define X86_H

#define X86_HYPER_VMWARE 1
#define x86_hyper_type	 X86_HYPER_VMWARE

struct plinth_regs {
	unsigned long ax, bx, cx, dx, si, di, bp;
};

void plinth_call_in(struct plinth_regs *regs);

/* The driver's own names around the instruction: cmd, arg1, arg2 in; the rest out. */
#define BALLOON_INL()                                                                              \
	do {                                                                                       \
		struct plinth_regs regs = {.ax = VMW_BALLOON_HV_MAGIC,                             \
			.bx = arg1,                                                                \
			.cx = cmd,                                                                 \
			.dx = VMW_BALLOON_HV_PORT,                                                 \
			.si = arg2};                                                               \
		plinth_call_in(&regs);                                                             \
		status = regs.ax;                                                                  \
		local_result = regs.bx;                                                            \
		dummy1 = regs.cx;                                                                  \
		dummy2 = regs.dx;                                                                  \
		dummy3 = regs.si;                                                                  \
		(void)dummy2;                                                                      \
		(void)dummy3;                                                                      \
	} while (0)

#endif
