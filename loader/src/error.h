/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a VM cannot be built, in words for its owner: "property: cause".
 */
#ifndef LOADER_ERROR_H
#define LOADER_ERROR_H

#include "base/compiler.h"
#include "base/status.h"

#define LOADER_ERROR_SIZE 160U

struct loader_error {
	char text[LOADER_ERROR_SIZE];
};

/* Writes the text, cut to fit, and returns PLINTH_EINVAL, so that a check is one statement. */
enum plinth_status loader_fail(struct loader_error *error, const char *format, ...)
	PRINTF_LIKE(2, 3);

#endif
