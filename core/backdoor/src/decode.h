/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BACKDOOR_DECODE_H
#define BACKDOOR_DECODE_H

#include <stdbool.h>
#include <stdint.h>

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

/* Decodes W7 = (uint32_t)x7 and W3. Any values. For BACKDOOR_BROKEN the rest is 0. */
struct backdoor_io backdoor_decode(uint32_t w7, uint32_t w3);

#endif
