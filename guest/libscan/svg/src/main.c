/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_svg: a listing of the monitor's `scan` on standard input, its picture on standard output.
 * Lines that are no ranges are left out, so that a console's log will do.
 */
#include <stdio.h>
#include <stdlib.h>

#include "libscan/svg.h"

#define FIRST_ROOM 256U

struct listing {
	struct libscan_range *ranges;
	size_t count;
	size_t room;
};

static void add(struct listing *listing, const struct libscan_range *range)
{
	if (listing->count == listing->room) {
		size_t room = listing->room == 0U ? FIRST_ROOM : listing->room * 2U;
		struct libscan_range *more = realloc(listing->ranges, room * sizeof(*more));

		if (more == NULL) {
			perror("scan_svg");
			exit(1);
		}
		listing->ranges = more;
		listing->room = room;
	}
	listing->ranges[listing->count] = *range;
	listing->count++;
}

static void put(void *ctx, const char *text)
{
	fputs(text, ctx);
}

/* Ranges of standard input, in order; false, with a word why: there are none, or not in order. */
static bool read_listing(struct listing *listing)
{
	struct libscan_range range;
	char line[512];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (!libscan_parse(line, &range)) {
			continue;
		}
		if (listing->count != 0U &&
			range.gva <= listing->ranges[listing->count - 1U].last) {
			fprintf(stderr, "ranges are not in order: more than one scan?\n");
			return false;
		}
		add(listing, &range);
	}
	if (listing->count == 0U) {
		fprintf(stderr, "no line of it is a range\n");
	}
	return listing->count != 0U;
}

int main(void)
{
	struct listing listing = {0};
	bool good = read_listing(&listing);

	if (good) {
		libscan_svg(listing.ranges, listing.count, put, stdout);
	}
	free(listing.ranges);
	return good && ferror(stdout) == 0 ? 0 : 1;
}
