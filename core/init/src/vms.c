/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/vm_config.h"
#include "hypmap/hypmap.h"
#include "log/log.h"
#include "vm/vm.h"
#include "vm/vm_table.h"

#include "init_private.h"

static void create(const struct vm_config *config)
{
	struct vm *vm;
	const char *why;
	enum plinth_status status = vm_create(config, &vm, &why);

	if (status != PLINTH_OK) {
		/* The name may be what is wrong: it is shown bounded, and the log filters nothing.
		 */
		log_error("vm %.31s: not created: %s", config->name, why);
	} else {
		log_info("vm %s: %u vCPUs, %llu MiB", vm->config.name, vm->config.vcpu_count,
			(unsigned long long)(vm->config.ram_size >> 20));
	}
}

void init_create_vms(void)
{
	for (uint32_t i = 0; i < init_boot_info.vm_count; i++) {
		create(pa_to_va(pa_init(init_boot_info.vm_config[i])));
	}
	if (vm_count() == 0U) {
		init_power_off(EXIT_NO_VM, "no VM could be created");
	}
}

static void all_off(bool crashed)
{
	if (vm_host()->bench) {
		log_info("bench: el2_ram_bytes %llu", (unsigned long long)init_el2_bytes());
	}
	if (init_soft_reboot_due()) {
		return;
	}
	if (crashed) {
		init_power_off(EXIT_CRASHED, "a VM crashed");
	}
	init_power_off(EXIT_ALL_OFF, "all VMs are off");
}

void init_start_vms(void)
{
	struct vm *vm;

	vm_on_all_off(all_off);
	for (uint32_t id = 0; (vm = vm_next(&id)) != NULL;) {
		enum plinth_status status = vm_start(vm);

		if (status != PLINTH_OK) {
			log_error("vm %s: not started: %s", vm->config.name,
				plinth_status_name(status));
		}
	}
}
