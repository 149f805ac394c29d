/* SPDX-License-Identifier: Apache-2.0 */
/* What the test asks of a payload: NAME=NUMBER in the VM's bootargs. */
#ifndef PAYLOAD_OPTIONS_H
#define PAYLOAD_OPTIONS_H

#include <stdint.h>

/* The number (decimal or 0x...) behind "name=" in /chosen/bootargs, or `fallback`. */
uint64_t option(const char *name, uint64_t fallback);

/* /chosen/security-plinth-token; zeroes where there is none. */
struct token {
	uint64_t first;
	uint64_t last;
};
struct token token_of_start(void);

/* A seed that differs from start to start: of the counter and the devicetree's own seeds. */
uint64_t seed_of_start(void);

#endif
