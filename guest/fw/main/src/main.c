/* SPDX-License-Identifier: Apache-2.0 */
#include "main.h"

#include "base/check.h"
#include "fw/image.h"
#include "machine/fw_machine.h"
#include "manager/manager.h"
#include "protocols/console.h"
#include "protocols/disk.h"
#include "protocols/others.h"

static struct fw_machine machine;

static void install(efi_status_t status, const char *what)
{
	if (status != EFI_SUCCESS) {
		fatal("%s cannot be installed (0x%llx)", what, (unsigned long long)status);
	}
}

/* A disk that is broken is no disk to boot from; the rest goes on. */
static void install_disks(void)
{
	for (uint32_t i = 0; i < machine.disk_count; i++) {
		const struct fw_disk *disk = &machine.disk[i];
		struct disk_report report;
		efi_status_t status =
			disk_install(disk->range.base, disk->range.size, disk->read_only, &report);

		if (status != EFI_SUCCESS) {
			console_print("plinth-fw: disk %u: not usable (0x%llx)\n", i + 1U,
				(unsigned long long)status);
		}
		if (report.from_backup) {
			console_print("plinth-fw: disk %u: the primary GPT is broken, the backup "
				      "is not\n",
				i + 1U);
		}
		if (report.left_out) {
			console_print(
				"plinth-fw: disk %u: partitions that cannot be are left out\n",
				i + 1U);
		}
	}
	if (machine.disks_left_out > 0U) {
		console_print("plinth-fw: %u disks are more than %u, and left out\n",
			machine.disks_left_out, FW_DISK_MAX);
	}
}

void fw_start(const void *dtb)
{
	struct manager_start start = {0};
	enum plinth_status status;

	line_init();
	status = fw_machine_read(&machine, dtb);
	if (status != PLINTH_OK) {
		fatal("devicetree at %p: %s", dtb, plinth_status_name(status));
	}
	space_init(&machine);
	clock_init();
	memory_describe(&machine, dtb);
	start.system = tables_init();
	install(console_install(start.system), "the console");
	install(fw_images_init(start.system, &start.self), "the loader of images");
	tables_publish(&machine, dtb);
	install(path_text_install(), "the text of device paths");
	install(memory_attribute_install(), "the memory attribute protocol");
	if (random_init(&machine)) {
		install(rng_install(random_fill), "the random numbers");
	}
	install_disks();
	start.machine = &machine;
	start.power_off = power_off;
	start.reset = power_reset;
	manager_run(&start);
}
