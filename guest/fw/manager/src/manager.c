/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/manager.h"

#include "base/fmt.h"
#include "fw/events.h"
#include "fw/memory.h"
#include "manager_private.h"
#include "protocols/console.h"

#define SECOND_100NS UINT64_C(10000000)

struct manager_start manager;

static struct boot_options options;

/* The variable Timeout (3.3): seconds that a key is waited for; without it only a key that is there
 * already counts. */
static uint64_t timeout(void)
{
	uint64_t size;
	uint16_t *seconds = variable_read("Timeout", &size);
	uint64_t time = 0;

	if (seconds != NULL && size == sizeof(*seconds)) {
		time = *seconds == UINT16_MAX ? UINT64_MAX : *seconds * SECOND_100NS;
	}
	fw_free(seconds);
	return time;
}

static bool is_menu_wanted(void)
{
	struct efi_input_key key;
	uint64_t time = timeout();

	if (time != 0U) {
		console_print("plinth-fw: a key brings up the boot menu\n");
	}
	return console_wait_key(&key, time);
}

/* 3.1.2: BootNext counts once. */
static void boot_next(void)
{
	if (options.next < options.count) {
		variable_delete("BootNext");
		(void)option_boot(&options.option[options.next], NULL);
	}
}

static void boot_all(void)
{
	for (uint32_t i = 0; i < options.count; i++) {
		const struct boot_option *option = &options.option[i];

		if (option->is_automatic) {
			(void)option_boot(option, NULL);
		}
	}
}

void manager_run(const struct manager_start *start)
{
	manager = *start;
	if (!is_menu_wanted()) {
		options_collect(&options);
		boot_next();
		boot_all();
		console_print(options.count == 0U
				      ? "plinth-fw: nothing to boot: no kernel, no disk with a "
					"file system\n"
				      : "plinth-fw: nothing of it could be booted\n");
		options_drop(&options);
	}
	menu_run();
}
