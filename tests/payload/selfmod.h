/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that makes and changes its own code: every page of code was first touched in another
 * way. What each part leaves behind in stage 2 is checked by tests/system/test_coherency.py, which
 * reads the addresses that are printed.
 */
#ifndef PAYLOAD_SELFMOD_H
#define PAYLOAD_SELFMOD_H

#include <stdbool.h>
#include <stdint.h>

#include "libguest/libguest.h"

#define PAGE  0x1000UL
#define BLOCK 0x200000UL

/* 2 MiB of RAM each, where nothing of the program is and nothing was loaded. */
#define AREA(n) (GUEST_RAM + 0x2000000UL + (n)*BLOCK)

enum area {
	AREA_DATA,    /* never executed */
	AREA_WRITTEN, /* first written, then executed */
	AREA_READ,    /* first read */
	AREA_FETCHED, /* first executed, while it is all zeroes */
	AREA_TABLE,   /* first seen by a table walk */
	AREA_TABLE2,
	AREA_SHARED, /* written by one vCPU, executed by all */
	AREA_EL2,    /* written by Plinth while it is executable */
	AREA_FRESH,  /* reset=1: must be zero at each start */
};

/* Puts a function that returns `value` (16 bits) at `at`, 8 bytes; no maintenance. */
void code_write(uint64_t at, uint32_t value);

/* What a program owes its instruction caches (DDI 0487, B2.7.4.2): here and on all other CPUs,
 * which need an ISB still. */
void code_maintain(uint64_t at, uint64_t size);

/* Both. */
void code_make(uint64_t at, uint32_t value);

/* Its result, or CODE_UNDEFINED where it is no code, CODE_FAULT where nothing is mapped. */
uint32_t code_run(uint64_t at);

#define CODE_UNDEFINED 0x10000U
#define CODE_FAULT     0x20000U
#define CODE_OTHER     0x30000U /* another exception */

/* on_sync()'s handler for all of this: exceptions in code_run() become its result. */
void code_exception(struct guest_frame *frame);

/* Counts differences, for one check() at the end of many rounds. */
static inline void expect_value(unsigned *wrong, uint32_t is, uint32_t expected)
{
	*wrong += is == expected ? 0U : 1U;
}

void selfmod_first_touch(void); /* by write, read, fetch */
void selfmod_tables(void);	/* pages that are tables, then code, and the reverse */
void selfmod_image(void);	/* the program's own pages, as they were loaded */
void selfmod_el2(void);		/* Plinth writes into an executable page */
void selfmod_shared(uint32_t cpus);

/* The VA at which the tables of selfmod_tables() map pages: [page] of 512. */
uint64_t selfmod_map(unsigned page, uint64_t pa, bool device);

#endif
