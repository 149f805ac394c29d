/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the core's place in boot's tests: checks the state that docs/boot-contract.md promises,
 * prints boot_info, calls every parked CPU out of its pen, and powers off. "CHECK" in a line is a
 * failure; the last line of a good run is "plinth: exit 0 (test core)".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "abi/core_header.h"
#include "abi/vm_config.h"
#include "arch/cpu.h"
#include "arch/smccc.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/check.h"
#include "console/console.h"

#define SCTLR_MCI   UINT64_C(0x1005)
#define DAIF_MASKED UINT64_C(0x3c0)
#define STACK_SIZE  1024U
#define WAIT_MAX    100000000U

extern const uint8_t test_core_head[];
extern const uint8_t test_core_secondary[];

void test_core_primary(
	const struct boot_info *info, uintptr_t loaded, uint64_t sctlr, uint64_t daif);
void test_core_arrived(uint64_t sctlr, uint64_t daif);

uintptr_t __stack_chk_guard;
NORETURN void __stack_chk_fail(void);

static _Alignas(16) uint8_t stacks[BOOT_CPU_MAX][STACK_SIZE];
static uint32_t arrived; /* one CPU comes at a time */
static bool arrived_wrong;

NORETURN static void power_off(void)
{
	struct smccc_regs regs = {.x = {UINT64_C(0x84000008)}};

	arch_smc(&regs);
	for (;;) {
		arch_wfi();
	}
}

void panic_at(const char *file, int line, const char *format, ...)
{
	console_print("CHECK %s:%d %s", file, line, format);
	power_off();
}

void __stack_chk_fail(void)
{
	power_off();
}

static void check(bool good, const char *what)
{
	if (!good) {
		console_print("CHECK %s", what);
	}
}

static void print_memory(const struct boot_info *info)
{
	static const char names[][9] = {"?", "free", "reserved", "core", "boot", "image", "pen"};

	for (uint32_t i = 0; i < info->mem_count; i++) {
		const struct boot_mem *mem = &info->mem[i];

		console_print("mem %#llx %#llx %s", (unsigned long long)mem->base,
			(unsigned long long)mem->size, names[mem->type <= 6U ? mem->type : 0U]);
		check(i == 0U || mem[-1].base + mem[-1].size <= mem->base, "memory is sorted");
		check((mem->base & 0xfffU) == 0U && (mem->size & 0xfffU) == 0U, "whole pages");
	}
}

static bool is_typed(const struct boot_info *info, uint64_t address, uint32_t type)
{
	for (uint32_t i = 0; i < info->mem_count; i++) {
		const struct boot_mem *mem = &info->mem[i];

		if (address >= mem->base && address - mem->base < mem->size) {
			return mem->type == type;
		}
	}
	return false;
}

static void print_machine(const struct boot_info *info)
{
	const struct boot_gic *gic = &info->gic;

	console_print("gic v%u dist %#llx redist %#llx cpu %#llx hyp %#llx maintenance %u",
		gic->version, (unsigned long long)gic->dist.base,
		(unsigned long long)gic->redist[0].base, (unsigned long long)gic->cpu_if.base,
		(unsigned long long)gic->hyp_if.base, gic->maintenance_intid);
	console_print("timer virt %u phys %u hyp %u", info->timer.virt_intid,
		info->timer.phys_intid, info->timer.hyp_intid);
	console_print("uart %#llx intid %u rtc %#llx seed %u psci %#x conduit %u cmdline \"%s\"",
		(unsigned long long)info->uart.regs.base, info->uart.intid,
		(unsigned long long)info->rtc, info->seed_size, info->psci_version,
		info->psci_conduit, info->cmdline);
}

static void print_vms(const struct boot_info *info)
{
	for (uint32_t i = 0; i < info->vm_count; i++) {
		const struct vm_config *vm = (const struct vm_config *)info->vm_config[i];

		check(vm->magic == VM_CONFIG_MAGIC, "vm_config");
		console_print("vm %s: %u vCPUs, %llu MiB, %u images", vm->name, vm->vcpu_count,
			(unsigned long long)(vm->ram_size >> 20), vm->image_count);
		for (uint32_t j = 0; j < vm->image_count; j++) {
			check(vm->images[j].kind != VM_IMAGE_COPY ||
					is_typed(info, vm->images[j].source, BOOT_MEM_IMAGE),
				"images lie in image memory");
		}
	}
}

void test_core_arrived(uint64_t sctlr, uint64_t daif)
{
	arrived_wrong = (sctlr & SCTLR_MCI) != 0U || daif != DAIF_MASKED;
	store_release(&arrived, 1U);
}

/* The caches are off here, as in the pen: stores need no cleaning. */
static void call_cpu(const struct boot_info *info, uint32_t cpu)
{
	struct boot_mailbox *box = (struct boot_mailbox *)info->cpu[cpu].mailbox;

	check(is_typed(info, (uintptr_t)box, BOOT_MEM_PEN), "mailboxes lie in the pen");
	check(box->entry == 0U && box->arg == 0U && box->returned == 0U, "mailboxes are empty");
	store_release(&arrived, 0U);
	box->arg = (uintptr_t)stacks[cpu] + STACK_SIZE;
	store_release(&box->entry, (uintptr_t)test_core_secondary);
	arch_sev();
	for (uint32_t i = 0; i < WAIT_MAX && load_acquire(&arrived) == 0U; i++) {
		arch_yield();
	}
	check(load_acquire(&arrived) == 1U && !arrived_wrong, "a parked CPU arrives as promised");
	console_print("cpu %u mpidr %#llx gicv2 %u called", cpu,
		(unsigned long long)info->cpu[cpu].mpidr, info->cpu[cpu].gicv2_interface);
}

static void check_entry(
	const struct boot_info *info, uintptr_t loaded, uint64_t sctlr, uint64_t daif)
{
	bool zero = true;

	check((sctlr & SCTLR_MCI) == 0U, "MMU and caches are off");
	check(daif == DAIF_MASKED, "exceptions are masked");
	check(loaded == (uintptr_t)test_core_head && loaded % CORE_ALIGN == 0U, "place");
	check(info->magic == BOOT_INFO_MAGIC && info->version == BOOT_INFO_VERSION &&
			info->size == sizeof(*info),
		"boot_info's header");
	/* the stacks: the primary's own is in use */
	for (uint32_t i = 0; i < sizeof(stacks); i++) {
		zero = zero && ((volatile uint8_t *)stacks)[i] == 0U;
	}
	check(zero, ".bss is zero");
	check(is_typed(info, loaded, BOOT_MEM_CORE), "the core lies in core memory");
	check(is_typed(info, (uintptr_t)info, BOOT_MEM_BOOT), "boot_info lies in boot memory");
}

void test_core_primary(
	const struct boot_info *info, uintptr_t loaded, uint64_t sctlr, uint64_t daif)
{
	console_init(info->uart.regs.base);
	check_entry(info, loaded, sctlr, daif);
	print_memory(info);
	print_machine(info);
	print_vms(info);
	for (uint32_t i = 0; i < info->cpu_count; i++) {
		if (info->cpu[i].status == BOOT_CPU_PARKED) {
			call_cpu(info, i);
		}
	}
	console_print("exit 0 (test core)");
	power_off();
}
