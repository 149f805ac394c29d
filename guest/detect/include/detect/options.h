/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of plinth-detect. */
#ifndef DETECT_OPTIONS_H
#define DETECT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "detect/detect.h"

/* Exit status: the verdict's, and sysexits' EX_USAGE for a command line that makes no sense. */
#define DETECT_EXIT_PRESENT   0
#define DETECT_EXIT_ABSENT    1
#define DETECT_EXIT_UNDECIDED 2
#define DETECT_EXIT_USAGE     64

enum detect_action {
	ACTION_RUN,
	ACTION_LIST,
	ACTION_HELP,
};

struct detect_options {
	enum detect_action action;
	bool is_json;
	bool is_explained;
	uint32_t repeat; /* how many batteries, 1 to DETECT_REPEAT_MAX: a report for each */
	struct detect_request request;
};

#define DETECT_REPEAT_MAX 1000U

#define DETECT_COMPLAINT_MAX 96U

/* Reads argv[1] to argv[count - 1] for a program at `level`. PLINTH_EINVAL: `complaint` has the
 * reason, and *options is undefined. */
enum plinth_status detect_options_parse(struct detect_options *options, enum detect_level level,
	size_t count, const char *const *argv, char complaint[DETECT_COMPLAINT_MAX]);

/* The text of --help. */
extern const char detect_usage[]; /* ends with a newline */

int detect_exit_status(enum detect_verdict verdict);

#endif
