/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find-kernel: where KASLR has put a Linux kernel, and what it says it is. No symbols are needed:
 * since Linux 5.4 the kernel's image lies in the upper half of the kernel's addresses (the lower is
 * the linear map); it is read-only where its text and constants are, in one piece; and among the
 * constants is the banner, at a boundary of 8 bytes, as compilers align arrays.
 *
 * A vCPU in user mode may have all but a trampoline of the kernel unmapped (KPTI). So a look that
 * finds nothing is repeated, by the next vCPU if we may choose.
 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/string.h"
#include "gmem/gmem.h"
#include "inspect_private.h"

/* Where _text is before what is mapped: since Linux 5.11 only the image's first segment, which has
 * the header, is left out, and segments are aligned to 64 KiB. */
#define SEGMENT	     KIB(64)
#define IMAGE_MAGIC  0x644d5241U /* "ARM\x64", docs: Linux arm64 booting */
#define MAGIC_OFFSET 56U
#define LEAST_SIZE   MIB(1)
#define LOOKS_MAX    2000U
#define LOOKS_PAUSED 8U

static const char marker[] = "Linux version "; /* then a digit */

enum { LOOK, CHECK, SAY_BASE, SAY_BANNER, FINISHED };

static enum task_result look_again(struct job *job)
{
	struct find_state *find = &job->find;
	uint32_t most = job->vm->state == VM_RUNNING ? LOOKS_MAX : LOOKS_PAUSED;

	find->looks++;
	job->scan.half = NULL;
	if (find->looks < most) {
		return TASK_NEXT_VCPU;
	}
	job->phase = FINISHED;
	return inspect_say(job, "%s: no Linux kernel found%s", job->name,
		job->vm->state == VM_RUNNING ? ""
					     : " (its vCPU may be in user mode: let it run on)");
}

static void begin(struct job *job)
{
	struct scan_request request = {.to = UINT64_MAX, .view = SCAN_EL1};
	const struct scan_half *half;

	inspect_begin(job, &request);
	half = &job->scan.regime.half[1];
	request.from = half->base + (half->last - half->base) / 2U + 1U;
	inspect_begin(job, &request);
}

static bool may_be_image(const struct libscan_range *range)
{
	return (range->flags & (LIBSCAN_W1 | LIBSCAN_GPA)) == LIBSCAN_GPA &&
	       range->last - range->gva >= LEAST_SIZE - 1U;
}

static bool has_magic(struct job *job, uint64_t gpa)
{
	uint32_t magic;

	return gmem_read_u32(&job->vm->gmem, ipa_init(gpa + MAGIC_OFFSET), &magic) == PLINTH_OK &&
	       magic == IMAGE_MAGIC;
}

/* Since Linux 6.1 an image also has the one that an early step of its build put there, whose
 * version lacks the number: "#1 SMP". */
static bool is_complete(const char *banner)
{
	while (*banner != '\0' && *banner != '#') {
		banner++;
	}
	return *banner == '#' && banner[1] >= '0' && banner[1] <= '9';
}

/* True: no better one is to be expected. */
static bool take_banner(struct job *job, uint64_t gpa)
{
	struct find_state *find = &job->find;
	uint8_t bytes[BANNER_SIZE] = {0};

	/* Cut by the end of memory: what there is of it is there. */
	enum plinth_status status = gmem_read(&job->vm->gmem, ipa_init(gpa), bytes, sizeof(bytes));

	(void)status;
	memset(find->banner, 0, sizeof(find->banner));
	for (size_t i = 0; i < sizeof(bytes) - 1U && bytes[i] >= ' ' && bytes[i] < 0x7fU; i++) {
		find->banner[i] = (char)bytes[i];
	}
	find->has_banner = true;
	return is_complete(find->banner);
}

/* On to what is `size` bytes further in the range; at its end with the best banner that it had. */
static void go_on(struct job *job, size_t size)
{
	struct find_state *find = &job->find;

	find->offset += size;
	find->in_range = find->offset <= find->range.last - find->range.gva;
	job->phase = !find->in_range && find->has_banner ? SAY_BASE : LOOK;
}

static bool is_banner(struct job *job, uint64_t gpa)
{
	uint8_t text[sizeof(marker)];

	return gmem_read(&job->vm->gmem, ipa_init(gpa), text, sizeof(text)) == PLINTH_OK &&
	       memcmp(text, marker, sizeof(marker) - 1U) == 0 && text[sizeof(marker) - 1U] >= '0' &&
	       text[sizeof(marker) - 1U] <= '9';
}

/* The rest of a chunk of the range, up to what may be a banner: a guest may have filled it with
 * those, so each is a step of its own. Chunks are aligned in the range, which is to pages. */
static void search(struct job *job)
{
	struct find_state *find = &job->find;
	uint64_t gpa = find->range.gpa + find->offset;
	size_t size = FIND_CHUNK - find->offset % FIND_CHUNK;
	uint64_t first;

	memcpy(&first, marker, sizeof(first));
	if (gmem_read(&job->vm->gmem, ipa_init(gpa), find->chunk.bytes, size) != PLINTH_OK) {
		find->in_range = false; /* no RAM */
		return;
	}
	for (size_t at = 0; at < size; at += sizeof(first)) {
		if (find->chunk.words[at / sizeof(first)] == first) {
			go_on(job, at);
			job->phase = CHECK;
			return;
		}
	}
	go_on(job, size);
}

static void check(struct job *job)
{
	struct find_state *find = &job->find;
	uint64_t gpa = find->range.gpa + find->offset;

	if (is_banner(job, gpa) && take_banner(job, gpa)) {
		find->in_range = false;
		job->phase = SAY_BASE;
	} else {
		go_on(job, sizeof(uint64_t));
	}
}

static enum task_result say_base(struct job *job)
{
	const struct libscan_range *range = &job->find.range;
	uint64_t before = has_magic(job, range->gpa) ? 0U : SEGMENT;

	job->phase = SAY_BANNER;
	return inspect_say(job, "%s: kernel at %016llx, GPA %016llx", job->name,
		(unsigned long long)(range->gva - before),
		(unsigned long long)(range->gpa - before));
}

static enum task_result look(struct job *job)
{
	struct find_state *find = &job->find;

	if (find->in_range) {
		search(job);
		return TASK_MORE;
	}
	if (job->scan.half == NULL) {
		begin(job);
		return TASK_MORE;
	}
	if (!job->scan.at_end && !inspect_is_same_space(job)) {
		return look_again(job);
	}
	switch (scan_step(&job->scan, &find->range)) {
	case SCAN_MORE:
		return TASK_MORE;
	case SCAN_DONE:
		return look_again(job);
	case SCAN_RANGE:
		break;
	}
	find->in_range = may_be_image(&find->range);
	find->offset = 0;
	return TASK_MORE;
}

enum task_result inspect_find_step(struct job *job)
{
	switch (job->phase) {
	case LOOK:
		return look(job);
	case CHECK:
		check(job);
		return TASK_MORE;
	case SAY_BASE:
		return say_base(job);
	case SAY_BANNER:
		job->phase = FINISHED;
		return inspect_say(job, "%s", job->find.banner);
	default:
		return TASK_DONE;
	}
}
