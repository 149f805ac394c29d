/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read: lines of 16 bytes.
 */
#include "base/bits.h"
#include "base/fmt.h"
#include "base/string.h"
#include "gmem/gmem.h"
#include "inspect_private.h"

#define ROW	     16U
#define ADDRESS_SIZE 16U
#define HEX_AT	     (ADDRESS_SIZE + 2U)
#define TEXT_AT	     (HEX_AT + 3U * ROW + 2U)

static char shown(uint8_t byte)
{
	return byte >= ' ' && byte < 0x7fU ? (char)byte : '.';
}

/* The address, bytes in hex with a gap in the middle, the same as text. By hand: with fmt_buf() for
 * each byte it was more than a step may take. */
static void format_row(struct job *job, uint64_t gva, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	char *line = job->line;

	(void)fmt_buf(line, sizeof(job->line), "%016llx", (unsigned long long)gva);
	memset(line + ADDRESS_SIZE, ' ', TEXT_AT - ADDRESS_SIZE);
	for (size_t i = 0; i < count; i++) {
		char *hex = line + HEX_AT + 3U * i + (i < ROW / 2U ? 0U : 1U);

		hex[0] = digits[bytes[i] >> 4];
		hex[1] = digits[bytes[i] & 0xfU];
		line[TEXT_AT + i] = shown(bytes[i]);
	}
	line[TEXT_AT + count] = '\0';
}

/* job->request.from goes on by what a line shows. */
enum task_result inspect_read_step(struct job *job)
{
	uint64_t gva = job->request.from;
	uint64_t left = job->request.to - gva;
	struct libscan_range range;
	enum scan_result found;
	uint8_t bytes[ROW];
	size_t count = (size_t)min_u64(ROW - gva % ROW, left == UINT64_MAX ? left : left + 1U);

	if (job->phase != 0U) {
		return TASK_DONE;
	}
	found = inspect_page(job, gva, SCAN_EL1, &range);
	if (found == SCAN_MORE) {
		return TASK_MORE;
	}
	if (found == SCAN_DONE || (range.flags & LIBSCAN_GPA) == 0U) {
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
