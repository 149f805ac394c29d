/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "cache/cache.h"
#include "handoff/handoff.h"
#include "main/boot_exit.h"
#include "plinth.h"

void plinth_enter_core(struct plinth *plinth)
{
	struct boot *boot = plinth->boot;
	size_t size = (size_t)((uintptr_t)core_image_end - (uintptr_t)core_image);
	struct boot_info *info = plinth->info;
	struct core_header header = {0};
	const char *why = "";
	void *core;

	if (handoff_check_core(core_image, size, &header, &why) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_BUG, "boot: the core inside is broken: %s", why);
	}
	core = boot_alloc(boot, header.memory_size, CORE_ALIGN, BOOT_MEM_CORE);
	handoff_place_core(core_image, &header, core);
	/* The map is final: nothing is allocated any more. */
	memcpy(info->mem, boot->map.list.entry, sizeof(info->mem));
	info->mem_count = boot->map.list.count;
	memset(boot->machine.seed, 0, sizeof(boot->machine.seed));
	cache_count(info, sizeof(*info), 1); /* what follows, and handoff_enter's IC IALLU */
	info->icache_all = cache_counts().icache_all;
	info->cache_lines = cache_counts().lines;
	cache_clean(info, sizeof(*info));
	handoff_enter((uintptr_t)info, (uintptr_t)core, (uintptr_t)core + header.entry);
}
