/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's start on the boot CPU: one readable order.
 */
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/string.h"
#include "coh/coh.h"
#include "el2count/el2count.h"
#include "entropy/entropy.h"
#include "errata/errata.h"
#include "exits/exits.h"
#include "gic/gic.h"
#include "hostuefi/hostuefi.h"
#include "hypmap/hypmap.h"
#include "init/cpu_entry.h"
#include "log/log.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"
#include "s2/s2.h"
#include "sched/sched.h"
#include "timerq/timerq.h"
#include "vcpu/context.h"
#include "vgic/vgic_hw.h"
#include "vm/vm.h"
#include "vrtc/vrtc.h"

#include "init_private.h"

/* head.S starts here, and this CPU leaves it for its own stack in exits_run(). */
uint8_t early_stack[EARLY_STACK_SIZE] ALIGNED(16) HIDDEN;

/* Until init_percpu(). */
static struct percpu first_percpu;

/* DDI 0487, D19.2, CTR_EL0 */
#define CTR_EL0_DIC BIT(29)

static void kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	gic_kick(cpu);
}

static const struct sched_ops sched_ops = {.kick = kick};
static const struct timerq_ops timerq_ops = {.kick = kick};

static void map_device(const struct boot_range *range)
{
	if (range->size != 0U && hypmap_device(pa_init(range->base), range->size) != PLINTH_OK) {
		init_fail("device at 0x%llx overlaps RAM", (unsigned long long)range->base);
	}
}

static void init_gic(void)
{
	const struct boot_gic *gic = &init_boot_info.gic;
	enum plinth_status status;

	map_device(&gic->dist);
	map_device(&gic->cpu_if);
	map_device(&gic->hyp_if);
	for (uint32_t i = 0; i < gic->redist_count && i < BOOT_GICR_MAX; i++) {
		map_device(&gic->redist[i]);
	}
	status = gic_init(gic);
	if (status != PLINTH_OK) {
		init_fail("the GIC does not start: %s", plinth_status_name(status));
	}
}

static void log_erratum(void *ctx, const char *name, const char *action)
{
	(void)ctx;
	log_info("errata: %s: %s", name, action);
}

bool init_option(const char *word)
{
	const char *at = init_boot_info.cmdline;
	size_t length = strlen(word);

	while (*at != '\0') {
		size_t size = 0;

		while (at[size] != '\0' && at[size] != ' ') {
			size++;
		}
		if (size == length && memcmp(at, word, length) == 0) {
			return true;
		}
		at += at[size] == ' ' ? size + 1U : size;
	}
	return false;
}

/* Once all CPUs are in: each has told what is wrong with it, and no guest runs yet. */
static void init_settle(void)
{
	uint64_t ctr = init_least_ctr();
	char line[COH_LINE_SIZE];

	if (errata_needs(ERRATA_IGNORE_DIC)) {
		ctr &= ~CTR_EL0_DIC;
	}
	coh_setup(ctr, s2_features()->fwb);
	if (errata_needs(ERRATA_CLEAN_INVALIDATES)) {
		coh_never_clean();
	}
	if (init_ctr_differs()) {
		vcpu_trap_ctr();
	}
	coh_forget_boot();
	el2count_add_caches(0, coh_strategy()->dic ? 0U : 1U);
	coh_describe(line, sizeof(line));
	log_info("%s", line);
}

static void log_machine(void)
{
	errata_report(log_erratum, NULL);
	if (entropy_available()) {
		log_info("entropy: %s", entropy_sources());
	} else {
		log_warning("entropy: none: guests get no seeds and no TRNG");
	}
}

/* What the CPUs can do, as this one says; each other one is measured by it (bring_up()). */
static void init_features(void)
{
	struct s2_features features = s2_features_from_ids(
		read_id_aa64mmfr0_el1(), read_id_aa64mmfr1_el1(), read_id_aa64mmfr2_el1());

	vcpu_features_init();
	errata_init(init_boot_info.psci_conduit);
	s2_setup(&features);
	coh_setup(read_ctr_el0(), features.fwb);
	init_promises();
	entropy_init(init_boot_info.seed, init_boot_info.seed_size, init_boot_info.psci_conduit);
}

static void init_vm_host(void)
{
	struct vm_host host = {
		.gic_version = gic_version(),
		.cpu_count = percpu_count,
		.ticks_per_second = read_cntfrq_el0(),
		.virt_timer_intid = init_boot_info.timer.virt_intid,
		.gicv = pa_init(init_boot_info.gic.guest_if.base),
		.start_count = init_boot_info.start_count,
		.bench = init_option("bench"),
		.gicv_size = init_boot_info.gic.guest_if.size,
	};
	enum plinth_status status = host.gic_version == 3U
					    ? vgic_hw_v3_init(&host.gic)
					    : vgic_hw_v2_init(gic_v2_hyp_if(), &host.gic);

	if (status != PLINTH_OK) {
		init_fail(
			"the GIC's virtual interface is unusable: %s", plinth_status_name(status));
	}
	status = vm_setup(&host);
	if (status != PLINTH_OK) {
		init_fail("no memory for VMs: %s", plinth_status_name(status));
	}
}

static void init_devices(void)
{
	const struct boot_range rtc = {init_boot_info.rtc, PAGE_SIZE};

	if (init_boot_info.rtc != 0U) {
		map_device(&rtc);
	}
	if (hostuefi_init(&init_boot_info.efi) != PLINTH_OK) {
		log_warning("the host's UEFI cannot be mapped: it is not used");
	}
	vrtc_boot(init_boot_info.rtc, init_boot_info.wall_seconds, init_boot_info.wall_count);
}

void init_primary(void)
{
	arch_percpu_set(&first_percpu);
	exits_catch();
	init_memory();
	if (init_boot_info.magic != BOOT_INFO_MAGIC ||
		init_boot_info.version != BOOT_INFO_VERSION ||
		init_boot_info.size != sizeof(init_boot_info)) {
		init_fail("boot_info is of another version");
	}
	init_percpu();
	/* With head.S's. */
	el2count_add_caches(init_boot_info.cache_lines, init_boot_info.icache_all + 1U);
	init_gic();
	timerq_init(&timerq_ops, NULL, percpu_count);
	sched_init(&sched_ops, NULL, read_cntfrq_el0());
	init_features();
	init_devices();
	init_vm_host();
	exits_setup(&(const struct exits_irqs){
		.hyp_timer = init_boot_info.timer.hyp_intid,
		.virt_timer = init_boot_info.timer.virt_intid,
		.maintenance = init_boot_info.gic.maintenance_intid,
		.uart = init_boot_info.uart.intid,
		.uart_handler = init_uart_interrupt,
	});
	init_this_cpu();
	init_create_vms();
	init_start_cpus();
	init_settle();
	log_machine();
	init_free_boot_memory();
	init_monitor();
	init_console_input();
	init_start_vms();
	exits_run();
}
