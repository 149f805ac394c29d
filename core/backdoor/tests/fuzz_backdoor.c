/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile guest: the input is a list of calls, each a byte of what it is and what it needs of
 * registers or text. Whatever they are, results stay in their registers, memory in its bounds, and
 * in the end all pages are back.
 */
#include <stdlib.h>
#include <string.h>

#include "backdoor_rig.h"

#define CHANNELS 4U
#define MAGIC_X7 (UINT64_C(0x86) << 32)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static struct rig_channel channels[CHANNELS];

static uint64_t take(struct input *input, size_t bytes)
{
	uint64_t value = 0;

	bytes = bytes < input->size ? bytes : input->size;
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

/* Any registers at all; the magic and the port more often than chance would. */
static void any_call(struct input *input)
{
	uint64_t before[BACKDOOR_REGS];
	unsigned choice = (unsigned)take(input, 1);

	for (unsigned i = 0; i < BACKDOOR_REGS; i++) {
		rig.x[i] = take(input, i == 4U || i == 5U ? 8 : 4);
	}
	rig.x[7] |= MAGIC_X7;
	if ((choice & 1U) != 0U) {
		rig.x[0] = BACKDOOR_MAGIC;
	}
	if ((choice & 2U) != 0U) {
		rig.x[3] = (rig.x[3] & 0xffff0000U) | (BACKDOOR_PORT + (choice >> 4 & 3U));
	}
	memcpy(before, rig.x, sizeof(before));
	if (rig_call(choice >> 2 & 1U) == BACKDOOR_FAULT &&
		memcmp(before, rig.x, sizeof(before)) != 0) {
		abort();
	}
	if (rig.x[7] != before[7]) {
		abort();
	}
}

/* The balloon, from the kernel: pages and batches that may be there. */
static void balloon_call(struct input *input)
{
	uint64_t choice = take(input, 1);

	rig.x[0] = BACKDOOR_BALLOON_MAGIC;
	rig.x[1] = take(input, 1) % (RIG_PAGES + 1U);
	rig.x[2] = choice % 12U;
	rig.x[3] = BACKDOOR_BALLOON_PORT;
	rig.x[4] = take(input, 2) % 600U;
	rig.x[7] = MAGIC_X7 | 0x0eU;
	if (rig.x[1] < RIG_PAGES) {
		uint64_t entry = take(input, 4) << 7;

		memcpy(&caller_rig.memory[rig.x[1] * RIG_PAGE + (choice & 8U)], &entry,
			sizeof(entry));
	}
	rig.memory_gone = choice >> 5 == 1U;
	rig.touched = choice >> 5 == 2U;
	rig.moved_max = 0;
	if (rig_call(1) != BACKDOOR_DONE || rig.moved_max > 32U) {
		abort();
	}
}

/* A text from the input as a request, or a poll of the tools. */
static void send_text(struct input *input, struct rig_channel channel)
{
	size_t size = take(input, 1);

	size = size < input->size ? size : input->size;
	(void)rig_send(channel, input->data, size);
	input->data += size;
	input->size -= size;
	(void)rig_receive(channel, NULL);
}

static void one_call(struct input *input)
{
	unsigned what = (unsigned)take(input, 1);
	struct rig_channel *channel = &channels[what >> 4 & (CHANNELS - 1U)];

	switch (what & 0xfU) {
	case 0:
		(void)rig_open(RIG_RPCI | RIG_COOKIES, channel);
		break;
	case 1:
		(void)rig_open(RIG_TCLO | RIG_COOKIES, channel);
		break;
	case 2:
		send_text(input, *channel);
		break;
	case 3:
		(void)rig_message(
			*channel, (unsigned)take(input, 1) & 7U, (uint32_t)take(input, 4));
		break;
	case 4:
		(void)rig_send_hb(*channel, RIG_VA + take(input, 3), take(input, 3));
		break;
	case 5:
		(void)rig_receive_hb(*channel, RIG_VA + take(input, 3), take(input, 3));
		break;
	case 6:
		caller_rig.access[take(input, 1) % RIG_PAGES] =
			(enum rig_access)(take(input, 1) & 3U);
		break;
	case 7:
		rig_pass_seconds((unsigned)take(input, 1));
		break;
	case 8:
		(void)backdoor_request(
			&rig.vm, (enum backdoor_power)(take(input, 1) % BACKDOOR_POWER_COUNT));
		break;
	case 10:
		balloon_call(input);
		break;
	case 9:
		backdoor_reset(&rig.vm);
		break;
	default:
		any_call(input);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_ready;
	struct input input = {.data = data, .size = size};
	struct backdoor_report report;

	if (!is_ready) {
		rig_init();
		is_ready = true;
	}
	rig_start(RIG_BUDGET);
	memset(channels, 0, sizeof(channels));
	while (input.size != 0U) {
		one_call(&input);
	}
	backdoor_get_report(&rig.vm, &report);
	if (report.used > RIG_BUDGET || report.channels > BACKDOOR_CHANNELS) {
		abort();
	}
	if (!rig_end()) {
		abort();
	}
	return 0;
}
