/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AT instructions of the fake.
 */
#ifndef FAKE_AT_H
#define FAKE_AT_H

#include <stdbool.h>
#include <stdint.h>

/* Answers one AT of stage 1: el is 0 or 1, write as in the instruction's name. False: the AT
 * aborted. */
typedef bool fake_at_fn(void *ctx, unsigned el, bool write, uint64_t gva, uint64_t *par);

void fake_at_hook(fake_at_fn *fn, void *ctx);

#endif
