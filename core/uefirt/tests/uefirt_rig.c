/* SPDX-License-Identifier: Apache-2.0 */
#include "uefirt_rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"

#define ARENA_SIZE MIB(16)

struct uefirt_rig rig;

static struct percpu cpu;
static uint64_t free_pages;

static uint64_t pages_free(void)
{
	struct pmem_stats stats;

	pmem_get_stats(&stats);
	return stats.free;
}

static void must(bool good)
{
	if (!good) {
		abort();
	}
}

void rig_init(void)
{
	void *p = mmap(NULL, ARENA_SIZE + BLOCK_1G, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct pmem_range ram = {.size = ARENA_SIZE};

	must(p != MAP_FAILED);
	arch_percpu_set(&cpu);
	ram.base = align_up((uint64_t)(uintptr_t)p, BLOCK_1G);
	must(pmem_init(&ram, 1, &ram, 1) == PLINTH_OK);
	free_pages = pages_free();
	fake_sysregs.cntfrq_el0 = RIG_HZ;
	fake_sysregs.cntpct_el0 = RIG_HZ;
}

static void set_line(void *ctx, bool level)
{
	(void)ctx;
	(void)level;
}

static void arm(void *ctx, uint64_t deadline)
{
	(void)ctx;
	(void)deadline;
}

static void changed(void *ctx)
{
	must(ctx == &rig && lock_is_held(&rig.vm.lock));
	rig.changes++;
}

static bool keeps(void *ctx)
{
	must(ctx == &rig && lock_is_held(&rig.vm.lock));
	return rig.keeps;
}

static int start(bool with_keeper)
{
	static const struct vrtc_ops rtc_ops = {.set_line = set_line, .arm = arm};
	static const struct uefirt_ops ops = {.keeps = keeps, .changed = changed};
	const struct uefirt_config config = {.rtc = &rig.rtc, .ops = &ops, .ctx = &rig};

	uefirt_fini(&rig.vm);
	memset(&rig, 0, sizeof(rig));
	memset(&caller_rig, 0, sizeof(caller_rig));
	rig.keeps = with_keeper;
	vrtc_boot(0, RIG_EPOCH, fake_sysregs.cntpct_el0);
	vrtc_init(&rig.rtc, &rtc_ops, &rig);
	must(uefirt_init(&rig.vm, &config) == PLINTH_OK);
	uefirt_reset(&rig.vm);
	return 0;
}

int rig_start(void **state)
{
	(void)state;
	return start(true);
}

int rig_start_without_keeper(void **state)
{
	(void)state;
	return start(false);
}

bool rig_end(void)
{
	uefirt_fini(&rig.vm);
	return pages_free() == free_pages;
}

void *rig_at(uint64_t va)
{
	return &caller_rig.memory[va - RIG_VA];
}

void rig_put(uint64_t va, const void *data, size_t size)
{
	memcpy(rig_at(va), data, size);
}

void rig_put_name(uint64_t va, const char *name)
{
	uint8_t *to = rig_at(va);

	do {
		*to++ = (uint8_t)*name;
		*to++ = 0;
	} while (*name++ != '\0');
}

bool rig_name_is(uint64_t va, const char *name)
{
	const uint8_t *at = rig_at(va);

	for (size_t i = 0; i <= strlen(name); i++) {
		if (at[2U * i] != (uint8_t)name[i] || at[2U * i + 1U] != 0U) {
			return false;
		}
	}
	return true;
}

void rig_put_u64(uint64_t va, uint64_t value)
{
	rig_put(va, &value, sizeof(value));
}

uint64_t rig_u64(uint64_t va)
{
	uint64_t value;

	memcpy(&value, rig_at(va), sizeof(value));
	return value;
}

uint64_t rig_call(uint32_t operand, uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
	uint64_t x[UEFIRT_ARGS] = {x0, x1, x2, x3, x4};
	const struct caller caller = caller_rig_at(1);

	rig.outcome = uefirt_call(&rig.vm, operand, x, &caller);
	must(x[1] == x1 && x[2] == x2 && x[3] == x3 && x[4] == x4);
	lock_assert_none_held();
	return x[0];
}

static void put_key(const char *name, uint8_t guid)
{
	rig_put_name(AT_NAME, name);
	memset(rig_at(AT_GUID), guid, 16);
}

uint64_t rig_set(const char *name, uint8_t guid, uint32_t attributes, const char *text)
{
	put_key(name, guid);
	rig_put(AT_DATA, text, strlen(text));
	return rig_call(UEFI_RT_SET_VARIABLE, AT_NAME, AT_GUID, attributes, strlen(text), AT_DATA);
}

uint64_t rig_get(const char *name, uint8_t guid, uint64_t room)
{
	put_key(name, guid);
	rig_put_u64(AT_SIZE, room);
	memset(rig_at(AT_DATA), 0xee, RIG_PAGE);
	return rig_call(UEFI_RT_GET_VARIABLE, AT_NAME, AT_GUID, AT_ATTR, AT_SIZE, AT_DATA);
}

bool rig_is(const char *name, uint8_t guid, uint32_t attributes, const char *text)
{
	const uint8_t *data = rig_at(AT_DATA);
	uint32_t shown;

	if (rig_get(name, guid, RIG_PAGE) != UEFI_SUCCESS) {
		return false;
	}
	memcpy(&shown, rig_at(AT_ATTR), sizeof(shown));
	return shown == attributes && rig_u64(AT_SIZE) == strlen(text) &&
	       memcmp(data, text, strlen(text)) == 0 && data[strlen(text)] == 0xee;
}

void rig_enter_runtime(uint32_t mask)
{
	static const struct uefi_rt_region region[] = {
		{RIG_CODE, RIG_CODE_SIZE}, {RIG_DATA, RIG_DATA_SIZE}};

	rig_put(AT_OTHER, region, sizeof(region));
	must(rig_call(UEFI_RT_ENTER_RUNTIME, mask, AT_OTHER, 2, 0, 0) == UEFI_SUCCESS);
}
