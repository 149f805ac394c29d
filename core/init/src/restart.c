/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Soft restart: every CPU goes back to where boot/ handed it over, and boot/ starts once more
 * (struct boot_again). Nothing of this run is left but what boot/ has kept for itself.
 */
#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/cpu.h"
#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/check.h"
#include "base/patience.h"
#include "console/console.h"
#include "entropy/entropy.h"
#include "gic/gic.h"
#include "hypmap/hypmap.h"
#include "log/log.h"
#include "percpu/percpu.h"
#include "timerq/timerq.h"
#include "vm/vm.h"
#include "vm/vm_devices.h"
#include "vm/vm_table.h"

#include "init_private.h"

#define RETURN_MS 5000U

typedef void leave_fn(uint64_t arg, uint64_t to);

extern const char core_leave[] HIDDEN;

enum restart { RESTART_NONE, RESTART_WANTED, RESTART_BEGUN };

static uint32_t restart; /* enum restart; any CPU */

/* Goes from CPU to CPU, from the last one to the first. When a CPU runs it that CPU has no vCPU
 * loaded: all VMs are off. */
static struct timer leave_timer;

static const struct boot_cpu *boot_cpu_of(cpu_id_t id)
{
	const struct boot_cpu *boot = init_boot_info.cpu;

	while (boot->mpidr != percpu_table[id]->mpidr) {
		boot++;
	}
	return boot;
}

/* Written back and dropped: the other side has its caches off. */
static struct boot_mailbox *mailbox_in_memory(cpu_id_t id)
{
	struct boot_mailbox *mailbox = pa_to_va(pa_init(boot_cpu_of(id)->mailbox));

	arch_dc_civac((uintptr_t)mailbox); /* one line at most: it is aligned to its 64 bytes */
	arch_dsb_sy();
	return mailbox;
}

/* As the firmware has left this CPU: no timer, no interrupt, no guest's traps. */
NOINLINE NORETURN static void leave_for(uint64_t arg, uint64_t to)
{
	leave_fn *leave = (leave_fn *)(uintptr_t)hypmap_image_pa(core_leave);

	write_cnthp_ctl_el2(0);
	write_cntv_ctl_el0(0);
	write_cntp_ctl_el0(0);
	write_hcr_el2(HCR_RW);
	arch_isb();
	gic_leave_cpu();
	leave(arg, to);
	PANIC("the way back to boot has returned");
}

NORETURN static void leave_for_pen(void)
{
	const cpu_id_t id = cpu_this();
	struct boot_mailbox *mailbox = mailbox_in_memory(id);

	*mailbox = (struct boot_mailbox){0};
	(void)mailbox_in_memory(id);
	leave_for(boot_cpu_of(id)->mailbox, init_boot_info.again.pen);
}

/* Once a CPU is in the pen, only boot/ can get it out again. */
static void wait_for(cpu_id_t id)
{
	struct patience patience = patience_of(read_cntpct_el0(), read_cntfrq_el0(), RETURN_MS);

	while (load_acquire(&mailbox_in_memory(id)->returned) == 0U) {
		if (patience_is_over(&patience, read_cntpct_el0())) {
			log_error("CPU with MPIDR 0x%llx does not come back",
				(unsigned long long)percpu_table[id]->mpidr);
			init_reboot();
		}
		arch_yield();
	}
}

NORETURN static void leave_for_boot(void)
{
	for (cpu_id_t id = 1; id < percpu_count; id++) {
		if (init_is_up(id)) {
			wait_for(id);
		}
	}
	/* ENOTSUP: then boot/ has no seed for the next run either. */
	(void)entropy_fill(pa_to_va(pa_init(init_boot_info.again.seed)), BOOT_SEED_SIZE);
	init_hand_over_bundle();
	gic_leave();
	leave_for(0, init_boot_info.again.entry);
}

static cpu_id_t last_up_below(cpu_id_t end)
{
	cpu_id_t id = end - 1U;

	while (!init_is_up(id)) {
		id--;
	}
	return id;
}

static void leave_next(struct timer *timer, void *ctx, uint64_t now)
{
	(void)ctx;
	PLINTH_CHECK(vcpu_current() == NULL);
	if (cpu_this() == 0U) {
		leave_for_boot();
	}
	timer_arm(timer, last_up_below(cpu_this()), now);
	leave_for_pen();
}

bool init_soft_reboot_due(void)
{
	uint32_t wanted = RESTART_WANTED;

	if (!cas_acq_rel(&restart, &wanted, (uint32_t)RESTART_BEGUN)) {
		return wanted != (uint32_t)RESTART_NONE;
	}
	vm_keep_variables();
	console_close();
	if (!vm_devices_are_quiet()) {
		log_warning("%s: the machine is reset", init_loud_device);
		console_flush();
		init_reboot();
	}
	log_info("soft restart");
	console_flush();
	timer_init(&leave_timer, leave_next, NULL);
	timer_arm(&leave_timer, last_up_below(percpu_count), read_cntpct_el0());
	return true;
}

bool init_soft_reboot_is_wanted(void)
{
	return load_relaxed(&restart) != (uint32_t)RESTART_NONE;
}

const char init_loud_device[] = "a device of a VM could go on writing to memory";

void init_soft_reboot(void)
{
	uint32_t none = RESTART_NONE;
	bool all_off = true;
	struct vm *vm;

	if (!cas_acq_rel(&restart, &none, (uint32_t)RESTART_WANTED)) {
		return;
	}
	for (uint32_t id = 0; (vm = vm_next(&id)) != NULL;) {
		/* EPERM: it is off already. */
		all_off = vm_stop(vm, VM_GOAL_OFF) == PLINTH_EPERM && all_off;
	}
	if (all_off) {
		(void)init_soft_reboot_due();
	}
}
