/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_PEN_CODE_H
#define GUEST_PEN_CODE_H

#include <stdint.h>

/* The pen's code (src/pen.S), position-independent, with zeroes for its parameters (layout.h);
 * for the start of a page. */
extern const uint8_t guest_pen_code[];
extern const uint8_t guest_pen_code_end[];

#endif
