/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of a guest's virtual addresses: merging what a scan finds piece by piece, and the line of
 * text that says what a range is. One line and its fields, by blanks:
 *
 *   ffff800008010000-ffff800009ffffff r-x/--- 0000000040210000 wb is 4K,2M
 *   first and last byte               EL1/EL0 GPA of the first  |  |  leaf sizes (scan -x)
 *                                             byte         memory  shareability
 *
 * Permissions: r w x, '-' not given, '?' not asked. GPA: "scattered" where it is not one piece,
 * "unknown" where the CPU does not tell: the access flag is clear, memory and shareability are "?",
 * and "no-af" is at the end.
 *
 * Pure: no globals, no allocation. Any code, also outside Plinth.
 */
#ifndef LIBSCAN_LIBSCAN_H
#define LIBSCAN_LIBSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Permissions, and which of them were asked for. */
#define LIBSCAN_R1	  0x0001U /* EL1 may read */
#define LIBSCAN_W1	  0x0002U
#define LIBSCAN_X1	  0x0004U
#define LIBSCAN_R0	  0x0008U /* EL0 */
#define LIBSCAN_W0	  0x0010U
#define LIBSCAN_X0	  0x0020U
#define LIBSCAN_ASKED_1	  0x0040U /* R1 and W1 are known */
#define LIBSCAN_ASKED_0	  0x0080U
#define LIBSCAN_ASKED_X	  0x0100U /* X1 and X0, and the leaf sizes */
#define LIBSCAN_GPA	  0x0200U /* gpa is that of the first byte, and the range is one piece there */
#define LIBSCAN_SCATTERED 0x0400U /* known, but not one piece */
#define LIBSCAN_NO_AF	  0x0800U /* the access flag is clear: neither GPA nor permission is known */

struct libscan_range {
	uint64_t gva;
	uint64_t last; /* last byte: the upper half ends at 2^64 - 1 */
	uint64_t gpa;  /* LIBSCAN_GPA; else 0 */
	uint32_t flags;
	uint32_t leaves; /* LIBSCAN_ASKED_X: bit n: leaves of 2^n bytes are in it */
	uint8_t attr;	 /* memory attributes as in MAIR_EL1 and PAR_EL1 */
	uint8_t share;	 /* shareability, 0 to 3 */
};

/* The range that is being made. Zeroes: nothing yet, pieces whose GPA jumps are one range. */
struct libscan_merge {
	struct libscan_range now;
	bool open;
	bool split_gpa; /* a jump of the GPA begins a new range */
};

/* Adds a piece that lies behind all the former ones. True: it does not continue the range, which
 * is now in *done. */
bool libscan_add(
	struct libscan_merge *merge, const struct libscan_range *piece, struct libscan_range *done);

/* The last range; false: there is none. */
bool libscan_finish(struct libscan_merge *merge, struct libscan_range *done);

#define LIBSCAN_LINE_SIZE 128U

/* The line of a range, without a line end; its length, below `size` (LIBSCAN_LINE_SIZE is enough).
 */
size_t libscan_format(const struct libscan_range *range, char *buf, size_t size);

/* A line of libscan_format(), perhaps with blanks around it. False: it is none, *range is
 * untouched. */
bool libscan_parse(const char *line, struct libscan_range *range);

/* Names of memory attributes; NULL where there is none. */
const char *libscan_attr_name(uint8_t attr);

/* "64K", "2M" and so on: rounded down to a unit, 2^64 - 1 at most. */
void libscan_size(uint64_t size, char *buf, size_t buf_size);

#endif
