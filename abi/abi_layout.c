/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and offsets of everything in abi/, pinned for every compiler and target. */
#include <stddef.h>

#include "abi/boot_info.h"
#include "abi/control.h"
#include "abi/core_header.h"
#include "abi/efi.h"
#include "abi/uefi_rt.h"
#include "abi/vm_config.h"

#define OFFSET(type, member, value)                                                                \
	_Static_assert(offsetof(struct type, member) == (value), #type "." #member)
#define SIZE(type, value) _Static_assert(sizeof(struct type) == (value), #type)

SIZE(boot_mem, 24);
SIZE(boot_cpu, 24);
SIZE(boot_mailbox, 64);
OFFSET(boot_mailbox, entry, 0);
OFFSET(boot_mailbox, arg, 8);
OFFSET(boot_mailbox, returned, 16);
SIZE(boot_again, 40);
SIZE(boot_gic, 216);
SIZE(boot_timer, 16);
SIZE(boot_uart, 24);
OFFSET(boot_info, mem, 16);
OFFSET(boot_info, cpu, 3096);
OFFSET(boot_info, gic, 4632);
OFFSET(boot_info, seed, 4904);
OFFSET(boot_info, vm_config, 4968);
OFFSET(boot_info, cmdline, 7032);
OFFSET(boot_info, cache_lines, 7544);
OFFSET(boot_info, icache_all, 7552);
OFFSET(boot_info, wall_seconds, 7560);
OFFSET(boot_info, again, 7576);
OFFSET(boot_info, efi, 7616);
SIZE(boot_efi_region, 24);
OFFSET(boot_efi, region, 16);
SIZE(boot_info, 9168);

SIZE(vm_image, 32);
OFFSET(vm_config, name, 16);
OFFSET(vm_config, affinity, 64);
OFFSET(vm_config, guestinfo, 120);
OFFSET(vm_config, ranges, 128);
OFFSET(vm_config, images, 416);
OFFSET(vm_config, uuid, 1440);
OFFSET(vm_config, ram_base, 1456);
OFFSET(vm_config, devices, 1472);
SIZE(vm_device, 16);
SIZE(vm_interrupt, 8);
SIZE(vm_config, 1856);
SIZE(vm_guestinfo, 24);

SIZE(core_header, CORE_HEADER_SIZE);
OFFSET(core_header, image_size, 16);
OFFSET(core_header, memory_size, 24);
OFFSET(core_header, entry, 32);

SIZE(uefi_guid, 16);
SIZE(uefi_time, 16);
OFFSET(uefi_time, nanosecond, 8);
OFFSET(uefi_time, timezone, 12);
SIZE(uefi_time_capabilities, 12);
OFFSET(uefi_time_capabilities, sets_to_zero, 8);
SIZE(uefi_memory_descriptor, 40);
OFFSET(uefi_memory_descriptor, virtual, 16);
OFFSET(uefi_memory_descriptor, attribute, 32);
SIZE(efi_guid, 16);
SIZE(efi_memory_descriptor, 40);
SIZE(efi_table_header, 24);
SIZE(efi_configuration_table, 24);
SIZE(efi_device_path, 4);
SIZE(efi_time, 16);
SIZE(uefi_rt_region, 16);
SIZE(uefi_rt_properties, 8);

_Static_assert(UEFI_RT_BIT(UEFI_RT_QUERY_VARIABLE_INFO) == 0x2000, "the mask's bits");
_Static_assert(UEFI_RT_PROPERTIES == 0x25f3, "what is answered");

SIZE(control_host, 112);
OFFSET(control_host, longest_call, 104);
SIZE(control_vm, 64);
OFFSET(control_vm, memory, 48);
SIZE(control_info, 256);
OFFSET(control_info, affinity, 80);
OFFSET(control_info, reason, 120);
OFFSET(control_info, memory_base, 248);
SIZE(control_vcpu, 80);
SIZE(control_counters, 128);
SIZE(control_guest, 1392);
OFFSET(control_guest, fact, 32);
OFFSET(control_guest, balloon, 1376);
SIZE(control_event, 24);
SIZE(control_nvram, 24);
OFFSET(control_nvram, meta, 16);
SIZE(control_log, 200);
SIZE(control_trace, 40);
SIZE(control_registers, 928);
OFFSET(control_registers, fp, 280);
OFFSET(control_registers, fpsr, 792);
OFFSET(control_registers, sctlr_el1, 808);
SIZE(control_look, 32);
SIZE(control_debug_registers, 512);
OFFSET(control_debug_registers, watchpoint, 256);
SIZE(control_debug_stop, 24);
OFFSET(control_debug_stop, far, 16);
