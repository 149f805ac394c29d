/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cases of the payload `scan`, and what makes their tables.
 */
#ifndef PAYLOAD_SCAN_H
#define PAYLOAD_SCAN_H

#include <stdint.h>

/* Where the upper half of SCAN_NO_LOWER_HALF has RAM: its own addresses and this. */
#define SCAN_ALIAS 0xffffff8000000000UL

/* An address that stage 1 maps onto itself, and no memory has. */
#define SCAN_BEHIND_RAM 0x7f00000000UL

enum scan_case {
	SCAN_PAGES_4K,	    /* 48 bits, like the next two: pages and blocks of all kinds */
	SCAN_PAGES_16K,	    /* 47 bits */
	SCAN_PAGES_64K,	    /* 48 bits */
	SCAN_SMALL_4K,	    /* 36 bits */
	SCAN_SMALL_16K,	    /* 36 bits */
	SCAN_SMALL_64K,	    /* 42 bits */
	SCAN_LARGE_64K,	    /* 52 bits: FEAT_LVA */
	SCAN_ABSENT,	    /* tables in untouched RAM, behind RAM, in devices */
	SCAN_LOOP,	    /* a root that is its own table */
	SCAN_NO_UPPER_HALF, /* EPD1 */
	SCAN_NO_LOWER_HALF, /* EPD0 */
	SCAN_NO_MMU,
	SCAN_REMAPS, /* changes pages, blocks and tables all the time; some it leaves alone */
	/* What costs a scanner most, if its steps are not bounded: */
	SCAN_UNTOUCHED,	  /* each table, and each page, in 16 KiB of RAM that nothing has touched */
	SCAN_NONSENSE_4K, /* tables of chance */
	SCAN_NONSENSE_16K,
	SCAN_NONSENSE_64K,
	SCAN_BANNERS, /* a read-only MiB with many beginnings of a kernel's banner */
};

/* SCAN_UNTOUCHED: where its pages are. */
#define SCAN_PAGES_AT 0xffff810080000000UL

/* Makes it, and sets TCR_EL1, MAIR_EL1 and TTBR1_EL1. */
void scan_make_space(uint64_t number);

/* SCAN_REMAPS: some changes more. */
void scan_remap(void);

#endif
