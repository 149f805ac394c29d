/* SPDX-License-Identifier: Apache-2.0 */
#include "libc/libc.h"
#include "main/boot.h"

static struct boot boot_state;

/* The firmware's entropy in one word. */
static inline uint64_t seed_word(const struct machine *machine)
{
	uint64_t word = 0;

	for (uint32_t i = 0; i < BOOT_SEED_SIZE; i++) {
		word = (word << 7 | word >> 57) ^ machine->seed[i];
	}
	return word;
}

void boot_main(uint64_t fdt, uint64_t start_count, struct machine *machine)
{
	struct boot *boot = &boot_state;
	struct machine *taken = machine == NULL ? boot_next_take(fdt) : NULL;

	if (taken != NULL) {
		boot_restart(taken, start_count);
	}
	boot->start_count = start_count;
	boot->given = machine;
	boot_start_paging(boot, fdt, machine == NULL);
	if (machine == NULL) {
		boot_discover(boot);
	} else {
		boot_take_machine(boot, machine);
	}
	/* boot_main never returns, so no frame checks the guard that it was built with. */
	__stack_chk_guard ^= seed_word(&boot->machine);
	boot_next_check(boot);
	boot_map_ram(boot);
	boot_next(boot);
}
