/* SPDX-License-Identifier: Apache-2.0 */
/* A report as text for people, and as one JSON object. Nothing else of the library prints. */
#ifndef DETECT_OUTPUT_H
#define DETECT_OUTPUT_H

#include <stdbool.h>

#include "base/fmt.h"
#include "detect/detect.h"

struct detect_sink {
	fmt_put_fn *put;
	void *ctx;
};

/* The verdict, what it looks like, a line for each probe that was run; with `explain` also what
 * the answers are worth. */
void detect_print_text(
	const struct detect_sink *sink, const struct detect_report *report, bool explain);

/* One line. Names and strings are ASCII of our own, so nothing needs escapes. */
void detect_print_json(const struct detect_sink *sink, const struct detect_report *report);

/* The battery, without running it. */
void detect_print_list(const struct detect_sink *sink);

/* "present", "absent", "undecided"; never NULL. */
const char *detect_verdict_name(enum detect_verdict verdict);

/* "trapped", "not trapped", "refused", "unclear", "not run"; never NULL. */
const char *detect_answer_name(enum detect_answer answer);

#endif
