/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of a line, for who writes and who reads it.
 */
#ifndef LIBSCAN_NAMES_H
#define LIBSCAN_NAMES_H

#include <stdint.h>

#define NO_AF_WORD     "no-af"
#define SCATTERED_WORD "scattered"
#define UNKNOWN_WORD   "unknown"
#define NOT_KNOWN_WORD "?" /* memory and shareability, where the access flag is clear */
#define ATTR_PREFIX    "attr-"

#define SHARE_COUNT 4U

/* By SH: "ns", a reserved one, "os", "is". */
extern const char *const share_names[SHARE_COUNT];

struct permission {
	uint32_t flag;
	uint32_t asked; /* '?' where this is not set */
	char letter;
};

#define PERMISSION_COUNT 6U

/* EL1's three, then EL0's, as in the line. */
extern const struct permission permissions[PERMISSION_COUNT];

#endif
