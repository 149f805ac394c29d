/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes the A64 loads and stores, for aborts that come without a syndrome (ISV = 0): what the
 * instruction transfers, between which registers and which addresses, and what it leaves in the
 * base register. Pure: one instruction word in, a description out. DDI 0487, C4.1.
 *
 * The caller makes one access of at most 8 bytes for each a64_part(), in order, and writes the
 * base register back only when all of them are done: so a fault in the middle leaves the
 * instruction to be run again. Data are little-endian.
 */
#ifndef A64_ACCESS_H
#define A64_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#define A64_REG_ZR_OR_SP 31U /* data and index: XZR; base: the SP of the current mode */
#define A64_BASE_PC	 32U /* base of a literal load: the address of the instruction */
#define A64_INDEX_NONE	 0xffU
#define A64_LANE_ALL	 0xffU

/* What an instruction is. All but A64_ACCESS are reasons to refuse it on a device. */
enum a64_kind {
	A64_ACCESS,    /* *access describes it */
	A64_EXCLUSIVE, /* LDXR, STXR, LDAXP, ...: a device has no exclusive monitor */
	A64_ATOMIC,    /* LSE: CAS, SWP, LDADD, ..., LD64B and ST64B: nothing to do it with */
	A64_STRUCTURE, /* LD2 to LD4, ST2 to ST4, which interleave registers */
	A64_PREFETCH,  /* PRFM, PRFUM: never fault */
	A64_CACHE,     /* DC and IC by address: the caller may skip it */
	A64_ZERO,      /* DC ZVA, GVA, GZVA: a store of a whole block */
	A64_TAG,       /* MTE's loads and stores of tags */
	A64_AUTH,      /* LDRAA, LDRAB: the address is signed with the guest's keys */
	A64_OTHER,     /* SVE, SME, memory copies, any other instruction, or none at all */
};

/* How the offset is made. */
enum a64_extend {
	A64_LSL,  /* 64 bits of the index, shifted */
	A64_UXTW, /* its low 32 bits, zero-extended, shifted */
	A64_SXTW, /* its low 32 bits, sign-extended, shifted */
};

struct a64_access {
	bool write;	   /* a store */
	bool vector;	   /* reg[] are V registers, else X registers */
	bool sign_extend;  /* a load extends with the sign, else with zeroes */
	bool writeback;	   /* the base register is written: a64_writeback() */
	bool post_index;   /* the offset counts for the write-back alone */
	bool replicate;	   /* LD1R: one element into each lane of every register */
	bool unprivileged; /* LDTR, STTR: checked as an access from EL0 */
	uint8_t element;   /* bytes for each register: 1, 2, 4, 8, 16 */
	uint8_t count;	   /* registers: 1 to 4 */
	uint8_t reg[4];	   /* 0 to 31 */
	uint8_t width;	   /* bytes of a destination that a load writes, with the extension: 4 or
			    * 8 in X registers (the upper half is then zeroed), 8 or 16 in V (the
			    * rest of the register is zeroed, but for one lane) */
	uint8_t lane;	   /* LD1, ST1 of one element: its index in units of element, the rest of
			    * the register is left alone; else A64_LANE_ALL */
	uint8_t base;	   /* 0 to 30, A64_REG_ZR_OR_SP (SP) or A64_BASE_PC */
	uint8_t index;	   /* 0 to 31 (31: XZR) or A64_INDEX_NONE */
	uint8_t extend;	   /* enum a64_extend, of index */
	uint8_t shift;	   /* of index: 0 to 4 */
	int64_t offset;	   /* in bytes; 0 with an index */
};

/* One transfer of 1, 2, 4 or 8 bytes. */
struct a64_part {
	uint8_t offset;	  /* from a64_address(): 0 to 63 */
	uint8_t size;	  /* 1, 2, 4, 8 */
	uint8_t reg;	  /* the register, as in a64_access.reg */
	uint8_t reg_byte; /* where in the register, in bytes: 0, 8, or the lane's place */
};

/* Decodes one instruction. *access is written for A64_ACCESS alone. Any word is allowed. */
enum a64_kind a64_decode(uint32_t instruction, struct a64_access *access);

/* "exclusive" and so on, for messages; never NULL. */
const char *a64_kind_name(enum a64_kind kind);

/* The address of the first byte: base is the value of the base register, index that of the index
 * register (any, where there is none). */
uint64_t a64_address(const struct a64_access *access, uint64_t base, uint64_t index);

/* What the base register holds afterwards, where access->writeback. */
uint64_t a64_writeback(const struct a64_access *access, uint64_t base, uint64_t index);

/* Number of parts, 1 to 8, and the part of a number below it. */
unsigned a64_part_count(const struct a64_access *access);
struct a64_part a64_part(const struct a64_access *access, unsigned n);

/* What a load puts into its X register: `raw` holds access->element bytes, the rest is ignored. */
uint64_t a64_extend(const struct a64_access *access, uint64_t raw);

#endif
