/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read: lines of 16 bytes.
 */
#include "base/bits.h"
#include "base/fmt.h"
#include "gmem/gmem.h"
#include "inspect_private.h"

#define ROW 16U

static char shown(uint8_t byte)
{
	return byte >= ' ' && byte < 0x7fU ? (char)byte : '.';
}

static void format_row(struct job *job, uint64_t gva, const uint8_t *bytes, size_t count)
{
	size_t at = fmt_buf(job->line, sizeof(job->line), "%016llx ", (unsigned long long)gva);
	char text[ROW + 1U];

	for (size_t i = 0; i < ROW; i++) {
		const char *gap = i == ROW / 2U ? " " : "";

		at += i < count ? fmt_buf(job->line + at, sizeof(job->line) - at, "%s %02x", gap,
					  bytes[i])
				: fmt_buf(job->line + at, sizeof(job->line) - at, "%s   ", gap);
		text[i] = i < count ? shown(bytes[i]) : '\0';
	}
	text[ROW] = '\0';
	(void)fmt_buf(job->line + at, sizeof(job->line) - at, "  %s", text);
}

/* job->request.from goes on by what a line shows. */
enum task_result inspect_read_step(struct job *job)
{
	uint64_t gva = job->request.from;
	uint64_t left = job->request.to - gva;
	struct libscan_range range;
	uint8_t bytes[ROW];
	size_t count = (size_t)min_u64(ROW - gva % ROW, left == UINT64_MAX ? left : left + 1U);

	if (job->phase != 0U) {
		return TASK_DONE;
	}
	if (!inspect_page(job, gva, SCAN_EL1, &range) || (range.flags & LIBSCAN_GPA) == 0U) {
		job->phase = 1;
		return inspect_say(job, "%016llx: not mapped", (unsigned long long)gva);
	}
	uint64_t gpa = range.gpa + (gva - range.gva);

	if (gmem_read(&job->vm->gmem, ipa_init(gpa), bytes, count) != PLINTH_OK) {
		job->phase = 1;
		return inspect_say(job, "%016llx: no memory at %016llx", (unsigned long long)gva,
			(unsigned long long)gpa);
	}
	format_row(job, gva, bytes, count);
	if (count > left) {
		job->phase = 1;
	} else {
		job->request.from = gva + count;
	}
	return TASK_LINE;
}
