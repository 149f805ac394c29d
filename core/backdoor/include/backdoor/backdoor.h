/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMware's backdoor: guests name an x86 I/O instruction in registers and trap to EL2, by
 * MRS XZR, MDCCSR_EL0 with 0x86 in X7[63:32], or by HVC #0x86. X0 to X6 stand for rax, rbx, rcx,
 * rdx, rsi, rdi, rbp.
 */
#ifndef BACKDOOR_BACKDOOR_H
#define BACKDOOR_BACKDOOR_H

#include <stdbool.h>
#include <stdint.h>

#define BACKDOOR_HVC_IMM UINT32_C(0x86)
#define BACKDOOR_MAGIC	 UINT32_C(0x564d5868) /* "VMXh" */
#define BACKDOOR_PORT	 UINT32_C(0x5658)
#define BACKDOOR_UNKNOWN UINT32_C(0xffffffff)

#define BACKDOOR_GETVERSION 10U

#define BACKDOOR_PRODUCT_ESX	     2U
#define BACKDOOR_PRODUCT_WORKSTATION 4U

/* What the module knows of a VM. */
struct backdoor_vm {
	bool vmware;	  /* the VM has `vmware;`: BACKDOOR_PORT answers */
	bool control;	  /* the VM may manage Plinth (no port of ours answers yet) */
	uint32_t product; /* BACKDOOR_PRODUCT_* */
};

/* The guest's registers, in and out. x[7] is never written. */
struct backdoor_regs {
	uint64_t x[8];
};

enum backdoor_form {
	BACKDOOR_IN,	 /* IN, port in DX or an immediate */
	BACKDOOR_OUT,	 /* OUT */
	BACKDOOR_INS,	 /* INS, REP INS */
	BACKDOOR_OUTS,	 /* OUTS, REP OUTS */
	BACKDOOR_BROKEN, /* reserved bits, or no such size */
};

/* The I/O instruction that W7 and W3 name. */
struct backdoor_io {
	enum backdoor_form form;
	uint32_t size; /* bytes: 1, 2, 4 */
	uint32_t port;
	bool repeat;   /* REP: X2 is the count */
	bool backward; /* string forms: the direction flag */
};

/* Is the trapped system register access (EC 0x18) with this ISS a call of the backdoor? x7 is the
 * guest's X7. A VM that was given neither vmware nor control has none. */
bool backdoor_is_call(const struct backdoor_vm *vm, uint32_t iss, uint64_t x7);

/* Decodes W7 = (uint32_t)x7 and W3. Any values. For BACKDOOR_BROKEN the rest is 0. */
struct backdoor_io backdoor_decode(uint32_t w7, uint32_t w3);

/* Serves one call that came from EL0 or EL1 (`el`). The caller moves the PC (MRS only) and resumes.
 * Upper halves of inputs are ignored, results are written with a zero upper half; PSTATE stays.
 * Unknown or broken instruction, port, magic, command, or a command that is not for this level:
 * W0 = 0xffffffff, nothing else. */
void backdoor_call(const struct backdoor_vm *vm, struct backdoor_regs *regs, unsigned el);

#endif
