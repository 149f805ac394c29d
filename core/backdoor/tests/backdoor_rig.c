/* SPDX-License-Identifier: Apache-2.0 */
#include "backdoor_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"

#define ARENA_SIZE MIB(16)
#define LB_W7	   (UINT64_C(0x8600000000) | 0x0eU)
#define HB_IN_W7   (UINT64_C(0x8600000000) | 0x1cU)
#define HB_OUT_W7  (UINT64_C(0x8600000000) | 0x18U)

struct rig rig;

static struct percpu cpu;
static uint64_t free_pages;
static char received[BACKDOOR_MESSAGE_MAX + 1U];

static uint64_t pages_free(void)
{
	struct pmem_stats stats;

	pmem_get_stats(&stats);
	return stats.free;
}

void rig_init(void)
{
	void *p = mmap(NULL, ARENA_SIZE + BLOCK_1G, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct pmem_range ram = {.size = ARENA_SIZE};

	if (p == MAP_FAILED) {
		abort();
	}
	arch_percpu_set(&cpu);
	ram.base = align_up((uint64_t)(uintptr_t)p, BLOCK_1G);
	if (pmem_init(&ram, 1, &ram, 1) != PLINTH_OK) {
		abort();
	}
	free_pages = pages_free();
	fake_sysregs.cntfrq_el0 = RIG_HZ;
	fake_sysregs.cntpct_el0 = RIG_HZ;
}

static bool *given_at(ipa_t ipa, bool large)
{
	uint64_t size = large ? BLOCK_2M : RIG_PAGE;
	uint64_t start = large ? RIG_LARGE_AT : 0U;
	uint64_t count = large ? RIG_LARGE : RIG_PAGES;

	rig.moved++;
	rig.moved_max = rig.moved > rig.moved_max ? rig.moved : rig.moved_max;
	if (ipa.v % size != 0U || ipa.v < start || (ipa.v - start) / size >= count) {
		return NULL;
	}
	return &(large ? rig.given_large : rig.given)[(ipa.v - start) / size];
}

static enum plinth_status give(void *ctx, ipa_t ipa, bool large)
{
	bool *given = given_at(ipa, large);

	(void)ctx;
	if (given == NULL) {
		return PLINTH_ERANGE;
	}
	if (!large && caller_rig.access[ipa.v / RIG_PAGE] == RIG_DEVICE) {
		return PLINTH_EPERM;
	}
	if (*given) {
		return PLINTH_EEXIST;
	}
	*given = true;
	return PLINTH_OK;
}

static enum plinth_status take(void *ctx, ipa_t ipa, bool large)
{
	bool *given = given_at(ipa, large);

	(void)ctx;
	if (given == NULL) {
		return PLINTH_ERANGE;
	}
	if (!*given) {
		return PLINTH_ENOENT;
	}
	if (rig.memory_gone) {
		return PLINTH_ENOMEM;
	}
	*given = false;
	return PLINTH_OK;
}

/* One page a step. */
static enum plinth_status take_all(void *ctx)
{
	(void)ctx;
	for (unsigned i = 0; i < RIG_PAGES; i++) {
		if (rig.given[i]) {
			enum plinth_status status = take(ctx, ipa_init(i * RIG_PAGE), false);

			return status == PLINTH_OK ? PLINTH_EAGAIN : status;
		}
	}
	rig.touched = false;
	return PLINTH_OK;
}

static bool was_touched(void *ctx)
{
	(void)ctx;
	return rig.touched;
}

static const struct backdoor_balloon_ops balloon_ops = {give, take, take_all, was_touched};

void rig_start(uint64_t budget)
{
	static const uint8_t uuid[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	const struct backdoor_config config = {
		.vmware = true,
		.product = BACKDOOR_PRODUCT_ESX,
		.name = "rig",
		.uuid = uuid,
		.ram_size = MIB(512),
		.budget = budget,
		.balloon = &balloon_ops,
	};

	backdoor_fini(&rig.vm);
	memset(&rig, 0, sizeof(rig));
	memset(&caller_rig, 0, sizeof(caller_rig));
	if (backdoor_init(&rig.vm, &config) != PLINTH_OK) {
		abort();
	}
}

bool rig_end(void)
{
	backdoor_fini(&rig.vm);
	return pages_free() == free_pages;
}

enum backdoor_result rig_step(unsigned el)
{
	const struct caller caller = caller_rig_at(el);

	rig.moved = 0;
	return backdoor_call(&rig.vm, rig.x, &caller, &rig.batch);
}

enum backdoor_result rig_call(unsigned el)
{
	uint64_t before[BACKDOOR_REGS];
	enum backdoor_result result;

	memcpy(before, rig.x, sizeof(before));
	while ((result = rig_step(el)) == BACKDOOR_AGAIN) {
		if (memcmp(before, rig.x, sizeof(before)) != 0) {
			abort();
		}
	}
	return result;
}

int rig_setup(void **state)
{
	(void)state;
	rig_start(RIG_BUDGET);
	return 0;
}

int rig_teardown(void **state)
{
	(void)state;
	return rig_end() ? 0 : -1;
}

uint32_t rig_message(struct rig_channel channel, unsigned type, uint32_t w1)
{
	rig.x[0] = RIG_JUNK | BACKDOOR_MAGIC;
	rig.x[1] = RIG_JUNK | w1;
	rig.x[2] = RIG_JUNK | type << 16 | 30U;
	rig.x[3] = RIG_JUNK | channel.number << 16 | BACKDOOR_PORT;
	rig.x[4] = RIG_JUNK | channel.high;
	rig.x[5] = RIG_JUNK | channel.low;
	rig.x[7] = LB_W7;
	if (rig_call(0) != BACKDOOR_DONE) {
		abort();
	}
	return (uint32_t)rig.x[2] >> 16;
}

uint32_t rig_open(uint32_t protocol, struct rig_channel *channel)
{
	uint32_t status = rig_message((struct rig_channel){0}, 0, protocol);

	channel->number = (uint32_t)rig.x[3] >> 16;
	channel->high = (uint32_t)rig.x[4];
	channel->low = (uint32_t)rig.x[5];
	return status;
}

uint32_t rig_close(struct rig_channel channel)
{
	return rig_message(channel, 6, 0);
}

bool rig_send(struct rig_channel channel, const void *data, size_t size)
{
	if ((rig_message(channel, 1, (uint32_t)size) & RIG_SUCCESS) == 0U) {
		return false;
	}
	for (size_t i = 0; i < size; i += 4) {
		uint32_t word = 0;

		memcpy(&word, (const uint8_t *)data + i, size - i < 4U ? size - i : 4U);
		if (rig_message(channel, 2, word) != RIG_SUCCESS) {
			return false;
		}
	}
	return true;
}

const char *rig_receive(struct rig_channel channel, size_t *size)
{
	uint32_t status = rig_message(channel, 3, 0);
	size_t length = (uint32_t)rig.x[1];

	if (status != (RIG_SUCCESS | RIG_DORECV | RIG_HB) || rig.x[3] >> 16 != 1U ||
		length > BACKDOOR_MESSAGE_MAX) {
		return NULL;
	}
	for (size_t i = 0; i < length; i += 4) {
		if (rig_message(channel, 4, RIG_SUCCESS) != RIG_SUCCESS || rig.x[3] >> 16 != 2U) {
			return NULL;
		}
		uint32_t word = (uint32_t)rig.x[1];

		memcpy(received + i, &word, length - i < 4U ? length - i : 4U);
	}
	received[length] = '\0';
	if (size != NULL) {
		*size = length;
	}
	return rig_message(channel, 5, RIG_SUCCESS) == RIG_SUCCESS ? received : NULL;
}

const char *rig_rpc(const char *request)
{
	struct rig_channel channel;
	const char *reply;

	if (rig_open(RIG_RPCI | RIG_COOKIES, &channel) != RIG_SUCCESS ||
		!rig_send(channel, request, strlen(request))) {
		return NULL;
	}
	reply = rig_receive(channel, NULL);
	return rig_close(channel) == RIG_SUCCESS ? reply : NULL;
}

static uint32_t transfer(void)
{
	if (rig_call(0) == BACKDOOR_FAULT) {
		return UINT32_MAX;
	}
	return (uint32_t)rig.x[1] >> 16;
}

uint32_t rig_send_hb(struct rig_channel channel, uint64_t va, uint64_t size)
{
	rig.x[0] = RIG_JUNK | BACKDOOR_MAGIC;
	rig.x[1] = UINT64_C(1) << 16;
	rig.x[2] = size;
	rig.x[3] = RIG_JUNK | channel.number << 16 | BACKDOOR_HB_PORT;
	rig.x[4] = va;
	rig.x[5] = RIG_JUNK | channel.low;
	rig.x[6] = RIG_JUNK | channel.high;
	rig.x[7] = HB_OUT_W7;
	return transfer();
}

uint32_t rig_receive_hb(struct rig_channel channel, uint64_t va, uint64_t size)
{
	rig.x[0] = RIG_JUNK | BACKDOOR_MAGIC;
	rig.x[1] = UINT64_C(1) << 16;
	rig.x[2] = size;
	rig.x[3] = RIG_JUNK | channel.number << 16 | BACKDOOR_HB_PORT_OLD;
	rig.x[4] = RIG_JUNK | channel.high;
	rig.x[5] = va;
	rig.x[6] = RIG_JUNK | channel.low;
	rig.x[7] = HB_IN_W7;
	return transfer();
}

void rig_pass_seconds(unsigned seconds)
{
	fake_sysregs.cntpct_el0 += seconds * RIG_HZ;
}
