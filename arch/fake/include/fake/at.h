/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AT instructions of the fake.
 */
#ifndef FAKE_AT_H
#define FAKE_AT_H

#include <stdbool.h>
#include <stdint.h>

enum fake_at_form { FAKE_AT_S1, FAKE_AT_S12 };

/* Answers one AT: el is 0 or 1, write as in the form's name. False: the AT aborted. */
typedef bool fake_at_fn(
	void *ctx, enum fake_at_form form, unsigned el, bool write, uint64_t gva, uint64_t *par);

void fake_at_hook(fake_at_fn *fn, void *ctx);

#endif
