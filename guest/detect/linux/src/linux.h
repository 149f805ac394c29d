/* SPDX-License-Identifier: Apache-2.0 */
/* Linux, arm64, as far as plinth-detect needs it: no libc. */
#ifndef LINUX_H
#define LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define STDOUT 1
#define STDERR 2

NORETURN void linux_exit(int status);

/* Writes all of it, or as much as can be written. */
void linux_write(int fd, const char *text, size_t size);

/* Address space that may be read, written and executed, in blocks of `size` (a power of two): at
 * most `most` of them, and no more than a quarter of the free memory has. Large pages, where there
 * are any; taken from the system block by block, at the first touch. Returns the number of blocks
 * from *start; 0: none, *start is 0. */
unsigned linux_map_code(unsigned most, uint64_t size, uint64_t *start);

/* From now on a fault at a PC for which fixup() returns true goes on at *resume. Others end the
 * process as ever. Returns false where a handler could not be set. */
bool linux_catch_faults(bool (*fixup)(uint64_t pc, uint64_t *resume));

#endif
