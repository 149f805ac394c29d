/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_LARGEST_H
#define HOSTILE_LARGEST_H

#include <stdbool.h>
#include <stdint.h>

/* Makes, starts and takes away the VM whose description is the most work. False: something was
 * refused, and is printed. */
bool largest(const char *name, const uint8_t *token);

#endif
